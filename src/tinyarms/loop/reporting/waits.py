"""What a skill waits for from people."""

from __future__ import annotations

from dataclasses import dataclass

from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.waiting_release import waiting_release
from tinyarms.loop.testing.review import waiting


@dataclass(frozen=True)
class WaitsView:
    """What a skill waits for from people."""

    skill: str
    ballots: int
    """Number of ballots that wait for a vote."""
    collected: int
    """Number of examples, collected from corrections, that wait for a person's review."""
    review: str | None
    """Letter of the variant that waits to be accepted or refused; `None`: none does."""
    release: str | None
    """The release that waits to be carried out, in words; `None`: none does."""

    @property
    def nothing(self) -> bool:
        """Whether it waits for nothing."""
        return not (self.ballots or self.collected or self.review or self.release)


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
        review=reviews[0].variant if reviews else None,
        release=waiting_release(context, name),
    )
