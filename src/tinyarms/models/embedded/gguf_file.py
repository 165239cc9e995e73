"""The head of a model file (GGUF): how many layers and heads it has, what it may read, and where
its tensors are.
 Its format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

_MAGIC = b"GGUF"
_SIZES = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""Type of a value → its format for `struct`."""
_STRING, _ARRAY = 8, 9
_LONGEST_STRING = 2**24
"""Most bytes of one string. A longer one means that the file is broken."""
_MOST_KEPT = 4096
"""Most values of an array that are kept; longer ones are vocabularies."""
_CACHE_BYTES = 2
"""Bytes of one number in the KV cache: llama.cpp keeps 16-bit floats."""

_ALIGNMENT = 32
"""The data of each tensor begins at a multiple of so many bytes, unless the file says another."""
_FILE_TYPE = "general.file_type"

_Value = str | float | list[float]


@dataclass(frozen=True)
class ModelShape:
    """What decides how much memory a model needs for each token that it reads."""

    cache_bytes_per_token: int
    """Bytes that one token takes in the KV cache."""
    trained_context: int | None
    """Most tokens of a call, by the model's own metadata; `None`: it does not say."""


@dataclass(frozen=True)
class Tensor:
    """Where a tensor is, and what it is made of."""

    name: bytes
    dimensions: tuple[int, ...]
    kind: int
    """The number of its type in llama.cpp."""
    offset: int
    """Where it begins, counted from the first tensor, in bytes."""
    size: int
    """Bytes up to the next tensor or the end of the file, filling included."""

    def info(self, kind: int, offset: int) -> bytes:
        """What the file's head says of it, with another type and another place."""
        head = struct.pack("<Q", len(self.name)) + self.name
        lengths = struct.pack(f"<I{len(self.dimensions)}Q", len(self.dimensions), *self.dimensions)
        return head + lengths + struct.pack("<IQ", kind, offset)


@dataclass(frozen=True)
class Layout:
    """The places of a model file's parts, in bytes from its beginning."""

    file_type_at: int | None
    """The number of the file's quantization; `None`: it says none."""
    tensors_at: int
    """What it says of its tensors."""
    data_at: int
    """The data of the first tensor."""
    alignment: int
    tensors: tuple[Tensor, ...]
    """In the order of the file."""


def read_layout(file: BinaryIO) -> Layout:
    """Read the layout. Raises `ValueError` or `struct.error` if it is not a model file."""
    file_type_at, alignment = None, _ALIGNMENT
    count, pairs = _counts(file)
    for key, at, value in _pairs(file, pairs):
        if key == _FILE_TYPE:
            file_type_at = at
        elif key == "general.alignment":
            alignment = int(value)  # type: ignore[arg-type]
    tensors_at = file.tell()
    infos = [_tensor_info(file) for _ in range(count)]
    data_at = -(-file.tell() // alignment) * alignment
    ends = [offset for *_, offset in infos[1:]] + [file.seek(0, SEEK_END) - data_at]
    tensors = tuple(Tensor(*info, end - info[-1]) for info, end in zip(infos, ends, strict=True))
    if any(tensor.size < 0 for tensor in tensors):
        raise ValueError("its tensors are in another order")
    return Layout(file_type_at, tensors_at, data_at, alignment, tensors)


def _tensor_info(file: BinaryIO) -> tuple[bytes, tuple[int, ...], int, int]:
    name = _exactly(file, int(_number(file, "Q")))
    dimensions = tuple(int(_number(file, "Q")) for _ in range(int(_number(file, "I"))))
    return name, dimensions, int(_number(file, "I")), int(_number(file, "Q"))


def read_shape(path: Path) -> ModelShape | None:
    """The shape that the model file states; `None` if it cannot be read or does not say.

    The KV cache has a key and a value for each token, in each layer, for each head that has its
    own. A model that keeps fewer, because some layers only look back a little, takes less.
    """
    try:
        with path.open("rb") as file:
            values = _metadata(file)
        return _shape(values)
    except (OSError, ValueError, KeyError, TypeError, struct.error, ZeroDivisionError):
        return None


def _shape(values: Mapping[str, _Value]) -> ModelShape:
    prefix = str(values["general.architecture"])

    def number(key: str) -> int:
        return int(values[f"{prefix}.{key}"])  # type: ignore[arg-type]

    layers, heads = number("block_count"), values[f"{prefix}.attention.head_count"]
    shared = values.get(f"{prefix}.attention.head_count_kv", heads)
    key_value_heads = sum(shared) if isinstance(shared, list) else layers * int(shared)
    if f"{prefix}.attention.key_length" in values:
        width = number("attention.key_length") + number("attention.value_length")
    else:
        most_heads = max(heads) if isinstance(heads, list) else int(heads)
        width = 2 * (number("embedding_length") // int(most_heads))
    per_token = int(key_value_heads) * width * _CACHE_BYTES
    if per_token <= 0:
        raise ValueError("the model has no KV cache")
    has_context = f"{prefix}.context_length" in values
    return ModelShape(per_token, number("context_length") if has_context else None)


def _metadata(file: BinaryIO) -> dict[str, _Value]:
    _, pairs = _counts(file)
    return {key: value for key, _, value in _pairs(file, pairs) if value is not None}


def _counts(file: BinaryIO) -> tuple[int, int]:
    """The numbers of tensors and of pairs of metadata. Raises `ValueError`."""
    if file.read(4) != _MAGIC:
        raise ValueError("not a model file")
    version, tensors, pairs = struct.unpack("<IQQ", _exactly(file, 20))
    if version < 2:  # version 1 has lengths of four bytes
        raise ValueError("too old")
    return tensors, pairs


def _pairs(file: BinaryIO, number: int) -> Iterator[tuple[str, int, _Value | None]]:
    """Each key, the place of its value, and its value, if it is kept."""
    for _ in range(number):
        key = _string(file)
        kind = _number(file, "I")
        yield key, file.tell(), _value(file, kind)


def _value(file: BinaryIO, kind: float) -> _Value | None:
    """The next value; `None` for an array of strings or a long one."""
    if kind == _STRING:
        return _string(file)
    if kind != _ARRAY:
        return _number(file, _SIZES[int(kind)])
    item, length = int(_number(file, "I")), int(_number(file, "Q"))
    if item in (_STRING, _ARRAY):
        for _ in range(length):
            _value(file, item)
        return None
    packed = _exactly(file, length * struct.calcsize(f"<{_SIZES[item]}"))
    return list(struct.unpack(f"<{length}{_SIZES[item]}", packed)) if length <= _MOST_KEPT else None


def _string(file: BinaryIO) -> str:
    length = int(_number(file, "Q"))
    if length > _LONGEST_STRING:
        raise ValueError("a string is too long")
    return _exactly(file, length).decode("utf-8", "replace")


def _number(file: BinaryIO, form: str) -> float:
    value: float = struct.unpack(f"<{form}", _exactly(file, struct.calcsize(f"<{form}")))[0]
    return value


def _exactly(file: BinaryIO, length: int) -> bytes:
    content = file.read(length)
    if len(content) != length:
        raise ValueError("the file ends early")
    return content
