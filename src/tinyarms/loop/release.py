"""Promote and roll back by hand."""

from __future__ import annotations

from tinyarms.loop.context import Context
from tinyarms.loop.views import Promotion


def promote(context: Context, name: str, variant: str) -> Promotion:
    """Put a variant of the latest session into production: `A`, `variant_a` or its id."""
    raise NotImplementedError


def rollback(context: Context, name: str, to: int | None = None) -> Promotion:
    """Put an earlier text into production again, as a new version."""
    raise NotImplementedError
