"""What a vote did, and how the options of its ballot stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinyarms.experiments.ballot import LETTERS
from tinyarms.experiments.rule import Evidence
from tinyarms.loop.testing.conclude import Assessment
from tinyarms.store.db.records import BallotRecord, VoteRecord


@dataclass(frozen=True)
class Bar:
    """How often users picked what this option stands for. Where that is several variants, which
    gave the same output here, it is the one of them that users picked most often."""

    letter: str
    """The option's place on this ballot."""
    share: float | None
    """Its share of all picks, in [0, 1]; `None` before the first."""
    votes: int
    """How often users picked it."""
    interval: tuple[float, float] | None = None
    """95 % interval of the rate that the test's rule reads."""
    p_best: float | None = None
    """Probability that it is the best; `None` where the rule gives none."""


@dataclass(frozen=True)
class VoteView:
    """What a vote did."""

    ballot_id: str
    accepted: bool
    """False: this ballot already has another vote, of this user or one that counts."""
    voted_before: bool
    """Whether the user has another vote on this ballot. It is not accepted then."""
    picked: bool
    """Whether it picks an option: not a skip, nor none of these."""
    counted: bool
    """Whether the vote counts."""
    excluded: Literal["late", "over_cap", "new_name"] | None
    """Why it does not count: `late` (the test had ended), `over_cap` (its user is too far ahead of
    the others) or `new_name` (its user has run too few tasks, `ab_testing.min_tasks`)."""
    standings: tuple[Bar, ...]
    """The options of the ballot and how they stand."""
    votes: int
    votes_needed: int | None
    """The most votes that could still be needed; `None` if nothing limits them."""
    decision: str | None
    """`promote`, `keep`, `no_difference` or `review`; `None` while the test goes on."""
    reason: str
    """What the votes say so far, or what decided."""
    promoted_version: int | None
    """Number of the version that this vote put into production; `None` if it did not."""


def vote_view(
    ballot: BallotRecord,
    stored: VoteRecord,
    voter: str | None,
    accepted: bool,
    assessment: Assessment,
) -> VoteView:
    """What the stored vote did, as `voter` is told."""
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
    """Of several variants behind one option, the one that users picked most often."""
    behind = [evidence.statistics[variant_id] for variant_id in ballot.at(position)]
    letter, statistics = LETTERS[position], max(behind, key=lambda found: found.votes)
    if not evidence.votes:
        return Bar(letter, None, statistics.votes)
    share = statistics.votes / evidence.votes
    return Bar(letter, share, statistics.votes, statistics.interval, statistics.p_best)
