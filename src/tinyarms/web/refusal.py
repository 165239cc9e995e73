"""What a request is refused with, before or after it reaches a use case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(eq=False)
class Refused(Exception):
    """A request that the service refuses before it reaches a use case."""

    status: int
    kind: str
    message: str
    hint: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    param: str | None = None
    """What of the request is wrong, for clients of the OpenAI API."""
    skill: str | None = None
    """The only skill that cannot be used now."""
