"""The pictures that a process works with: opened, scaled and read once each.

Their bytes stay in memory; nothing here writes them anywhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from tinyarms.core.errors import PictureError
from tinyarms.models.pictures.ocr import reader_name, text_in
from tinyarms.models.pictures.opening import MAX_BYTES, Encoded, encoded, facts_of
from tinyarms.skills.execution import SentPicture
from tinyarms.skills.picture import Picture
from tinyarms.skills.skill import PictureInput
from tinyarms.store.project.files import read_bytes

MEMORY_BYTES = 64_000_000
"""Bytes of pictures that are kept in memory, and as many of their scaled copies. Lower: a search
opens the same files more often. A picture that was given as bytes, and not by a path, can no longer
be shown to the options of a live test once others have taken its place."""
_DATA_URL = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)
"""Its beginning. What the picture is, its content says."""
_GIVE = "Give a pathlib.Path, bytes, or a data URL (data:image/png;base64,…)."

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class _Recent(Generic[_Key, _Value]):
    """The values that were used last, up to a size in bytes; always the newest one."""

    def __init__(self) -> None:
        self._values: OrderedDict[_Key, tuple[_Value, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: _Key) -> _Value | None:
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key][0]

    def put(self, key: _Key, value: _Value, size: int) -> None:
        if key in self._values:
            return
        self._values[key] = value, size
        self._bytes += size
        while self._bytes > MEMORY_BYTES and len(self._values) > 1:
            self._bytes -= self._values.popitem(last=False)[1][1]


class KeptTexts(Protocol):
    """Texts that were read from pictures, kept from one process to the next."""

    def find(self, sha256: str, reader: str) -> str | None:
        """The text that this reader read in the picture of this hash; `None`: not kept."""
        ...

    def keep(self, sha256: str, reader: str, text: str) -> None:
        """Keep what the reader read."""
        ...


@dataclass
class Pictures:
    """The pictures of one open project. Safe to use from several threads."""

    root: Path
    """The project's folder."""
    kept_texts: KeptTexts
    """The texts of the pictures of examples."""
    texts_of_this_process: dict[tuple[str, int], str] = field(default_factory=dict)
    """The texts that were read so far, by hash and `max_pixels`."""
    _opened: dict[tuple[str, object], Picture] = field(default_factory=dict)
    """By path and stamp of the file."""
    _originals: _Recent[str, bytes] = field(default_factory=_Recent)
    """Bytes that were given without a path, by their hash."""
    _scaled: _Recent[tuple[str, int], Encoded] = field(default_factory=_Recent)
    """By hash and `max_pixels`."""
    _of_examples: set[str] = field(default_factory=set)
    """The hashes of the pictures whose texts may be kept on disk. Those of tasks may not: they may
    be private, and a task's row has its text, masked as the settings say."""
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def of_example(self, path: Path) -> Picture:
        """The picture of an example; as `at`."""
        picture = self.at(path)
        self._of_examples.add(picture.sha256)
        return picture

    def at(self, path: Path) -> Picture:
        """The picture in a file. Raises `PictureError`, and `ConfigError` without the extra."""
        path = path.absolute()
        stored = self._stored_path(path)
        stamp = _stamp(path)
        with self._lock:
            picture = self._opened.get((str(path), stamp))
        if picture is None or stamp is None:
            data = _file(path)
            facts = facts_of(data, str(path))
            picture = Picture(facts.sha256, facts.width, facts.height, facts.date, stored)
            with self._lock:
                self._opened[str(path), stamp] = picture
        return picture

    def from_caller(self, value: Path | bytes | str, name: str) -> Picture:
        """The picture that a caller gives: a path, bytes or a data URL.

        A text is never taken for a path, so that a caller elsewhere, who can only send texts, has
        no file of this machine opened. `name`: of the input, for messages. Raises `PictureError`,
        and `ConfigError` without the extra.
        """
        if isinstance(value, Path):
            return self.at(value)
        if not isinstance(value, (bytes, bytearray, memoryview, str)):
            raise PictureError(f"{name}: is {type(value).__name__}, and no picture.", _GIVE)
        # A copy, because the caller may change what it gave.
        data = _from_data_url(value, name) if isinstance(value, str) else bytes(value)
        facts = facts_of(data, name)
        with self._lock:
            self._originals.put(facts.sha256, data, len(data))
        return Picture(facts.sha256, facts.width, facts.height, facts.date)

    def sent(self, picture: Picture, how: PictureInput) -> SentPicture:
        """The picture as a model gets it. Raises `PictureError` if it is gone or has changed."""
        scaled = self._encoded(picture, how.max_pixels)
        load = partial(self._data, picture, how.max_pixels)
        return SentPicture(scaled.sha256, scaled.media_type, scaled.pixels, load)

    def with_text(self, picture: Picture, how: PictureInput) -> Picture:
        """The picture with its text, read once on this machine. Raises as `sent`."""
        if picture.text is not None:
            return picture
        key = picture.sha256, how.max_pixels
        with self._reading:
            if key not in self.texts_of_this_process:
                self.texts_of_this_process[key] = self._text(picture, how.max_pixels)
            return replace(picture, text=self.texts_of_this_process[key])

    def is_there(self, picture: Picture) -> bool:
        """Whether the picture's bytes can be had."""
        try:
            return bool(self._original(picture))
        except PictureError:
            return False

    def _text(self, picture: Picture, max_pixels: int) -> str:
        is_kept = picture.sha256 in self._of_examples
        reader = f"{reader_name()}, {max_pixels} pixels"
        text = self.kept_texts.find(picture.sha256, reader) if is_kept else None
        if text is None:
            data = self._original(picture)
            text = text_in(data, max_pixels, picture.path or "the picture")
            if is_kept:
                self.kept_texts.keep(picture.sha256, reader, text)
        return text

    def _data(self, picture: Picture, max_pixels: int) -> bytes:
        return self._encoded(picture, max_pixels).data

    def _encoded(self, picture: Picture, max_pixels: int) -> Encoded:
        key = picture.sha256, max_pixels
        with self._lock:
            scaled = self._scaled.get(key)
            if scaled is None:
                data = self._original(picture)
                scaled = encoded(data, max_pixels, picture.path or "the picture")
                self._scaled.put(key, scaled, len(scaled.data))
            return scaled

    def _original(self, picture: Picture) -> bytes:
        with self._lock:
            data = self._originals.get(picture.sha256)
        if data is not None:
            return data
        if not picture.path:
            raise PictureError(
                f"A picture ({picture.width}×{picture.height}) is not in memory any more.",
                "It was given without a path. Give it again.",
            )
        path = self.root / picture.path
        data = _file(path)
        if hashlib.sha256(data).hexdigest() != picture.sha256:
            raise PictureError(f"{path}: is another picture than before.", "Give it again.")
        return data

    def _stored_path(self, path: Path) -> str:
        root = self.root.absolute()
        stored = path.relative_to(root) if path.is_relative_to(root) else path
        if not str(stored).isprintable():
            raise PictureError(
                f"{str(path)!r}: its name has a line break or another control character.",
                "Rename it.",
            )
        return str(stored)


def _stamp(path: Path) -> object:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _file(path: Path) -> bytes:
    try:
        return read_bytes(path, MAX_BYTES)
    except OSError as error:
        raise PictureError(f"{path}: {error.strerror or error}.", "Check the path.") from error


def _from_data_url(value: str, name: str) -> bytes:
    match = _DATA_URL.match(value)
    if match is None:
        raise PictureError(f"{name}: is a text, and no picture.", _GIVE)
    if len(value) > 2 * MAX_BYTES:
        raise PictureError(
            f"{name}: the data URL has {len(value) / 1e6:.0f} MB.", "Scale the picture down."
        )
    try:
        return base64.b64decode("".join(value[match.end() :].split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureError(f"{name}: the data URL is broken ({error}).", _GIVE) from error
