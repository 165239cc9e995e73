"""A model file in Q4_1 becomes one in Q8_0 with nearly the same values."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.models.embedded.gguf import SMOLLM2, write_head
from tinyarms.models.embedded.gguf_file import Layout, read_layout, read_shape
from tinyarms.models.embedded.requantize import requantize

F32, Q4_1, Q8_0 = 0, 3, 8
ROWS, COLUMNS = 5, 64
Array = np.ndarray[Any, np.dtype[Any]]


def q4_1(values: Array) -> bytes:
    """The values in blocks of 32, as llama.cpp packs them."""
    content = b""
    for block in values.reshape(-1, 32):
        least = np.float16(block.min())
        step = np.float16((block.max() - block.min()) / 15)
        steps = np.clip(np.rint((block - least) / (step or 1)), 0, 15).astype(np.uint8)
        content += step.tobytes() + least.tobytes()
        content += (steps[:16] | steps[16:] << 4).tobytes()
    return content


def from_q4_1(content: bytes) -> Array:
    values = []
    for at in range(0, len(content), 20):
        step, least = np.frombuffer(content[at : at + 4], dtype=np.float16).astype(np.float64)
        packed = np.frombuffer(content[at + 4 : at + 20], dtype=np.uint8)
        values.append(np.concatenate([packed & 15, packed >> 4]) * step + least)
    return np.concatenate(values)


def from_q8_0(content: bytes) -> Array:
    values = []
    for at in range(0, len(content), 34):
        step = np.frombuffer(content[at : at + 2], dtype=np.float16).astype(np.float64)
        values.append(np.frombuffer(content[at + 2 : at + 34], dtype=np.int8) * step)
    return np.concatenate(values)


def model_file(path: Path, tensors: dict[str, tuple[int, tuple[int, ...], bytes]]) -> Path:
    """A model file with a head and these tensors: type, dimensions and data by name."""
    head = write_head(path, SMOLLM2 | {"general.file_type": 3}).read_bytes()
    infos, data = b"", b""
    for name, (kind, dimensions, content) in tensors.items():
        infos += struct.pack("<Q", len(name)) + name.encode()
        infos += struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions)
        infos += struct.pack("<IQ", kind, len(data))
        data += content + bytes(-len(content) % 32)
    head = head[:8] + struct.pack("<Q", len(tensors)) + head[16:] + infos
    path.write_bytes(head + bytes(-len(head) % 32) + data)
    return path


@pytest.fixture
def values() -> Array:
    rng = np.random.default_rng(1)
    values = rng.normal(0, 0.1, ROWS * COLUMNS)
    values[:32] = 0.0
    values[32:64] = 0.25
    values[64:96] *= 1e-3
    return values


@pytest.fixture
def source(tmp_path: Path, values: Array) -> Path:
    norm = np.arange(3, dtype=np.float32)
    tensors = {
        "norm": (F32, (3,), norm.tobytes()),
        "weights": (Q4_1, (COLUMNS, ROWS), q4_1(values)),
        "more": (Q4_1, (32,), q4_1(values[-32:])),
    }
    return model_file(tmp_path / "source.gguf", tensors)


def layout_of(path: Path) -> Layout:
    with path.open("rb") as file:
        return read_layout(file)


def data_of(path: Path, number: int, size: int) -> bytes:
    layout = layout_of(path)
    start = layout.data_at + layout.tensors[number].offset
    return path.read_bytes()[start : start + size]


def test_the_values_stay_and_other_tensors_are_copied(
    source: Path, tmp_path: Path, values: Array
) -> None:
    target = tmp_path / "target.gguf"
    requantize(source, target)
    before, after = layout_of(source), layout_of(target)
    assert [t.kind for t in before.tensors] == [F32, Q4_1, Q4_1]
    assert [t.kind for t in after.tensors] == [F32, Q8_0, Q8_0]
    assert [(t.name, t.dimensions) for t in after.tensors] == [
        (t.name, t.dimensions) for t in before.tensors
    ]
    assert data_of(target, 0, 12) == data_of(source, 0, 12)
    blocks = ROWS * COLUMNS // 32
    known = from_q4_1(data_of(source, 1, blocks * 20)).reshape(-1, 32)
    found = from_q8_0(data_of(target, 1, blocks * 34)).reshape(-1, 32)
    # Half a step of Q8_0, and the rounding of the step to 16 bits, 127 times.
    most = np.abs(known).max(axis=1)
    bound = most / 254 + np.maximum(most * 2.0**-11, 127 * 2.0**-25)
    assert (np.abs(found - known).max(axis=1) <= bound * 1.001).all()
    assert (found[0] == 0).all()
    last = from_q8_0(data_of(target, 2, 34))
    assert np.abs(last - values[-32:]).max() < 0.05


def test_steps_that_divide_those_before_keep_the_values_closer(tmp_path: Path) -> None:
    blocks = 200
    values = np.random.default_rng(2).normal(0, 0.1, blocks * 32)
    source = tmp_path / "source.gguf"
    model_file(source, {"weights": (Q4_1, (32, blocks), q4_1(values))})
    target = tmp_path / "target.gguf"
    requantize(source, target)
    known = from_q4_1(data_of(source, 0, blocks * 20)).reshape(-1, 32)
    found = from_q8_0(data_of(target, 0, blocks * 34)).reshape(-1, 32)
    plain = np.abs(known).max(axis=1, keepdims=True) / 127
    rounded = np.rint(known / plain) * plain
    assert np.sqrt(((found - known) ** 2).mean()) < 0.6 * np.sqrt(((rounded - known) ** 2).mean())


def test_the_new_file_says_that_it_is_q8_0(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.gguf"
    requantize(source, target)
    content, place = target.read_bytes(), layout_of(target).file_type_at
    assert place is not None
    assert struct.unpack_from("<I", content, place) == (7,)
    assert read_shape(target) == read_shape(source)
    assert len(content) % 32 == 0


def test_the_same_file_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    hashes = set[str]()
    for name in ("one", "two"):
        requantize(source, tmp_path / name)
        hashes.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(hashes) == 1


def test_a_file_that_ends_early_is_refused(source: Path, tmp_path: Path) -> None:
    whole = source.read_bytes()
    for length in (*range(0, len(whole) - 20, 37), len(whole) - 33):
        cut = tmp_path / "cut.gguf"
        cut.write_bytes(whole[:length])
        with pytest.raises((ValueError, struct.error)):
            requantize(cut, tmp_path / "target.gguf")
