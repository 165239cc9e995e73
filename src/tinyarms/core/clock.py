"""The only place that reads the time. All other code receives a `Clock`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time as an aware datetime."""


def utc_now() -> datetime:
    """The current time, as an aware datetime in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """An aware datetime as text in ISO 8601, in UTC, to the second.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from tinyarms.core.clock import iso
    >>> iso(datetime(2024, 11, 10, 8, tzinfo=UTC))
    '2024-11-10T08:00:00Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
