"""Short forms of the benchmark of PostgreSQL: all is told, and nothing is lost."""

from __future__ import annotations

import pytest

from store.postgres import at_once, restarts

pytestmark = pytest.mark.slow


def test_processes_at_once_lose_nothing_and_meet_no_error() -> None:
    lines, bars = at_once(3, 4.0)
    assert [bar.name for bar in bars if not bar.holds] == [], lines


def test_a_server_that_stops_and_crashes_loses_nothing() -> None:
    lines, bars = restarts(40, 1.5, 10.0)
    assert [bar.name for bar in bars if not bar.holds] == [], lines
