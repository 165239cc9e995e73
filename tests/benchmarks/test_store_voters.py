"""A short form of the benchmark of processes that vote on SQLite."""

from __future__ import annotations

import pytest

from store.voters import measure

pytestmark = pytest.mark.slow


def test_processes_that_vote_at_once_lose_no_vote_and_meet_no_error() -> None:
    lines, bars = measure(4, 1.0)
    errors, missing, *_ = bars
    assert (errors.value, missing.value) == (0, 0), lines
