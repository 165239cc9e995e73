"""The record of a process's writes, and the disks that a power cut at any point of it may leave.

What was synced is there. Of what was not, any part may be: writes are dropped and reordered, and
one may be torn at a multiple of 512 bytes. The names of a folder come to the disk in their order,
as a journal keeps them, and at the latest when the folder is synced; a file that moved to another
folder may be in both, and is never in none.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_HEAD = struct.Struct("=IIIIQQ")
_SECTOR = 512
CREATE, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, MKDIR, LINK, MARK = range(1, 10)


class Entry(NamedTuple):
    """An operation of the process; see `shim.c`."""

    kind: int
    first: str
    second: bytes
    a: int
    b: int


def read_trace(path: Path) -> list[Entry]:
    """The operations in their order."""
    content, entries, at = path.read_bytes(), list[Entry](), 0
    while at < len(content):
        kind, one, two, _, a, b = _HEAD.unpack_from(content, at)
        at += _HEAD.size
        first, second = content[at : at + one], content[at + one : at + one + two]
        entries.append(Entry(kind, first.decode(), second, a, b))
        at += one + two
    return entries


@dataclass
class _Write:
    offset: int
    data: bytes
    """The bytes written; none: the file was cut to `offset` bytes."""
    cuts: bool = False


@dataclass
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[_Write] = field(default_factory=list)

    def sync(self) -> None:
        for write in self.pending:
            _apply(self.durable, write)
        self.pending.clear()

    def after_cut(self, rng: random.Random) -> bytes:
        content = bytearray(self.durable)
        share = rng.choice((0.0, 0.3, 0.7, 1.0))
        for write in self.pending:
            if rng.random() >= share:
                continue
            if not write.cuts and len(write.data) > _SECTOR and rng.random() < 0.3:
                write = _torn(write, rng)
            _apply(content, write)
        return bytes(content)


def _apply(content: bytearray, write: _Write) -> None:
    if write.cuts:
        del content[write.offset :]
        content.extend(bytes(max(0, write.offset - len(content))))
        return
    content.extend(bytes(max(0, write.offset - len(content))))
    content[write.offset : write.offset + len(write.data)] = write.data


def _torn(write: _Write, rng: random.Random) -> _Write:
    cut = rng.randrange(1, -(-len(write.data) // _SECTOR)) * _SECTOR
    if rng.random() < 0.5:
        return _Write(write.offset, write.data[:cut])
    return _Write(write.offset + cut, write.data[cut:])


@dataclass
class _Name:
    """A name that a folder gets (`file`) or loses (`None`)."""

    name: str
    file: _File | _Folder | None
    needs: _Name | None = None
    """It is lost only after the file has this other name."""
    is_durable: bool = False


@dataclass
class _Folder:
    durable: dict[str, _File | _Folder] = field(default_factory=dict)
    pending: list[_Name] = field(default_factory=list)
    now: dict[str, _File | _Folder] = field(default_factory=dict)

    def change(self, change: _Name) -> None:
        self.pending.append(change)
        _rename(self.now, change)

    def sync(self) -> None:
        for change in self.pending:
            change.is_durable = True
            _rename(self.durable, change)
        self.pending.clear()

    def after_cut(self, reached: set[int]) -> dict[str, _File | _Folder]:
        names = dict(self.durable)
        for change in self.pending:
            if id(change) in reached:
                _rename(names, change)
        return names


def _rename(names: dict[str, _File | _Folder], change: _Name) -> None:
    if change.file is None:
        names.pop(change.name, None)
    else:
        names[change.name] = change.file


class Disk:
    """The disk below a process that has run through a part of its record.

    `root`: the folder, as it was before the process began. `inodes`: its files by their inode.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._inodes: dict[int, _File | _Folder] = {}
        self._top = self._read(root)
        self.marks: list[str] = []
        """What the process has acknowledged."""

    def _read(self, folder: Path) -> _Folder:
        made = _Folder()
        for path in folder.iterdir():
            if path.name.endswith("-shm"):
                continue
            entry: _File | _Folder
            entry = self._read(path) if path.is_dir() else _File(bytearray(path.read_bytes()))
            self._inodes[path.stat().st_ino] = entry
            made.durable[path.name] = made.now[path.name] = entry
        self._inodes[folder.stat().st_ino] = made
        return made

    def do(self, entry: Entry) -> None:
        """Do the next operation of the record."""
        kind = entry.kind
        if kind == MARK:
            self.marks.append(entry.first)
        elif kind in (CREATE, MKDIR):
            made = _File() if kind == CREATE else _Folder()
            self._inodes[entry.a] = made
            folder, name = self._place(entry.first)
            folder.change(_Name(name, made))
        elif kind in (WRITE, TRUNCATE, SYNC):
            self._on_file(entry)
        elif kind == UNLINK:
            folder, name = self._place(entry.first)
            folder.change(_Name(name, None))
        else:
            old_folder, old = self._place(entry.first)
            new_folder, new = self._place(entry.second.decode())
            gets = _Name(new, old_folder.now[old])
            new_folder.change(gets)
            if kind == RENAME:
                old_folder.change(_Name(old, None, needs=gets))

    def _on_file(self, entry: Entry) -> None:
        file = self._inodes.get(entry.a)
        if file is None:
            return  # a descriptor of what is not below the root any more
        if entry.kind == SYNC:
            file.sync()
        elif isinstance(file, _File):
            cuts = entry.kind == TRUNCATE
            file.pending.append(_Write(entry.b, entry.second, cuts))

    def _place(self, path: str) -> tuple[_Folder, str]:
        *folders, name = Path(path).relative_to(self._root).parts
        place = self._top
        for folder in folders:
            found = place.now[folder]
            assert isinstance(found, _Folder)
            place = found
        return place, name

    def write_after_cut(self, target: Path, rng: random.Random) -> None:
        """Write what a power cut now may leave into a new folder."""
        reached = set[int]()
        for folder in self._folders(self._top):
            for change in folder.pending[: rng.randint(0, len(folder.pending))]:
                needs = change.needs
                if needs is None or needs.is_durable or id(needs) in reached:
                    reached.add(id(change))
        _write(self._top, target, reached, rng, {})

    def _folders(self, folder: _Folder) -> Iterator[_Folder]:
        yield folder
        for each in [*folder.durable.values(), *folder.now.values()]:
            if isinstance(each, _Folder):
                yield from self._folders(each)


def _write(
    folder: _Folder, target: Path, reached: set[int], rng: random.Random, written: dict[int, bytes]
) -> None:
    target.mkdir()
    for name, entry in folder.after_cut(reached).items():
        if isinstance(entry, _Folder):
            _write(entry, target / name, reached, rng, written)
            continue
        if id(entry) not in written:
            written[id(entry)] = entry.after_cut(rng)
        path = target / name
        path.write_bytes(written[id(entry)])
        path.chmod(0o600)
