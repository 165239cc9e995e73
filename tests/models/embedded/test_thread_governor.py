from __future__ import annotations

from tests.models.embedded.test_tuning import Clock
from tinyarms.models.embedded.thread_governor import PATIENCE, RETRY_S, ThreadGovernor
from tinyarms.models.embedded.tuning import Measured, Tuning
from tinyarms.skills.execution import ModelReply

FOUR = Measured(4, 1, 10.0, 400.0, 100.0)
TWO = Measured(2, 1, 6.0, 200.0, 50.0)
TUNING = Tuning(FOUR, (TWO, FOUR))


def reply(times_slower: float, threads: int = 4) -> ModelReply:
    """40 new prompt tokens and 2 of the reply, in so many times what they usually take."""
    usual = TUNING.of(threads, 1)
    return ModelReply(
        "good",
        100,
        2,
        latency_ms=0.0,
        cached_tokens=60,
        prompt_ms=times_slower * 40_000 / usual.prompt_per_second,
        generation_ms=times_slower * 2_000 / usual.generation_per_second,
    )


def make_governor(clock: Clock | None = None) -> ThreadGovernor:
    return ThreadGovernor(TUNING, 1, clock or Clock())


def test_usual_and_somewhat_slow_calls_change_nothing() -> None:
    pace = make_governor()
    assert not any(pace.saw(reply(slower)) for slower in [1.0, 2.5, 0.7] * 5)
    assert pace.threads == 4


def test_slow_calls_in_a_row_halve_the_threads() -> None:
    pace = make_governor()
    assert [pace.saw(reply(4)) for _ in range(PATIENCE)] == [False] * (PATIENCE - 1) + [True]
    assert pace.threads == 2


def test_one_quick_call_between_them_begins_the_count_anew() -> None:
    pace = make_governor()
    calls = [4.0] * (PATIENCE - 1) + [1.0] + [4.0] * (PATIENCE - 1)
    assert not any(pace.saw(reply(slower)) for slower in calls)


def test_fewer_threads_are_held_to_their_own_rate() -> None:
    pace = make_governor()
    for _ in range(PATIENCE):
        pace.saw(reply(4))
    # What was slow for four threads is usual for two.
    assert not any(pace.saw(reply(2, threads=4)) for _ in range(PATIENCE))
    assert pace.threads == 2
    for _ in range(PATIENCE):
        pace.saw(reply(4, threads=2))
    assert pace.threads == 1
    assert not any(pace.saw(reply(50, threads=1)) for _ in range(2 * PATIENCE))


def test_after_some_minutes_all_threads_are_tried_again() -> None:
    clock = Clock()
    pace = make_governor(clock)
    for _ in range(PATIENCE):
        pace.saw(reply(4))
    clock.now += RETRY_S - 1
    assert not pace.saw(reply(1, threads=2))
    clock.now += 1
    assert pace.saw(reply(1, threads=2))
    assert pace.threads == 4


def test_a_server_that_tells_no_times_is_not_judged() -> None:
    pace = make_governor()
    silent = ModelReply("good", 100, 2, latency_ms=60_000.0)
    assert not any(pace.saw(silent) for _ in range(2 * PATIENCE))
    no_rates = Tuning(Measured(4, 1, 10.0, 0.0, 0.0), ())
    blind = ThreadGovernor(no_rates, 1, Clock())
    assert not any(blind.saw(reply(50)) for _ in range(2 * PATIENCE))
