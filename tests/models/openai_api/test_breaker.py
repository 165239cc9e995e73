from __future__ import annotations

import pytest

from tinyarms.core.errors import (
    BadReply,
    ModelBusy,
    ModelError,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
)
from tinyarms.models.openai_api.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def call(breaker: Breaker, error: ModelError | None = None) -> None:
    with breaker.guard("small"):
        if error is not None:
            raise error


def failing(breaker: Breaker, error: ModelError, times: int) -> None:
    for _ in range(times):
        with pytest.raises(type(error)):
            call(breaker, error)


@pytest.mark.parametrize("error", [ModelUnavailable("a"), ModelTimeout("a"), ModelBusy("a")])
def test_opens_after_failures_in_a_row(error: ModelError) -> None:
    breaker = Breaker(limit=3, now=Clock())
    failing(breaker, error, 3)
    with pytest.raises(ModelUnavailable, match="3 calls in a row failed, the last with: a"):
        call(breaker)


@pytest.mark.parametrize("error", [None, ModelRejected("a"), BadReply("a")])
def test_an_answer_of_any_kind_starts_the_count_again(error: ModelError | None) -> None:
    breaker = Breaker(limit=3, now=Clock())
    failing(breaker, ModelTimeout("a"), 2)
    if error is None:
        call(breaker)
    else:
        failing(breaker, error, 1)
    failing(breaker, ModelTimeout("a"), 2)
    call(breaker)


def test_one_call_is_let_through_after_the_pause_and_decides() -> None:
    clock = Clock()
    breaker = Breaker(limit=2, pause_s=30, now=clock)
    failing(breaker, ModelTimeout("a"), 2)
    clock.now += 30
    with breaker.guard("small"), pytest.raises(ModelUnavailable):
        call(breaker)  # a second caller, while the first is still trying
    call(breaker)
    failing(breaker, ModelTimeout("a"), 2)
    clock.now += 30
    failing(breaker, ModelTimeout("b"), 1)
    clock.now += 29
    with pytest.raises(ModelUnavailable, match=r"3 calls.*b Next try in 1 s"):
        call(breaker)
