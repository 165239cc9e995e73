"""Ids, content hashes and seeds. The client makes the ids, so a repeated request counts once."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from typing import Any

from tinyarms.core.errors import UsageError
from tinyarms.core.text import shorten, storable

LONGEST_ID = 255
"""Most characters of an id or a user's name. More: rows that an index of PostgreSQL cannot hold."""

AGENT = "agent"
"""The user whose name stands on what agents write. A person named so is trusted as little."""

# `json.dumps` would make an encoder at each call.
_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def new_id() -> str:
    """A new random id: 32 hexadecimal characters."""
    return uuid.uuid4().hex


def check_ids(**ids: object) -> None:
    """Raises `UsageError` for an id or name that no database can hold; `None` stands for none.

    Examples
    --------
    >>> from tinyarms.core.ids import check_ids
    >>> check_ids(task_id="t1", user=None)
    >>> check_ids(user=7)
    Traceback (most recent call last):
    tinyarms.core.errors.UsageError: user: 7 is no name. Give a text of up to 255 characters.
    """
    for what, value in ids.items():
        if value is None:
            continue
        if not isinstance(value, str) or len(value) > LONGEST_ID or storable(value) != value:
            raise UsageError(
                f"{what}: {shorten(ascii(value), 60)} is no {'name' if what == 'user' else 'id'}.",
                f"Give a text of up to {LONGEST_ID} characters.",
            )


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value`: 64 hexadecimal characters.

    Raises `TypeError` if JSON cannot hold the value.

    Examples
    --------
    >>> from tinyarms.core.ids import content_hash
    >>> content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(_canonical(value).encode()).hexdigest()


def derived_id(*parts: object) -> str:
    """An id that depends on `parts` only: 32 hexadecimal characters.

    Examples
    --------
    >>> from tinyarms.core.ids import derived_id
    >>> derived_id("session", 1) == derived_id("session", 1)
    True
    """
    return content_hash([str(part) for part in parts])[:32]


def user_hash(user: str | None) -> str:
    """A name for a user that does not tell who it is: 16 hexadecimal characters; empty for nobody.

    Whoever knows the user's name can tell that it is its hash.

    Examples
    --------
    >>> from tinyarms.core.ids import user_hash
    >>> user_hash("ada") == user_hash("ada") != user_hash("ben")
    True
    >>> user_hash(None)
    ''
    """
    return derived_id("user", user)[:16] if user else ""


def derived_random(*parts: object) -> random.Random:
    """A random generator that depends on `parts` only, e.g. (seed, generation, slot)."""
    return random.Random(int(derived_id(*parts), 16))
