"""What a skill waits for from people."""

from __future__ import annotations

from dataclasses import dataclass

from tinyarms.loop.approving.waiting import waiting
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.waiting_release import waiting_release


@dataclass(frozen=True)
class WaitsView:
    """What a skill waits for from people."""

    skill: str
    ballots: int
    """Number of ballots that wait for a vote."""
    collected: int
    """Number of examples, collected from corrections, that wait for a person's review."""
    proposals: tuple[str, ...]
    """The prompts that wait to be approved or refused, in words: `variant A`."""
    release: str | None
    """The release that waits to be carried out, in words; `None`: none does."""

    @property
    def nothing(self) -> bool:
        """Whether it waits for nothing."""
        return not (self.ballots or self.collected or self.proposals or self.release)


def waits(context: Context, name: str, user: str | None = None) -> WaitsView:
    """What the skill waits for; ballots are those that `user` may answer. Changes nothing."""
    reviews = waiting(context, [name])
    with context.store.read() as work:
        ballots = work.experiments.count_waiting(name, user)
        collected = work.examples.collected(name)
    return WaitsView(
        skill=name,
        ballots=ballots,
        collected=collected,
        proposals=tuple(review.what for review in reviews),
        release=waiting_release(context, name),
    )
