"""Copies on disk of the prompts in production, for a process that starts without the database."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from tinyarms.core.errors import TinyArmsError
from tinyarms.loop.project.spools import FOLDER
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.store.private_folder import make_private_folder
from tinyarms.store.project.files import write_atomically

COPIES = f"{FOLDER}/prompts"
"""The folder of the copies."""
_SCHEMA = 1
"""Version of the copies' format; a copy of another one is not read."""


class PromptCopies:
    """The copies of one project. Only their owner can read them.

    A copy that cannot be written or read is no error: the prompt files are there too.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / COPIES
        self._written: dict[str, str] = {}

    def keep(self, version: PromptVersion) -> None:
        """Copy the version in production, if it is not copied yet."""
        path, text = self._path(version.skill), _text(version)
        self._written[version.skill] = text
        if _read(path) != text:
            self._write(path, text)

    def has(self, version: PromptVersion) -> bool:
        """Whether this process has copied it, and the copy is there."""
        is_written = self._written.get(version.skill) == _text(version)
        return is_written and self._path(version.skill).exists()

    def version(self, skill: str) -> PromptVersion | None:
        """The copy of a skill's version in production; `None` if there is none."""
        text = _read(self._path(skill))
        if text is None:
            return None
        try:
            return _version(json.loads(text), skill)
        except (ValueError, KeyError, TypeError):
            return None

    def exists(self, skill: str) -> bool:
        """Whether there is a copy, usable or not."""
        return self._path(skill).exists()

    def drop(self, skill: str) -> None:
        """Delete the copy of a skill's prompt; the next task makes it again."""
        self._written.pop(skill, None)
        with suppress(OSError):
            self._path(skill).unlink()

    def keep_memory(self, skill: str, snapshot: str, content: bytes) -> None:
        """Copy the memory of the prompt in production, in place of its last one."""
        self._write(self._memory(skill), f"{snapshot}\n".encode() + content)

    def has_memory(self, skill: str, snapshot: str) -> bool:
        """Whether the copy is that of this snapshot."""
        first = f"{snapshot}\n".encode()
        try:
            with self._memory(skill).open("rb") as file:
                return file.read(len(first)) == first
        except OSError:
            return False

    def memory(self, skill: str, snapshot: str) -> bytes | None:
        """The copy of a memory; `None` if there is none of this snapshot."""
        try:
            copied, _, content = self._memory(skill).read_bytes().partition(b"\n")
        except OSError:
            return None
        return content if copied == snapshot.encode() else None

    def clear(self) -> None:
        """Delete all copies, as when a user is forgotten; each is made again."""
        self._written.clear()
        for pattern in ("*.json", "*.memory"):
            for path in self._folder.glob(pattern):
                with suppress(OSError):
                    path.unlink()

    def _write(self, path: Path, content: str | bytes) -> None:
        try:
            make_private_folder(self._folder)
            write_atomically(path, content)
        except (TinyArmsError, OSError) as error:
            logging.getLogger("tinyarms").debug("%s: no copy of its prompt: %s", path, error)

    def _path(self, skill: str) -> Path:
        return self._folder / f"{skill}.json"

    def _memory(self, skill: str) -> Path:
        return self._folder / f"{skill}.memory"


def _text(version: PromptVersion) -> str:
    return json.dumps(_plain(version), ensure_ascii=True)


def _plain(version: PromptVersion) -> dict[str, object]:
    return {
        "schema": _SCHEMA,
        "skill": version.skill,
        "number": version.number,
        "prompt": version.prompt.to_dict(),
        "hash": version.prompt.hash,
        "parent": version.parent,
        "source": version.source,
        "created_at": version.created_at.isoformat(),
        "path": version.path,
    }


def _version(data: dict[str, object], skill: str) -> PromptVersion | None:
    """The version; `None` if the copy is another one's, or was changed."""
    prompt = Prompt.from_dict(data["prompt"])  # type: ignore[arg-type]
    if (data["schema"], data["skill"], data["hash"]) != (_SCHEMA, skill, prompt.hash):
        return None
    return PromptVersion(
        skill=skill,
        number=int(data["number"]),  # type: ignore[call-overload]
        prompt=prompt,
        parent=data["parent"],  # type: ignore[arg-type]
        source=data["source"],  # type: ignore[arg-type]
        created_at=datetime.fromisoformat(str(data["created_at"])),
        path=str(data["path"]),
    )


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, ValueError):
        return None
