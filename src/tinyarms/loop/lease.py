"""One process at a time works on a skill."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tinyarms.loop.context import Context


@contextmanager
def lease(context: Context, name: str) -> Iterator[None]:
    """Hold the skill. Raises `LeaseHeld` while another process that lives holds it."""
    raise NotImplementedError
    yield
