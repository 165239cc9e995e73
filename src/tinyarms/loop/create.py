"""A live test of variants that people wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tinyarms.loop.context import Context
from tinyarms.loop.views import Created


def create_variants(
    context: Context,
    name: str,
    files: Sequence[Path],
    progress: Callable[[str, int, int], None] | None = None,
) -> Created:
    raise NotImplementedError
