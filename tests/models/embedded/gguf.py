"""Writes the head of a model file, as llama.cpp's tools do."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SMOLLM2 = {
    "general.architecture": "llama",
    "general.name": "SmolLM2",
    "llama.block_count": 30,
    "llama.context_length": 8192,
    "llama.embedding_length": 576,
    "llama.attention.head_count": 9,
    "llama.attention.head_count_kv": 3,
    "llama.rope.freq_base": 100000.0,
    "tokenizer.ggml.tokens": ["<|im_start|>", "a", "b"],
    "tokenizer.ggml.add_bos": False,
}


def write_head(path: Path, values: Mapping[str, Any] = SMOLLM2) -> Path:
    """Write a file with this metadata and no weights."""
    content = b"GGUF" + struct.pack("<IQQ", 3, 0, len(values))
    for key, value in values.items():
        content += _text(key) + _typed(value)
    path.write_bytes(content)
    return path


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _typed(value: Any) -> bytes:
    kind, packed = _packed(value)
    return struct.pack("<I", kind) + packed


def _packed(value: Any) -> tuple[int, bytes]:
    if isinstance(value, bool):
        return 7, struct.pack("<?", value)
    if isinstance(value, str):
        return 8, _text(value)
    if isinstance(value, float):
        return 6, struct.pack("<f", value)
    if isinstance(value, list):
        items = [_packed(item) for item in value]
        head = struct.pack("<IQ", items[0][0], len(items))
        return 9, head + b"".join(packed for _, packed in items)
    return 4, struct.pack("<I", value)
