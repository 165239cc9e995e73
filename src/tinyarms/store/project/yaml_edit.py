"""Edits of YAML files that people own: comments, key order and quotes stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark, MarkedYAMLError, YAMLError
from ruamel.yaml.tokens import CommentToken

from tinyarms.core.errors import ConfigError
from tinyarms.store.project.files import read_text, write_atomically

Changes = Callable[[CommentedMap], None]


def edit_yaml(path: Path, changes: Changes) -> None:
    """Apply `changes` to the file's top mapping; write the file only if it changed.

    Raises `ConfigError` if it cannot be read, `StoreError` if it cannot be written.
    """
    text = read_text(path)
    edited = edit_text(text, changes, str(path))
    if edited != text:
        write_atomically(path, edited)


def edit_text(text: str, changes: Changes, where: str) -> str:
    """The YAML text with the changes. Raises `ConfigError`."""
    windows = "\r\n" in text
    text = text.replace("\r\n", "\n")
    yaml = _round_trip(text)
    try:
        data = yaml.load(text)
    except YAMLError as error:
        raise yaml_problem(error, where) from error
    if not isinstance(data, CommentedMap):
        raise ConfigError(f"{where}: must be a mapping of keys to values.")
    changes(data)
    out = StringIO()
    yaml.dump(data, out)
    edited = out.getvalue()
    return edited.replace("\n", "\r\n") if windows else edited


def yaml_problem(error: YAMLError, where: str) -> ConfigError:
    """A parser's error in one line, with the file's line number."""
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        problem = str(error.problem).splitlines()[0]
        return ConfigError(f"{where}, line {error.problem_mark.line + 1}: broken YAML: {problem}.")
    return ConfigError(f"{where}: broken YAML: {str(error).splitlines()[0]}.")


def put(node: CommentedMap, key: str, value: Any, after: str | None = None) -> None:
    """Set `key`; the comments around it stay.

    A new key goes after the key `after` (first if it is `None`), before the comment lines below it.
    """
    if key in node:
        below = _take_comment_below(node, key)
        node[key] = value
    else:
        below = "" if after is None else _take_comment_below(node, after)
        place = 0 if after is None else list(node).index(after) + 1
        node.insert(place, key, value)
    _give_comment_below(node, key, below)


def append(node: CommentedMap, block: str, key: str, value: Any) -> None:
    """Add `key` as the last one of the mapping `block`, which is made if it is missing or empty.

    The comments around it stay: those below an empty block stay below it.
    """
    if not isinstance(node.get(block), CommentedMap):
        node[block] = CommentedMap()
    entries, value = node[block], _commented(value)
    if entries:
        put(entries, key, value, after=list(entries)[-1])
        return
    below = _take_comment_below(node, block)
    node[block] = CommentedMap({key: value})
    _give_comment_below(node, block, below)


def _commented(value: Any) -> Any:
    """The value in the types that can have comments below them."""
    if isinstance(value, dict) and not isinstance(value, CommentedMap):
        value = CommentedMap(value)
    if isinstance(value, list) and not isinstance(value, CommentedSeq):
        value = CommentedSeq(value)
    if isinstance(value, CommentedMap | CommentedSeq):
        for key in value if isinstance(value, CommentedMap) else range(len(value)):
            value[key] = _commented(value[key])
    return value


_NO_MORE = r"(?:[ \t]*(?:#[^\n]*)?\n)+"
"""The end of a line and the blank and comment lines below it."""


def _round_trip(text: str) -> YAML:
    """A parser that writes lists and mappings with the indentation of `text`."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 100_000
    yaml.explicit_start = bool(re.match(r"---\s", text))
    mapping = re.search(rf"^[^\s#-][^\n]*:{_NO_MORE}( +)[^\s#-]", text, re.MULTILINE)
    dash = re.search(rf"^( *)[^\s#-][^\n#]*:{_NO_MORE}\1( *)- ", text, re.MULTILINE)
    offset = len(dash.group(2)) if dash else 2
    yaml.indent(mapping=len(mapping.group(1)) if mapping else 2, sequence=offset + 2, offset=offset)
    return yaml


def _take_comment_below(node: CommentedMap, key: str) -> str:
    """Cut off the blank and comment lines below a key's value. The parser attaches them to the last
    scalar of the value, together with the comment at the end of its line."""
    holder, last, slot = _last_scalar(node, key)
    token = _token(holder, last, slot)
    if token is None:
        return ""
    end_of_line, _, below = token.value.partition("\n")
    _set_token(holder, last, slot, end_of_line, "")
    return str(below)


def _give_comment_below(node: CommentedMap, key: str, below: str) -> None:
    if below:
        holder, last, slot = _last_scalar(node, key)
        token = _token(holder, last, slot)
        end_of_line = "" if token is None else token.value.partition("\n")[0]
        _set_token(holder, last, slot, end_of_line, below)


def _last_scalar(node: Any, key: Any) -> tuple[Any, Any, int]:
    """The innermost collection, its last key, and the slot of the comments there."""
    value = node[key]
    if isinstance(value, CommentedMap | CommentedSeq) and value and not value.fa.flow_style():
        last = len(value) - 1 if isinstance(value, CommentedSeq) else list(value)[-1]
        return _last_scalar(value, last)
    return node, key, 0 if isinstance(node, CommentedSeq) else 2


def _token(holder: Any, key: Any, slot: int) -> Any:
    comments = holder.ca.items.get(key)
    return comments[slot] if comments else None


def _set_token(holder: Any, key: Any, slot: int, end_of_line: str, below: str) -> None:
    old = _token(holder, key, slot)
    mark = CommentMark(0) if old is None else old.start_mark
    token = CommentToken(f"{end_of_line}\n{below}", mark, None) if end_of_line or below else None
    holder.ca.items.setdefault(key, [None, None, None, None])[slot] = token
