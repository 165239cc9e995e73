"""What every rule of an experiment does, and the evidence it gives."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol

from tinyarms.core.errors import ExperimentError
from tinyarms.experiments.arms import Arm, Outcome

State = Literal["go_on", "promote", "keep", "no_difference"]


@dataclass(frozen=True)
class ArmStatistics:
    """What the votes say of one arm. `None`: this rule, or so few votes, cannot say."""

    votes: int
    """How often it was picked."""
    mean: float | None
    """Its rate, in [0, 1]: the posterior mean, or the share of picks among its votes."""
    interval: tuple[float, float] | None
    """95 % interval of that rate."""
    p_best: float | None
    """Probability that it is the best, in [0, 1]."""
    lead: int | None
    """Votes ahead of what the rule compares it with: the incumbent, or the best other arm."""


@dataclass(frozen=True)
class Allocation:
    """The arm that a task is given to, and how probable that was (in [0, 1])."""

    arm_id: str
    probability: float | None


@dataclass(frozen=True)
class Evidence:
    """What an experiment shows so far. It decides nothing: `release` does."""

    rule: str
    state: State
    arm: str | None
    """Id of the arm that `promote` speaks for; else `None`."""
    statistics: Mapping[str, ArmStatistics]
    """For each arm shown, by id."""
    votes: int
    """Votes counted: no skips, nothing that came after the rule had stopped."""
    votes_needed: int | None
    """The most votes that could still be needed; `None` if nothing limits them."""
    reason: str
    """In plain words. While the state is `go_on` it names no arm, so as not to sway voters."""


class Stop(NamedTuple):
    """Why an experiment stops: the heart of its evidence."""

    state: State
    arm: str | None
    reason: str


class Rule(Protocol):
    """How a live test is run and when it stops.

    Pure: the same arms, outcomes and moments give the same evidence, whether the outcomes came
    in one by one or all at once. `arms` holds one incumbent and at least one challenger, the
    most promising challenger first. Raises `ExperimentError` where arms and outcomes do not fit.
    """

    @property
    def name(self) -> str:
        """As stored with the experiment."""
        ...

    def arms_shown(self, arms: Sequence[Arm]) -> tuple[Arm, ...]:
        """The arms whose outputs a ballot shows, before they are shuffled."""
        ...

    def allocate(
        self, arms: Sequence[Arm], outcomes: Sequence[Outcome], rng: random.Random
    ) -> Allocation:
        """Choose the arm of the next ballot, among those shown."""
        ...

    def assess(
        self,
        arms: Sequence[Arm],
        outcomes: Sequence[Outcome],
        started_at: datetime,
        now: datetime,
    ) -> Evidence:
        """Read all outcomes, oldest first."""
        ...


def split_roles(arms: Sequence[Arm]) -> tuple[Arm, tuple[Arm, ...]]:
    """The incumbent and the challengers, in the order given. Raises `ExperimentError`."""
    incumbents = [arm for arm in arms if arm.role == "incumbent"]
    challengers = tuple(arm for arm in arms if arm.role == "challenger")
    if len(incumbents) != 1 or not challengers:
        raise ExperimentError(
            f"An experiment with {len(incumbents)} incumbents and {len(challengers)} challengers.",
            "It needs one incumbent and at least one challenger.",
        )
    return incumbents[0], challengers


def votes_among(arms: Sequence[Arm], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes that are votes (no skips). Raises `ExperimentError` for an unknown arm."""
    known = {arm.id for arm in arms}
    votes = [outcome for outcome in outcomes if outcome.picked is not None]
    for vote in votes:
        if not known.issuperset(vote.shown):
            stranger = min(set(vote.shown) - known)
            raise ExperimentError(
                f"A vote was shown the arm {stranger}, which this experiment does not show.",
                "Give an experiment its own outcomes only.",
            )
    return votes


def go_on(votes: int, max_votes: int | None) -> Stop:
    """No reason to stop yet. `max_votes`: `None` if nothing limits them."""
    if max_votes is None:
        return Stop("go_on", None, f"{votes} votes so far; no limit, the evidence ends the test.")
    return Stop(
        "go_on", None, f"{votes} votes so far; at most {max_votes - votes} more are needed."
    )


def time_is_up(started_at: datetime, now: datetime, days: float) -> bool:
    """True from `days` days after the start on."""
    return now - started_at >= timedelta(days=days)
