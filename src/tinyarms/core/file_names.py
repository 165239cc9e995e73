"""Names of files for readers elsewhere: relative to a folder that they need not know."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path, PurePath
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from tinyarms.core.errors import TinyArmsError

AS_WRITTEN = frozenset(
    {
        *("inputs", "output", "expected", "correction", "raw", "said", "right", "options"),
        *("required", "forbidden", "prompt", "text", "texts", "demonstrations", "messages"),
        *("mutation_prompt", "lines", "diff", "patch", "before", "after"),
    }
)
"""Fields with what users, models and prompts say: nothing in them is changed."""
_T = TypeVar("_T")


class FileNames:
    """Names the files of a folder relative to it, in sentences, errors and answers.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tinyarms.core.file_names import FileNames
    >>> names = FileNames(Path("/srv/shop"))
    >>> names.text("/srv/shop/config.yaml, line 3: broken YAML.")
    'config.yaml, line 3: broken YAML.'
    >>> names.text("There is no git ref 'x' in /srv/shop.")
    "There is no git ref 'x' in the project's folder."
    """

    def __init__(self, folder: Path) -> None:
        known = dict.fromkeys(map(str, (folder, folder.absolute(), folder.resolve())))
        # The root of the file system, or a relative folder, gives nothing away.
        self._folders = tuple(each for each in known if each.count("/") and each != "/")
        either = "|".join(map(re.escape, sorted(self._folders, key=len, reverse=True)))
        self._folder = re.compile(rf"(?<![\w-])(?:{either})(?:/+|(?![\w-]|\.\w))")

    def text(self, text: str) -> str:
        """The text with the folder left out before the names of its files."""
        if not any(folder in text for folder in self._folders):
            return text
        return self._folder.sub(lambda found: self._left_of(found, text), text)

    def tell(self, error: TinyArmsError) -> None:
        """Let the error name files relative to the folder."""
        error.message, error.hint = self.text(error.message), self.text(error.hint)
        error.args = (error.message,)

    def answer(self, value: _T) -> _T:
        """The same answer, with files named relative to the folder.

        Records stay of their classes, and one in which nothing changes is itself the answer. Texts
        in the fields `AS_WRITTEN` stay as they are.
        """
        return cast("_T", self._told(value))

    def _told(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, PurePath):
            text = self.text(str(value))
            return value if text == str(value) else type(value)(text)
        if isinstance(value, list | tuple):
            return self._told_items(value)
        if isinstance(value, Mapping):
            told = {key: self._told(each) for key, each in value.items()}
            return told if any(told[key] is not each for key, each in value.items()) else value
        return self._told_record(value)

    def _told_items(self, value: Any) -> Any:
        told = [self._told(each) for each in value]
        if all(new is old for new, old in zip(told, value, strict=True)):
            return value
        if isinstance(value, list):
            return told
        return type(value)(*told) if hasattr(value, "_fields") else tuple(told)

    def _told_record(self, value: Any) -> Any:
        """Only of a record that is never changed: others are parts of the open project."""
        if isinstance(value, BaseModel):
            names = tuple(type(value).model_fields)
        elif is_dataclass(value) and _is_frozen(type(value)):
            names = tuple(field.name for field in fields(value))
        else:
            return value
        changed = {}
        for name in names:
            if name not in AS_WRITTEN:
                old = getattr(value, name)
                if (new := self._told(old)) is not old:
                    changed[name] = new
        if not changed:
            return value
        told = copy.copy(value)
        for name, new in changed.items():
            object.__setattr__(told, name, new)
        return told

    @staticmethod
    def _left_of(found: re.Match[str], text: str) -> str:
        if found[0].endswith("/") and re.match(r"\S", text[found.end() :]):
            return ""
        return "the project's folder"


def _is_frozen(record: Any) -> bool:
    return bool(record.__dataclass_params__.frozen)
