"""The interface of the rules of live tests, and the evidence they give."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

from tinyarms.core.errors import ExperimentError
from tinyarms.core.text import counted
from tinyarms.experiments.arms import Arm, Outcome

State = Literal["go_on", "promote", "keep", "no_difference"]


@dataclass(frozen=True)
class ArmStatistics:
    """What the votes show about one arm. `None`: the rule does not give this value, or not yet."""

    votes: int
    """How often users picked it; in single mode, its outcomes."""
    mean: float | None
    """Its rate, in [0, 1]: the posterior mean, or the share of successes or picks."""
    interval: tuple[float, float] | None
    """The 95 % interval of that rate: (low, high)."""
    p_best: float | None
    """The probability that it is the best arm, in [0, 1]."""
    lead: int | None
    """Votes ahead of the arm that the rule compares it with: the incumbent or the best other."""


@dataclass(frozen=True)
class Allocation:
    """The arm that gets a task, and the probability of that choice, in [0, 1]."""

    arm_id: str
    probability: float | None


@dataclass(frozen=True)
class Evidence:
    """What a live test shows so far. It decides nothing; `release` does."""

    rule: str
    state: State
    arm: str | None
    """Id of the arm to promote if `state` is `promote`; else `None`."""
    statistics: Mapping[str, ArmStatistics]
    """The statistics of each arm shown, by id."""
    votes: int
    """Number of votes, without skips and without votes after the rule had stopped."""
    votes_needed: int | None
    """The most votes that the test may still need; `None` if nothing limits them."""
    reason: str
    """In words. In the state `go_on` it names no arm, because that might influence voters."""


class LaterStatistics(Mapping[str, ArmStatistics]):
    """Statistics that are computed when somebody first looks at them: few who assess a test do."""

    def __init__(self, compute: Callable[[], Mapping[str, ArmStatistics]]) -> None:
        self._compute = compute

    @cached_property
    def _computed(self) -> Mapping[str, ArmStatistics]:
        return self._compute()

    def __getitem__(self, arm_id: str) -> ArmStatistics:
        return self._computed[arm_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._computed)

    def __len__(self) -> int:
        return len(self._computed)


class Stop(NamedTuple):
    """The state, arm and reason of a live test's evidence."""

    state: State
    arm: str | None
    reason: str


class Rule(Protocol):
    """How a live test is run and when it stops.

    A rule is a pure function: the same arms, outcomes and times give the same evidence, whether
    the outcomes arrived one by one or all at once. `arms` holds one incumbent and at least one
    challenger, the most promising challenger first. The methods raise `ExperimentError` for
    other arms, and for an outcome of an arm that the live test does not show.
    """

    @property
    def name(self) -> str:
        """The name that is stored with the live test."""
        ...

    def arms_shown(self, arms: Sequence[Arm]) -> tuple[Arm, ...]:
        """The arms whose outputs a ballot shows, before they are shuffled."""
        ...

    def allocate(
        self, arms: Sequence[Arm], outcomes: Sequence[Outcome], rng: random.Random
    ) -> Allocation:
        """Choose the arm for the next task, among those shown."""
        ...

    def assess(
        self,
        arms: Sequence[Arm],
        outcomes: Sequence[Outcome],
        started_at: datetime,
        now: datetime,
    ) -> Evidence:
        """The evidence from all outcomes, oldest first."""
        ...


def split_roles(arms: Sequence[Arm]) -> tuple[Arm, tuple[Arm, ...]]:
    """The incumbent and the challengers, in the order given. Raises `ExperimentError`."""
    incumbents = [arm for arm in arms if arm.role == "incumbent"]
    challengers = tuple(arm for arm in arms if arm.role == "challenger")
    if len(incumbents) != 1 or not challengers:
        raise ExperimentError(
            f"A live test has {len(incumbents)} incumbents and {len(challengers)} challengers.",
            "It needs one incumbent and at least one challenger.",
        )
    return incumbents[0], challengers


def votes_among(arms: Sequence[Arm], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes that are votes (no skips). Raises `ExperimentError` for an unknown arm."""
    arm_ids = {arm.id for arm in arms}
    votes = [outcome for outcome in outcomes if outcome.picked is not None]
    for vote in votes:
        if not arm_ids.issuperset(vote.shown):
            unknown = min(set(vote.shown) - arm_ids)
            raise ExperimentError(
                f"A ballot showed the arm {unknown}, which this live test does not show.",
                "Give a live test only its own outcomes.",
            )
    return votes


def go_on(votes: int, max_votes: int | None) -> Stop:
    """The test continues. `max_votes` is `None` if nothing limits the votes."""
    if max_votes is None:
        return Stop(
            "go_on", None, f"{counted(votes, 'vote')} so far; no limit, the evidence ends the test."
        )
    return Stop(
        "go_on",
        None,
        f"{counted(votes, 'vote')} so far; at most {max_votes - votes} more are needed.",
    )


def time_is_up(started_at: datetime, now: datetime, days: float) -> bool:
    """Whether at least `days` days have passed since the start."""
    return now - started_at >= timedelta(days=days)
