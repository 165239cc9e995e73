"""The stored memory of prompt versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class MemoryRecord:
    """A stored snapshot of examples, without its content."""

    skill: str
    snapshot: str
    """Hash of the examples: 64 hexadecimal characters."""
    examples: int
    """Number of the examples."""
    size: int
    """Bytes of its content."""
    created_at: datetime
    """When it was made."""
