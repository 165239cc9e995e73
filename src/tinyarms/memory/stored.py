"""A memory as bytes: a line with the format's version, a header in JSON, then arrays.

Nothing in it is executed when it is read. A checksum covers all of it.
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import numpy as np

from tinyarms.core.errors import StoreError
from tinyarms.memory.contents import Contents, labelled_rows
from tinyarms.memory.index import Index
from tinyarms.memory.prior import CommonFeatures
from tinyarms.memory.row import Row
from tinyarms.stats.arrays import Array

_KIND = b"tinyarms memory "
_VERSION = b"1\n"
"""Changes with the layout of the bytes, and with the features of a text."""
_SIZES = struct.Struct("<IQ")
"""The checksum of what follows, and the number of bytes of the header."""
_REMEDY = "Delete the file; it is made again from the examples."


def write_contents(contents: Contents) -> bytes:
    """The bytes of a memory."""
    arrays = [_little_endian(array) for array in _arrays(contents)]
    header = {
        "rows": [[r.id, dict(r.inputs), r.expected, r.user] for r in contents.rows],
        "labels": contents.labels,
        "slopes": contents.slopes.tolist(),
        "arrays": [[array.dtype.str, array.shape] for array in arrays],
    }
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    encoded = text.encode("utf-8", "surrogatepass")
    body = b"".join([encoded, *(array.tobytes() for array in arrays)])
    return _KIND + _VERSION + _SIZES.pack(zlib.crc32(body), len(encoded)) + body


def read_contents(data: bytes, where: str) -> Contents:
    """The inverse of `write_contents`. Raises `StoreError`, which begins with `where`."""
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
        return _contents(json.loads(bytes(body[:length])), body[length:])
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise StoreError(f"{where}: this memory is damaged ({error}).", _REMEDY) from error


def _arrays(contents: Contents) -> list[Array]:
    """In the order of the file."""
    index, common = contents.index, contents.common
    lengths = contents.labelled.lengths.astype(np.uint32)
    return [index.counts, index.rows, lengths, common.features, common.counted]


def _little_endian(array: Array) -> Array:
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _contents(header: dict[str, Any], data: memoryview) -> Contents:
    arrays, begin = list[Array](), 0
    for kind, shape in header["arrays"]:
        size = int(np.prod(shape))
        array = np.frombuffer(data, dtype=np.dtype(kind), count=size, offset=begin)
        arrays.append(array.reshape(shape))
        begin += array.nbytes
    counts, by_feature, lengths, common, counted = arrays
    rows = tuple(map(Row._make, header["rows"]))
    labels = tuple(header["labels"])
    return Contents(
        rows=rows,
        labels=labels,
        labelled=labelled_rows(rows, labels, lengths.astype(np.int64)),
        index=Index(counts, by_feature),
        common=CommonFeatures(common, counted),
        slopes=np.array(header["slopes"], dtype=np.float64),
    )
