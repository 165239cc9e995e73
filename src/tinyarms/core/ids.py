"""Ids, content hashes and seeds. Ids come from the client, so sending twice counts once."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from typing import Any


def new_id() -> str:
    """A fresh random id: 32 hexadecimal characters."""
    return uuid.uuid4().hex


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value`: 64 hexadecimal characters."""
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def derived_id(*parts: object) -> str:
    """An id that is the same whenever it is made of the same parts: 32 characters."""
    return content_hash([str(part) for part in parts])[:32]


def derived_random(*parts: object) -> random.Random:
    """A random generator that depends on `parts` only, e.g. (seed, generation, slot)."""
    return random.Random(int(derived_id(*parts), 16))
