"""The daemon's state of each skill, its events and its notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

EventValue = str | float | int | bool | None
"""A plain value of an event: an id, a version, a count, a reason."""


@dataclass(frozen=True, kw_only=True)
class WatchRecord:
    """The daemon's state of a skill between two passes."""

    skill: str
    since: datetime
    """When the daemon first checked the skill; earlier events are not reported."""
    looked_at: datetime
    failures: int = 0
    """Number of consecutive failures to do what was due."""
    error: str | None = None
    """The last error; `None` if there was none."""
    retry_at: datetime | None = None
    """Earliest time of the next retry."""
    checked_at: datetime | None = None
    """When the trigger last saw no drop, if it does not run at every pass."""


@dataclass(frozen=True, kw_only=True)
class EventRecord:
    """Something that happened to a skill. The same event always has the same id."""

    id: str
    skill: str
    kind: str
    summary: str
    """The event in one sentence."""
    at: datetime
    data: Mapping[str, EventValue] = field(default_factory=dict)
    told_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NoticeRecord:
    """A notice about an event for people, on one channel."""

    event_id: str
    channel: str
    skill: str
    kind: str
    at: datetime
    data: Mapping[str, int] = field(default_factory=dict)
    """Numbers for the message; no texts of users or prompts."""
    message_id: str | None = None
    """Id of the last message that contained it; `None`: none so far."""
    tried_at: datetime | None = None
    sent_at: datetime | None = None
