"""Hours of the day in which nothing heavy begins: `22:00-07:00`, in local time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

_FORM = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


def parse_quiet_hours(text: str) -> tuple[time, time]:
    """Begin and end; an end before the begin is on the next day. Raises `ValueError`."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no span of hours like 22:00-07:00")
    hours = [int(number) for number in found.groups()]
    try:
        begin, end = time(hours[0], hours[1]), time(hours[2], hours[3])
    except ValueError:
        raise ValueError(f"{text!r} has an hour above 23 or a minute above 59") from None
    if begin == end:
        raise ValueError(f"{text!r} begins when it ends")
    return begin, end


def quiet_until(quiet_hours: str | None, now: datetime) -> datetime | None:
    """When the quiet hours end in which `now` (aware) lies, in UTC; `None` outside of them."""
    if quiet_hours is None:
        return None
    begin, end = parse_quiet_hours(quiet_hours)
    # The wall clock's hours, however long the day is on which the clocks change.
    local = now.astimezone().replace(tzinfo=None)
    at = local.time()
    if begin < end:
        inside, tomorrow = begin <= at < end, False
    else:
        inside, tomorrow = at >= begin or at < end, at >= begin
    if not inside:
        return None
    day = local.date() + timedelta(days=tomorrow)
    return datetime.combine(day, end).astimezone(UTC)
