"""Write project files atomically, and prompts only inside the project."""

from __future__ import annotations

import codecs
import errno
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tinyarms.core.errors import ConfigError, StoreError
from tinyarms.core.ids import new_id
from tinyarms.core.leftovers import hold, left_over
from tinyarms.store.durable import replace_durably

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
MAX_TEXT_BYTES = 1_000_000
"""Most bytes of a config file. Higher: a wrong file, such as a log, is read for longer before it is
refused."""
MAX_PROMPT_BYTES = 30_000_000
"""Most bytes of a prompt file. A verbalizer has a number for each label and each of its words and
examples: 1.2 MB with 128 labels and 900 examples. Lower: a search may write what cannot be read."""
MAX_EXAMPLES_BYTES = 300_000_000
"""Most bytes of an examples file. Higher: more memory, several times the size of the file."""
_TEMPORARY = re.compile(
    r"\.(?:.+\.(?:md|jsonl?|memory)|config\.yaml|constants\.yaml|waiting)\.[0-9a-f]{4,32}\.tmp"
)
"""Names of the temporary files beside prompts and their copies, examples and config files, and of
votes that wait (`db.together`)."""
_REMEDIES: Mapping[int, str] = {
    errno.EBUSY: "It is mounted by itself: mount the folder that it is in instead.",
    errno.EPERM: "If the file or its folder is immutable (lsattr shows an i), run: chattr -i",
    errno.EROFS: "Its file system is read-only: mount it so that it can be written.",
    errno.ENOSPC: "The disk is full: make room.",
    errno.EDQUOT: "Your quota on this disk is used up: make room.",
    errno.ENAMETOOLONG: "Its name is too long: give the skill a shorter one.",
    errno.EISDIR: "A folder has its name: move the folder away.",
    errno.ENOTDIR: "A file is where its folder should be: move the file away.",
    errno.EEXIST: "A file is where its folder should be: move the file away.",
    errno.ELOOP: "Its links lead in a circle: remove them.",
}
_UNREADABLE: Mapping[int, str] = {
    errno.EISDIR: "Move the folder away, and put the file in its place.",
    errno.EACCES: "Let your user read it: chmod u+r",
    errno.ELOOP: "Its links lead in a circle: remove them.",
}
_MAKE_WRITABLE = "Make its folder writable."


def read_bytes(path: Path, most: int) -> bytes:
    """The content of a file, or of a larger one than `most` bytes its first `most` + 1.

    Raises `OSError`, also for what is not a regular file: a pipe may never end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return file.read(most + 1)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace the file's content. After a crash it is the old or the new content, never a part.

    A missing folder is made. An existing file keeps its permissions, and a link its target. Raises
    `StoreError`.
    """
    with writing(path):
        target = path.resolve()
        with _finished(target, content) as temporary:
            replace_durably(temporary, target)


def check_writable(path: Path, text: str) -> None:
    """Check whether this text can be written to a new file. Raises `StoreError`.

    A missing folder is made.
    """
    with writing(path):
        target = path.resolve()
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with _finished(target, text):
            pass


def check_replaceable(path: Path) -> None:
    """Check whether the file can be replaced, by replacing it with itself. Raises `ConfigError`,
    `StoreError`.

    Permissions cannot tell: a file that is itself a mount, or in a folder whose files belong to
    others, may look writable.
    """
    write_atomically(path, read_text(path, keep_mark=True))


def inside(root: Path, path: str) -> Path:
    """The absolute path of a prompt file, given relative to the project's folder.

    Raises `StoreError` if the path or its links lead out of the folder.
    """
    target = (root / path).resolve()
    if not target.is_relative_to(root.resolve()):
        raise StoreError(
            f"{root / path}: is not written, because it is outside of the project: {target}.",
            "Prompts are written below the project's folder only: replace the link by a folder or "
            "a file there.",
        )
    return root / path


def sweep(folder: Path) -> None:
    """Remove the temporary files of killed processes from a folder."""
    try:
        names = [entry.name for entry in os.scandir(folder) if _TEMPORARY.fullmatch(entry.name)]
    except OSError:
        return
    for name in names:
        with left_over(folder / name) as is_left_over, suppress(OSError):
            if is_left_over:
                (folder / name).unlink()


def read_text(path: Path, *, keep_mark: bool = False, most: int = MAX_TEXT_BYTES) -> str:
    """The content of a file of UTF-8, with its line ends as they are. Raises `ConfigError`.

    `keep_mark`: whether a byte order mark at the beginning stays. `most`: bytes above which the
    file is refused.
    """
    try:
        # A large file is refused by its size, before it is read.
        content = b"" if path.stat().st_size > most else read_bytes(path, most)
        is_too_large = len(content) > most or (not content and path.stat().st_size > most)
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: there is no such file.", "Make it, or correct its name."
        ) from error
    except OSError as error:
        hint = _UNREADABLE.get(error.errno or 0, "Put a file that can be read in its place.")
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).", hint) from error
    if is_too_large:
        raise ConfigError(
            f"{path}: the file has more than {most / 1e6:g} MB.", "Is it the right file?"
        )
    if content[:4].count(0) > 1 or content.startswith(_UTF_16_MARKS):
        raise ConfigError(
            f"{path}: the file is UTF-16, not UTF-8.",
            "Save it as UTF-8, or: iconv -f UTF-16 -t UTF-8 OLD > NEW",
        )
    try:
        return content.decode("utf-8" if keep_mark else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        letter = content[error.start : error.start + 1].decode("cp1252", "replace")
        raise ConfigError(
            f"{path}, line {line}: byte {error.start} of the file is not UTF-8.",
            f"Save the file as UTF-8. If that byte stands for {letter!r}: "
            "iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW",
        ) from error


def read_prompt_text(path: Path, *, keep_mark: bool = False) -> str:
    """The content of a prompt file, otherwise like `read_text`."""
    return read_text(path, keep_mark=keep_mark, most=MAX_PROMPT_BYTES)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's error into a `StoreError` of one line with a remedy."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror or error}).",
            _REMEDIES.get(error.errno or 0, _MAKE_WRITABLE),
        ) from error


@contextmanager
def _finished(target: Path, content: str | bytes) -> Iterator[Path]:
    """A temporary file beside the target with the content, synced to disk; removed afterwards.

    It is locked while it exists, so that nobody takes it for a left-over.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary, file = _new_temporary(target)
    try:
        with file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
            if target.exists():
                temporary.chmod(target.stat().st_mode & 0o7777)
            yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _new_temporary(target: Path) -> tuple[Path, BinaryIO]:
    while True:
        temporary = target.with_name(f".{target.name}.{new_id()[:8]}.tmp")
        file = temporary.open("xb")
        if hold(file.fileno()):
            return temporary, file
        file.close()  # Another process removed it before it was locked.
