from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tinyarms.release.period import Period
from tinyarms.release.periodic_reset import due_reset
from tinyarms.skills.prompt import Prompt, PromptVersion, Retrieval, Source

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return BEGIN + timedelta(days=number)


def periods(*given: tuple[int, Source, str, bool]) -> list[Period]:
    """(day of its begin, source, text, by hand) of each version."""
    ends = [*(begin for begin, *_ in given[1:]), None]
    return [
        Period(
            version=PromptVersion(
                "s", number, Prompt(text), number - 1 or None, source, day(at), ""
            ),
            since=day(at),
            until=None if end is None else day(end),
            by_hand=by_hand,
        )
        for number, ((at, source, text, by_hand), end) in enumerate(
            zip(given, ends, strict=True), 1
        )
    ]


FIRST: tuple[int, Source, str, bool] = (0, "initial", "one", True)


def target(given: list[Period], now: float, days: float | None = 100) -> int | None:
    due = due_reset(given, days, day(now))
    return None if due is None else due.to.number


def test_days_count_from_the_end_of_a_persons_prompt() -> None:
    evolved = periods(FIRST, (50, "evolution", "two", False), (120, "evolution", "three", False))
    assert [target(evolved, now) for now in (149, 150, 151)] == [None, 1, 1]
    assert target(evolved, 10_000, days=None) is None
    due = due_reset(evolved, 100, day(160))
    assert due is not None
    assert due.reason == (
        "Back to version 1 after 110 days without a person's choice (reset_after_days: 100)."
    )


def test_a_persons_prompt_with_a_new_memory_stays() -> None:
    given = periods(FIRST, (10, "refresh", "one", False))
    remembers = replace(given[1].version.prompt, retrieve=Retrieval(4, snapshot="ab"))
    refreshed = replace(given[1], version=replace(given[1].version, prompt=remembers))
    assert target([given[0], refreshed], 1000) is None
    searched = periods(FIRST, (10, "evolution", "two", False), (20, "refresh", "two", False))
    assert target(searched, 1000) == 1


def test_what_a_person_wrote_last_returns_and_is_never_replaced() -> None:
    assert target(periods(FIRST), 1000) is None
    edited = periods(FIRST, (10, "evolution", "two", False), (20, "manual", "mine", True))
    assert target(edited, 1000) is None
    again = [*edited, *periods(FIRST, (30, "evolution", "four", False))[1:]]
    assert target(again, 1000) == 3


def test_a_persons_choice_begins_the_days_anew() -> None:
    chosen = periods(FIRST, (10, "evolution", "two", True))
    assert [target(chosen, now) for now in (109, 110)] == [None, 1]


def test_after_a_reset_they_begin_when_it_ends() -> None:
    reset = [FIRST, (10, "evolution", "two", False), (110, "rollback", "one", False)]
    assert target(periods(*reset), 1000) is None
    back = periods(*reset, (130, "rollback", "two", False))
    assert [target(back, now) for now in (229, 230)] == [None, 1]
