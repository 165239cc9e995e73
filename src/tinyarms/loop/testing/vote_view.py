"""The effect of a vote, and the standings of the options on its ballot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinyarms.experiments.ballot import LETTERS
from tinyarms.experiments.rule import Evidence
from tinyarms.loop.testing.conclude import Assessment
from tinyarms.store.db.records import BallotRecord, VoteRecord


@dataclass(frozen=True)
class Bar:
    """How often users picked the variant of an option. If several variants gave this output, the
    numbers are those of the variant that users picked most often."""

    letter: str
    """The option's position on this ballot."""
    share: float | None
    """Its share of all picks, in [0, 1]; `None` before the first pick."""
    votes: int
    """How often users picked it."""
    interval: tuple[float, float] | None = None
    """95 % interval of the rate that the test's rule reads."""
    p_best: float | None = None
    """Probability that it is the best, in [0, 1]; `None` if the rule gives none."""


@dataclass(frozen=True)
class VoteView:
    """The effect of a vote."""

    ballot_id: str
    accepted: bool
    """False: the ballot already has another vote, by this user or one that counts."""
    voted_before: bool
    """Whether the user already has another vote on this ballot; then this one is not accepted."""
    picked: bool
    """Whether the vote picks an option: False for a skip or none of these."""
    counted: bool
    """Whether the vote counts."""
    excluded: Literal["late", "over_cap", "new_name"] | None
    """Why it does not count: `late` (the test had ended), `over_cap` (its user is too far ahead of
    the others) or `new_name` (its user has run too few tasks, `ab_testing.min_tasks`)."""
    standings: tuple[Bar, ...]
    """The standings of the ballot's options."""
    votes: int
    votes_needed: int | None
    """The most votes that the test may still need; `None` without a limit."""
    decision: str | None
    """`promote`, `keep`, `no_difference` or `review`; `None` while the test goes on."""
    reason: str
    """What the votes show so far, or why the test ended."""
    promoted_version: int | None
    """Number of the version that this vote put into production; `None`: none."""


def vote_view(
    ballot: BallotRecord,
    stored: VoteRecord,
    voter: str | None,
    accepted: bool,
    assessment: Assessment,
) -> VoteView:
    """The effect of the stored vote, for `voter`."""
    conclusion, evidence = assessment.conclusion, assessment.evidence
    positions = dict.fromkeys(option.position for option in ballot.options)
    over = conclusion.action != "go_on"
    return VoteView(
        ballot_id=ballot.id,
        accepted=accepted,
        voted_before=not accepted and stored.user == voter,
        picked=stored.answer == "pick",
        counted=accepted and stored.counted,
        excluded=stored.excluded if accepted else None,
        standings=tuple(_bar(ballot, position, evidence) for position in positions),
        votes=evidence.votes,
        votes_needed=0 if over else evidence.votes_needed,
        decision=conclusion.action if over else None,
        reason=conclusion.reason if over else evidence.reason,
        promoted_version=conclusion.promoted_version,
    )


def _bar(ballot: BallotRecord, position: int, evidence: Evidence) -> Bar:
    """The bar of an option: of its variants, that with the most picks."""
    of_option = [evidence.statistics[variant_id] for variant_id in ballot.at(position)]
    letter, statistics = LETTERS[position], max(of_option, key=lambda arm: arm.votes)
    if not evidence.votes:
        return Bar(letter, None, statistics.votes)
    share = statistics.votes / evidence.votes
    return Bar(letter, share, statistics.votes, statistics.interval, statistics.p_best)
