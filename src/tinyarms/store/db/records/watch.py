"""What the daemon knows, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

EventValue = str | float | int | bool | None
"""A plain value of an event: an id, a version, a count, a reason."""


@dataclass(frozen=True, kw_only=True)
class WatchRecord:
    """What the daemon knows of a skill from one look to the next."""

    skill: str
    since: datetime
    """When the daemon first looked at it: what happened before is not told."""
    looked_at: datetime
    failures: int = 0
    """How often in a row it could not do what was due."""
    error: str | None = None
    """Why, the last time; `None` while all goes well."""
    retry_at: datetime | None = None
    """Before it, what failed is not tried again."""
    checked_at: datetime | None = None
    """When the trigger last saw no drop, where it is not asked at every look."""


@dataclass(frozen=True, kw_only=True)
class EventRecord:
    """Something that happened to a skill. The same happening always has the same id."""

    id: str
    skill: str
    kind: str
    summary: str
    """In one sentence."""
    at: datetime
    data: Mapping[str, EventValue] = field(default_factory=dict)
    told_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NoticeRecord:
    """What is to be said to people of an event, on one channel."""

    event_id: str
    channel: str
    skill: str
    kind: str
    at: datetime
    data: Mapping[str, int] = field(default_factory=dict)
    """Numbers only: nothing of users or prompts."""
    message_id: str | None = None
    """The message that it was last put into; `None`: none so far."""
    tried_at: datetime | None = None
    sent_at: datetime | None = None
