"""How much a message of Arrow's IPC format holds, by its own description.

The description is a FlatBuffer: a table begins with the distance back to its list of fields, which
has for each field its place in the table, or 0.

References
----------
.. [1] Arrow columnar format, "Encapsulated message format" and "Recordbatch body compression".
.. [2] Arrow, ``format/Message.fbs``: the tables `Message`, `DictionaryBatch` and `RecordBatch`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_DICTIONARY, _RECORDS = 2, 3
"""Kinds of a message's header."""
_MESSAGE_KIND, _MESSAGE_HEADER = 1, 2
_DICTIONARY_DATA = 1
_BATCH_LENGTH, _BATCH_BUFFERS, _BATCH_COMPRESSION = 0, 2, 3
"""Numbers of fields in their tables."""


class Size(NamedTuple):
    """How much a message holds."""

    rows: int
    unpacked: int
    """Bytes that its packed buffers unpack to; 0 where they are not packed."""


def size_of(metadata: object, body: object) -> Size:
    """How much a batch of rows or a dictionary holds; of any other message nothing.

    Raises `struct.error` or `ValueError` for a description that is broken.
    """
    view = memoryview(metadata).cast("B")  # type: ignore[arg-type]
    message = _number(view, "<I", 0)
    kind_at = _field(view, message, _MESSAGE_KIND)
    kind = view[kind_at] if kind_at else 0
    if kind not in (_DICTIONARY, _RECORDS):
        return Size(0, 0)
    batch = _table(view, message, _MESSAGE_HEADER)
    if kind == _DICTIONARY and batch:
        batch = _table(view, batch, _DICTIONARY_DATA)
    if not batch:
        return Size(0, 0)
    length_at = _field(view, batch, _BATCH_LENGTH)
    rows = _number(view, "<q", length_at) if length_at and kind == _RECORDS else 0
    if not _field(view, batch, _BATCH_COMPRESSION):
        return Size(rows, 0)
    content = memoryview(body).cast("B")  # type: ignore[arg-type]
    return Size(rows, sum(_sizes(view, batch, content)))


def _sizes(view: memoryview, batch: int, body: memoryview) -> Iterator[int]:
    """The unpacked size of each buffer, which stands before its packed bytes; -1: not packed."""
    vector = _table(view, batch, _BATCH_BUFFERS)
    for number in range(_number(view, "<I", vector) if vector else 0):
        place = vector + 4 + 16 * number
        start, length = _number(view, "<q", place), _number(view, "<q", place + 8)
        if length:
            size = _number(body, "<q", start)
            yield length if size < 0 else size


def _table(view: memoryview, table: int, field: int) -> int:
    """The place of the table or list that a field refers to; 0: the field is not there."""
    at = _field(view, table, field)
    return at + _number(view, "<I", at) if at else 0


def _field(view: memoryview, table: int, field: int) -> int:
    """The place of a field; 0: it is not there."""
    fields = table - _number(view, "<i", table)
    if 4 + 2 * field >= _number(view, "<H", fields):
        return 0
    offset = _number(view, "<H", fields + 4 + 2 * field)
    return table + offset if offset else 0


def _number(view: memoryview, form: str, at: int) -> int:
    if at < 0:
        raise ValueError("a place before its beginning")
    found: int = struct.unpack_from(form, view, at)[0]
    return found
