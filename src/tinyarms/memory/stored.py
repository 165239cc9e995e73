"""A memory as bytes: a line with the format's version, a header in JSON, then the index's arrays.

Nothing in it is executed when it is read. A checksum covers all of it.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinyarms.core.errors import StoreError
from tinyarms.memory.index import Index
from tinyarms.memory.row import Row
from tinyarms.stats.arrays import Array

_KIND = b"tinyarms memory "
_VERSION = b"1\n"
"""Changes with the layout of the bytes and with the features of a text."""
_SIZES = struct.Struct("<IQ")
"""The checksum of what follows, and the number of bytes of the header."""
_REMEDY = "Delete the file; it is made again from the examples."


@dataclass(frozen=True, eq=False)
class Stored:
    """What a memory consists of."""

    rows: tuple[Row, ...]
    """By id, ascending."""
    labels: tuple[str, ...]
    """Empty: the outputs are free text."""
    index: Index
    label_of_row: Array
    """The index of each row's label; `len(labels)` if it has none of them: uint16."""
    slope: float
    """How far to trust the evidence for the labels; 0: not at all."""

    def with_slope(self, slope: float) -> Stored:
        return replace(self, slope=slope)


def write_stored(stored: Stored) -> bytes:
    """The bytes of a memory."""
    index = stored.index
    arrays = [index.rows, index.ends, index.lengths, stored.label_of_row]
    header = {
        "rows": [[r.id, dict(r.inputs), r.expected, r.user] for r in stored.rows],
        "labels": stored.labels,
        "slope": stored.slope,
        "arrays": [[array.dtype.newbyteorder("<").str, len(array)] for array in arrays],
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    parts = [text, *(a.astype(a.dtype.newbyteorder("<"), copy=False).tobytes() for a in arrays)]
    body = b"".join(parts)
    return _KIND + _VERSION + _SIZES.pack(zlib.crc32(body), len(text)) + body


def read_stored(data: bytes, where: str) -> Stored:
    """The inverse of `write_stored`. Raises `StoreError`, which begins with `where`."""
    start = len(_KIND) + len(_VERSION)
    if not data.startswith(_KIND):
        raise StoreError(f"{where}: this is no memory of a prompt.", _REMEDY)
    if data[len(_KIND) : start] != _VERSION:
        raise StoreError(f"{where}: another version of tinyArms wrote this memory.", _REMEDY)
    try:
        checksum, length = _SIZES.unpack_from(data, start)
        body = memoryview(data)[start + _SIZES.size :]
        if zlib.crc32(body) != checksum:
            raise ValueError("its checksum is wrong")
        return _parsed(json.loads(bytes(body[:length])), body[length:])
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise StoreError(f"{where}: this memory is damaged ({error}).", _REMEDY) from error


def _parsed(header: dict[str, Any], data: memoryview) -> Stored:
    arrays, begin = list[Array](), 0
    for kind, length in header["arrays"]:
        array = np.frombuffer(data, dtype=np.dtype(kind), count=length, offset=begin)
        arrays.append(array)
        begin += array.nbytes
    rows, ends, lengths, label_of_row = arrays
    return Stored(
        rows=tuple(Row(*row) for row in header["rows"]),
        labels=tuple(header["labels"]),
        index=Index(rows, ends, lengths),
        label_of_row=label_of_row,
        slope=float(header["slope"]),
    )
