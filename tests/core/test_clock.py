from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from tinyarms.core.clock import iso, utc_now


def test_now_is_aware_and_in_utc() -> None:
    before = datetime.now(UTC)
    assert before <= utc_now() <= datetime.now(UTC)
    assert utc_now().utcoffset() == timedelta(0)


def test_a_moment_is_written_in_utc() -> None:
    assert iso(datetime(2024, 11, 10, 8, 0, 0, 999, UTC)) == "2024-11-10T08:00:00Z"
    there = datetime(2024, 11, 10, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert iso(there) == "2024-11-09T23:30:00Z"
