"""The last prompts that the service gave, on disk."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from tinyarms.client.answers import ServedPrompt
from tinyarms.core.ids import new_id

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
"""What a skill may be called, so that its name is that of a file."""


class PromptCopies:
    """The copies in one folder, for their owner only. A copy that cannot be written is no error."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last: dict[str, str] = {}

    def keep(self, prompt: ServedPrompt) -> None:
        """Copy a prompt, if it is not the copied one."""
        path = self._path(prompt.skill)
        text = prompt.model_dump_json()
        if path is None or self._last.get(prompt.skill) == text:
            return
        temporary = path.with_name(f".{path.name}.{new_id()[:8]}.tmp")
        with suppress(OSError):
            for folder in (self._folder.parent, self._folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(file, "wb") as opened:
                    opened.write(text.encode())
                    opened.flush()
                    os.fsync(opened.fileno())
                temporary.replace(path)
                self._last[prompt.skill] = text
            finally:
                temporary.unlink(missing_ok=True)

    def last(self, skill: str) -> ServedPrompt | None:
        """The copy of a skill's prompt; `None` if there is none."""
        path = self._path(skill)
        try:
            text = None if path is None else path.read_text()
            found = None if text is None else ServedPrompt.model_validate_json(text)
        except (OSError, ValidationError, UnicodeDecodeError):
            return None
        return None if found is None else found.model_copy(update={"from_disk": True})

    def _path(self, skill: str) -> Path | None:
        return self._folder / f"{skill}.json" if _NAME.fullmatch(skill) else None
