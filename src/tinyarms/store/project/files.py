"""Files of a project: written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from tinyarms.core.errors import ConfigError, StoreError
from tinyarms.core.ids import new_id
from tinyarms.store.durable import replace_durably


def write_atomically(path: Path, text: str) -> None:
    """Replace the file's content. After a crash it is the old one or the new one, never a part.

    The folder is made if it is not there; an existing file keeps its permissions, a link its
    target. Raises `StoreError`.
    """
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{new_id()[:8]}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_through(temporary, text)
            if target.exists():
                temporary.chmod(target.stat().st_mode & 0o7777)
            replace_durably(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}).", "Make its folder writable."
        ) from error


def read_text(path: Path) -> str:
    """The file's content, with its line ends as they are. Raises `ConfigError`."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: there is no such file.", "Make it, or correct its name."
        ) from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: byte {error.start} is not UTF-8.", "Save the file as UTF-8."
        ) from error


def _write_through(path: Path, text: str) -> None:
    with path.open("xb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
