"""Write the files of an import: all of them, or none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from tinyarms.core.errors import StoreError
from tinyarms.core.ids import new_id
from tinyarms.core.leftovers import hold
from tinyarms.loop.project.config_files import edit_config
from tinyarms.store.durable import replace_durably
from tinyarms.store.project.config import CONFIG
from tinyarms.store.project.files import inside, read_text, write_atomically, writing


class Files:
    """Files of a project that are written together. Use `all_or_none`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._undo: list[Callable[[], object]] = []
        self.names: list[str] = []
        """The files that were written, relative to the project's folder."""

    def write(self, name: str, text: str) -> None:
        """Write a new file. Raises `StoreError` if it exists or cannot be written."""
        path = self._new(name)
        write_atomically(path, text)
        self._undo.append(lambda: path.unlink(missing_ok=True))
        self.names.append(name)

    def write_lines(self, name: str, lines: Iterable[str], *, after: Path | None = None) -> None:
        """Write a file line by line. Raises `StoreError`.

        `after`: an existing file that the lines are added to, and that stays as it is if there are
        none; `None`: the file must be new.
        """
        path = self._new(name) if after is None else inside(self._root, name)
        _check_not_locked(path)
        target = path.resolve()  # a link stays one
        with writing(path):
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{target.name}.{new_id()[:8]}.tmp")
            old = None if after is None else target.read_bytes()
            try:
                with temporary.open("x", encoding="utf-8", newline="\n") as file:
                    hold(file.fileno())  # nobody takes it for a left-over
                    if old is not None:
                        self._copy(old, file)
                    before = file.tell()
                    file.writelines(f"{line}\n" for line in lines)
                    file.flush()
                    os.fsync(file.fileno())
                    if old is not None and file.tell() == before:
                        return
                if old is not None:
                    temporary.chmod(target.stat().st_mode & 0o7777)
                replace_durably(temporary, target)
            finally:
                temporary.unlink(missing_ok=True)
        if old is None:
            self._undo.append(lambda: target.unlink(missing_ok=True))
        else:
            self._undo.append(lambda: write_atomically(target, old.decode()))
        self.names.append(name)

    def edit_config(self, change: Callable[[Any], None]) -> None:
        """Change `config.yaml`; comments stay. Raises `ConfigError` and `StoreError`."""
        path = self._root / CONFIG
        _check_not_locked(path)
        before = read_text(path, keep_mark=True)
        self._undo.append(lambda: write_atomically(path, before))
        edit_config(self._root, change)
        self.names.append(CONFIG)

    def undo(self) -> None:
        """Take everything back, the last first."""
        for step in reversed(self._undo):
            with suppress(OSError, StoreError):
                step()

    def _new(self, name: str) -> Path:
        path = inside(self._root, name)
        if path.exists() or path.is_symlink():
            raise StoreError(f"{name}: is there already.", "Move it away, or choose another name.")
        return path

    @staticmethod
    def _copy(old: bytes, file: IO[str]) -> None:
        text = old.decode("utf-8-sig")
        file.write(text if text.endswith("\n") or not text else f"{text}\n")


def _check_not_locked(path: Path) -> None:
    """Raises `StoreError` for a file that nobody may write: somebody wants it to stay as it is."""
    with suppress(OSError):
        if not path.stat().st_mode & 0o222:
            raise StoreError(f"{path}: is read-only.", "To let it change, run: chmod u+w")


@contextmanager
def all_or_none(root: Path) -> Iterator[Files]:
    """Files that are all written if the block ends; if it raises, none stays."""
    files = Files(root)
    try:
        yield files
    except BaseException:
        files.undo()
        raise
