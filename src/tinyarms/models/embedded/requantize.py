"""A model file whose tensors in Q4_1 are written again in Q8_0.

llama.cpp multiplies Q4_1 with a prompt one token after the other and Q8_0 with many at once, so
the same model reads prompts about twice as fast. The steps of Q8_0 are whole parts of those of
Q4_1, so the values of a block keep their distances. The same file gives the same bytes on every
machine.

The formats: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, and `block_q4_1` and
`block_q8_0` in https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-common.h
"""

from __future__ import annotations

import struct
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from tinyarms.models.embedded.gguf_file import Tensor, read_layout
from tinyarms.stats.arrays import Array

_Q4_1, _Q8_0 = 3, 8
"""The numbers of the tensor types."""
_MOSTLY_Q8_0 = 7
"""The number of a file whose tensors are mostly Q8_0, in its `general.file_type`."""
_BLOCK = 32
"""Values in a block of either type."""
_PACKED = np.dtype([("step", "<f2"), ("least", "<f2"), ("values", "u1", _BLOCK // 2)])
_UNPACKED = np.dtype([("step", "<f2"), ("values", "i1", _BLOCK)])
_MOST = 127
"""The largest value in a block of Q8_0, in steps."""
_LEVELS = 15
"""The largest value in a block of Q4_1, in steps above the least one."""
_MOST_PARTS = 2 * _MOST // _LEVELS
"""Most parts that a step of Q4_1 is divided into: with more, the levels do not fit into a block."""


def requantize(source: Path, target: Path) -> None:
    """Write `target` with the tensors of `source`.

    Raises `ValueError` or `struct.error` if the source is not a model file, and `OSError`.
    """
    with source.open("rb") as file, target.open("wb") as out:
        layout = read_layout(file)
        file.seek(0)
        head = bytearray(file.read(layout.tensors_at))
        if layout.file_type_at is not None:
            head[layout.file_type_at : layout.file_type_at + 4] = struct.pack("<I", _MOSTLY_Q8_0)
        out.write(head)
        offset = 0
        for tensor in layout.tensors:
            kind = _Q8_0 if tensor.kind == _Q4_1 else tensor.kind
            out.write(tensor.info(kind, offset))
            offset += -(-_size(tensor) // layout.alignment) * layout.alignment
        out.write(bytes(-out.tell() % layout.alignment))
        for tensor in layout.tensors:
            out.write(_content(file, layout.data_at, tensor))
            out.write(bytes(-out.tell() % layout.alignment))


def _size(tensor: Tensor) -> int:
    """Bytes of a tensor in the new file."""
    return tensor.size if tensor.kind != _Q4_1 else _blocks(tensor) * _UNPACKED.itemsize


def _blocks(tensor: Tensor) -> int:
    return prod(tensor.dimensions) // _BLOCK


def _content(file: BinaryIO, data_at: int, tensor: Tensor) -> bytes:
    """The data of a tensor in the new file."""
    size = tensor.size if tensor.kind != _Q4_1 else _blocks(tensor) * _PACKED.itemsize
    file.seek(data_at + tensor.offset)
    content = file.read(size)
    if len(content) != size:
        raise ValueError("the file ends early")
    return content if tensor.kind != _Q4_1 else _in_q8_0(content).tobytes()


def _in_q8_0(content: bytes) -> Array:
    """Blocks of Q8_0 with the values of blocks of Q4_1."""
    packed = np.frombuffer(content, dtype=_PACKED)
    levels = np.concatenate([packed["values"] & 15, packed["values"] >> 4], axis=1)
    step, least = (packed[name].astype(np.float64)[:, None] for name in ("step", "least"))
    values = step * levels + least
    new_step, parts, shift = _finest(step[:, 0], least[:, 0], np.abs(values).max(axis=1))
    divided = np.divide(
        values, new_step[:, None], out=np.zeros_like(values), where=new_step[:, None] > 0
    )
    divided = np.clip(np.rint(divided), -_MOST, _MOST)
    blocks = np.empty(len(packed), dtype=_UNPACKED)
    blocks["step"] = new_step
    blocks["values"] = np.where(
        parts[:, None] > 0, parts[:, None] * levels + shift[:, None], divided
    )
    return blocks


def _finest(step: Array, least: Array, largest: Array) -> tuple[Array, Array, Array]:
    """The step of each new block, in how many parts it divides the old one, and the shift.

    Values of Q4_1 are a multiple of their step above the least one. If the new step is a whole part
    of the old one, all multiples are exact and only the least value is rounded: of the possible
    parts, take that which rounds it least. 0 parts: none is better than the step that just spans
    `largest`, the block's largest absolute value.
    """
    new_step = _rounded(largest / _MOST)
    error = new_step / 2
    parts, shift = np.zeros_like(step), np.zeros_like(step)
    for number in range(1, _MOST_PARTS + 1):
        part = _rounded(step / number)
        low = np.rint(np.divide(least, part, out=np.zeros_like(part), where=part > 0))
        high = low + _LEVELS * number
        fits = (part > 0) & (np.maximum(np.abs(low), np.abs(high)) <= _MOST)
        missed = np.maximum(
            np.abs(part * low - least), np.abs(part * high - least - _LEVELS * step)
        )
        better = fits & (missed < error)
        error = np.where(better, missed, error)
        new_step = np.where(better, part, new_step)
        parts, shift = np.where(better, number, parts), np.where(better, low, shift)
    return new_step, parts, shift


def _rounded(step: Array) -> Array:
    """As it is stored: in 16 bits."""
    return step.astype("<f2").astype(np.float64)
