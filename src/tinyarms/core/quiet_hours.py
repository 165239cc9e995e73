"""Quiet hours, such as `22:00-07:00` in local time: no search begins during them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

_FORM = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


def parse_quiet_hours(text: str) -> tuple[time, time]:
    """The start and the end of the quiet hours. An end before the start is on the next day.

    Raises `ValueError` if `text` does not have this form, or if start and end are equal.

    Examples
    --------
    >>> from tinyarms.core.quiet_hours import parse_quiet_hours
    >>> parse_quiet_hours("22:00-07:00")
    (datetime.time(22, 0), datetime.time(7, 0))
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a span of hours such as 22:00-07:00")
    numbers = [int(number) for number in match.groups()]
    try:
        begin, end = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
    except ValueError:
        raise ValueError(f"{text!r} has an hour above 23 or a minute above 59") from None
    if begin == end:
        raise ValueError(f"{text!r} begins and ends at the same time")
    return begin, end


def quiet_until(quiet_hours: str | None, now: datetime) -> datetime | None:
    """The end, in UTC, of the quiet hours that contain `now` (aware); `None` outside of them."""
    if quiet_hours is None:
        return None
    begin, end = parse_quiet_hours(quiet_hours)
    # Quiet hours follow the wall clock, even on a day on which the clocks change.
    local = now.astimezone().replace(tzinfo=None)
    clock_time = local.time()
    if begin < end:
        inside, tomorrow = begin <= clock_time < end, False
    else:
        inside, tomorrow = clock_time >= begin or clock_time < end, clock_time >= begin
    if not inside:
        return None
    day = local.date() + timedelta(days=tomorrow)
    return datetime.combine(day, end).astimezone(UTC)
