from __future__ import annotations

from pathlib import Path

import pytest

from tests.models.embedded.gguf import SMOLLM2, write_head
from tinyarms.models.embedded.gguf_file import ModelShape, read_shape


def test_a_model_file_says_what_a_token_takes(tmp_path: Path) -> None:
    path = write_head(tmp_path / "m.gguf")
    # A key and a value of 64 numbers for each of 3 heads in 30 layers, of 2 bytes each.
    assert read_shape(path) == ModelShape(2 * 64 * 3 * 30 * 2, 8192)


def test_heads_may_differ_by_layer_and_have_widths_of_their_own(tmp_path: Path) -> None:
    changes = {
        "llama.block_count": 3,
        "llama.attention.head_count_kv": [4, 0, 2],
        "llama.attention.key_length": 128,
        "llama.attention.value_length": 32,
    }
    path = write_head(tmp_path / "m.gguf", SMOLLM2 | changes)
    assert read_shape(path) == ModelShape(6 * (128 + 32) * 2, 8192)


def test_without_heads_of_their_own_keys_have_all_heads(tmp_path: Path) -> None:
    names = ("llama.attention.head_count_kv", "llama.context_length")
    values = {key: value for key, value in SMOLLM2.items() if key not in names}
    assert read_shape(write_head(tmp_path / "m.gguf", values)) == ModelShape(9 * 128 * 30 * 2, None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a model",
        b"GGUF",
        b"GGUF\x03\0\0\0" + b"\xff" * 16,
        b"GGUF\x01\0\0\0" + b"\0" * 16,
        b"GGUF\x03\0\0\0" + b"\0" * 8 + b"\x01" + b"\0" * 7 + b"\xff" * 8,
    ],
)
def test_another_file_says_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    assert read_shape(path) is None
    assert read_shape(tmp_path / "none.gguf") is None


def test_a_file_that_ends_early_says_nothing(tmp_path: Path) -> None:
    whole = write_head(tmp_path / "m.gguf").read_bytes()
    for length in range(0, len(whole), 7):
        (tmp_path / "cut.gguf").write_bytes(whole[:length])
        assert read_shape(tmp_path / "cut.gguf") is None


@pytest.mark.parametrize("key", ["general.architecture", "llama.block_count"])
def test_a_model_of_another_kind_says_nothing(tmp_path: Path, key: str) -> None:
    values = {name: value for name, value in SMOLLM2.items() if name != key}
    assert read_shape(write_head(tmp_path / "m.gguf", values)) is None
    assert read_shape(write_head(tmp_path / "m.gguf", SMOLLM2 | {key: [1, 2]})) is None
