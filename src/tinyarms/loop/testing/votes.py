"""A vote: stored, and its test assessed and perhaps concluded, in one transaction.

If that promotes a variant, the transaction stores the intent of the release, which is then carried
out. So a process that is killed leaves no vote behind whose consequence nobody has decided.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tinyarms.core.errors import ExperimentError, UnwritableFiles, UsageError
from tinyarms.core.ids import derived_id, new_id
from tinyarms.experiments.ballot import LETTERS, Ballot
from tinyarms.experiments.rule import Evidence
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.holdback_check import conclude_holdback
from tinyarms.loop.releasing.release_intent import release
from tinyarms.loop.testing.asking import why_uncounted
from tinyarms.loop.testing.conclude import Assessment, conclude_within
from tinyarms.loop.testing.live_session import LiveTest
from tinyarms.loop.testing.next_round import begin_next_round
from tinyarms.store.db.records import BallotRecord, ResultRecord, VoteRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

NONE = "none"
"""The choice of a user who wants none of the options."""


class _Answer(NamedTuple):
    kind: Literal["pick", "skip", "none"]
    position: int | None = None


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


def vote(
    context: Context,
    ballot_id: str,
    choice: str | None,
    *,
    vote_id: str | None = None,
    user: str | None = None,
) -> VoteView:
    """Answer a ballot: `A`, `B` … by place, `none` of these, or `None` to skip.

    A vote is final. Sent twice with the same `vote_id` it counts once; one that comes after the
    end, or of a user who is too far ahead of the others or has run too few tasks, is kept but does
    not count, and leaves the ballot to other users. Raises
    `ExperimentError` if there is no such ballot, `UsageError` for a letter that it does not have,
    if it has nothing to choose, or if it was made for another user. Without a
    `user` the vote is that of the user for whom the ballot was made.
    """
    with context.store.read() as work:
        ballot = work.experiments.ballot(ballot_id)
        watched = ballot is not None and work.holdbacks.open(ballot.skill) is not None
    if ballot is None:
        raise ExperimentError(f"There is no ballot {ballot_id}.", "Ask for the next one.")
    if user is not None and ballot.user not in (None, user):
        raise UsageError(
            f"The ballot {ballot_id} was made for another user.",
            "Ask for the next one of your own.",
        )
    answer, voter = _answer(ballot, choice), user or ballot.user
    if watched:
        # If the prompt under test is taken back by this, the vote comes after the test's end.
        # Whether its files can be written is no concern of the vote.
        with suppress(UnwritableFiles):
            conclude_holdback(context, ballot.skill)
    with release(context, ballot.skill, may_wait=True) as releasing:
        # What is decided already is concluded first: this vote would come after the end.
        assessment = conclude_within(context, releasing, ballot.session_id)
        stored, is_new = _store(
            context, releasing.work, assessment, ballot, answer, vote_id or new_id(), voter
        )
        if is_new and stored.counted:
            assessment = conclude_within(context, releasing, ballot.session_id)
    if is_new and stored.counted and assessment.conclusion.action != "go_on":
        with suppress(UnwritableFiles):
            begin_next_round(context, ballot.skill)
    is_same = stored.id == vote_id and _Answer(stored.answer, stored.position) == answer
    return _view(ballot, stored, voter, is_new or is_same, assessment)


def _answer(ballot: BallotRecord, choice: str | None) -> _Answer:
    if not ballot.has_choice:
        raise UsageError(
            f"The ballot {ballot.id} has nothing to choose: all outputs are the same.",
            "Ask for the next one.",
        )
    if choice is None:
        return _Answer("skip")
    if choice.strip().lower() == NONE:
        return _Answer("none")
    options = {option.position: ballot.at(option.position) for option in ballot.options}
    asked = Ballot(ballot.id, ballot.task_id, tuple(options.values()))
    return _Answer("pick", asked.position(choice))


def _store(
    context: Context,
    work: UnitOfWork,
    assessment: Assessment,
    ballot: BallotRecord,
    answer: _Answer,
    vote_id: str,
    user: str | None,
) -> tuple[VoteRecord, bool]:
    """The vote, and whether it is stored now, with its results. If not: the vote sent before, or
    the one that keeps the ballot from taking it.

    Raises `UsageError` if the vote's id belongs to another ballot.
    """
    earlier = _in_the_way(work, ballot, vote_id, user)
    if earlier is not None:
        return earlier, False
    # Settled once, by who votes and when: the answer has no say in it, not even if it is a skip.
    late, now = assessment.conclusion.action != "go_on", context.clock()
    excluded = "late" if late else why_uncounted(work, assessment.test.session, user, now)
    vote = VoteRecord(
        id=vote_id,
        ballot_id=ballot.id,
        answer=answer.kind,
        position=answer.position,
        created_at=now,
        user=user,
        excluded=excluded,
    )
    work.experiments.add_vote(vote)
    if vote.counted and answer.kind == "pick":
        work.experiments.add_results(_results(work, assessment.test, ballot, vote))
    return vote, True


def _in_the_way(
    work: UnitOfWork, ballot: BallotRecord, vote_id: str, user: str | None
) -> VoteRecord | None:
    """The vote with this id, else the user's vote on the ballot, else the one that counts."""
    same = work.experiments.vote(vote_id)
    if same is not None and same.ballot_id != ballot.id:
        raise UsageError(
            f"The vote id {vote_id} belongs to another ballot.", "Make a new id for each vote."
        )
    votes = work.experiments.votes_on(ballot.id)
    own = next((vote for vote in votes if vote.user == user), None)
    return same or own or next((vote for vote in votes if vote.counted), None)


def _results(
    work: UnitOfWork, test: LiveTest, ballot: BallotRecord, vote: VoteRecord
) -> list[ResultRecord]:
    """One for each option. The task's outcome belongs to the prompt that served it."""
    task = work.tasks.get(ballot.task_id)
    success = None if task is None else task.success
    return [
        ResultRecord(
            id=derived_id("result", vote.id, option.variant_id),
            session_id=ballot.session_id,
            variant_id=option.variant_id,
            task_id=ballot.task_id,
            user_choice=option.position == vote.position,
            created_at=vote.created_at,
            task_success=success if test.variants[option.variant_id].role == "incumbent" else None,
        )
        for option in ballot.options
    ]


def _view(
    ballot: BallotRecord,
    stored: VoteRecord,
    voter: str | None,
    accepted: bool,
    assessment: Assessment,
) -> VoteView:
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
