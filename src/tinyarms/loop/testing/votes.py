"""A vote: stored for good first, then the test is assessed and, if it is decided, concluded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from tinyarms.core.errors import ExperimentError, UsageError
from tinyarms.core.ids import derived_id, new_id
from tinyarms.experiments.ballot import LETTERS, Ballot
from tinyarms.experiments.voter_cap import within_weight
from tinyarms.loop.project.accuracy import WINDOW
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_intent import settled
from tinyarms.loop.testing.conclude import conclude_due, stored_conclusion
from tinyarms.loop.testing.live_session import load_live_test
from tinyarms.store.db.records import BallotRecord, ResultRecord, SessionRecord, VoteRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

NONE = "none"
"""The choice of a user who wants none of the options."""


class _Answer(NamedTuple):
    kind: Literal["pick", "skip", "none"]
    position: int | None = None


@dataclass(frozen=True)
class Bar:
    """How often users picked what this option stands for."""

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
    """False: this ballot already has another vote."""
    counted: bool
    """Whether the vote counts."""
    excluded: Literal["late", "over_cap"] | None
    """Why it does not count: `late` (the test had ended) or `over_cap` (its user is too far
    ahead of the others)."""
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
    end, or of a user who is too far ahead of the others, is kept but does not count. Raises
    `ExperimentError` if there is no such ballot, `UsageError` for a letter that it does not have.
    """
    with context.store.read() as work:
        ballot = work.experiments.ballot(ballot_id)
    if ballot is None:
        raise ExperimentError(f"There is no ballot {ballot_id}.", "Ask for the next one.")
    answer = _answer(ballot, choice)
    # What is decided already is concluded first: this vote would come after the end.
    conclude_due(context, ballot.skill)
    accepted = _record(context, ballot, answer, vote_id or new_id(), user)
    conclude_due(context, ballot.skill)
    with context.store.read() as work:
        return _view(context, work, ballot, accepted)


def _answer(ballot: BallotRecord, choice: str | None) -> _Answer:
    if choice is None:
        return _Answer("skip")
    if choice.strip().lower() == NONE:
        return _Answer("none")
    asked = Ballot(ballot.id, ballot.task_id, tuple(o.variant_id for o in ballot.options))
    return _Answer("pick", asked.order.index(asked.pick(choice)))


def _record(
    context: Context, ballot: BallotRecord, answer: _Answer, vote_id: str, user: str | None
) -> bool:
    """Store it with its results. False if the ballot has another answer."""
    with settled(context, ballot.skill) as work:
        session = work.sessions.get(ballot.session_id)
        user = user or ballot.user
        record = VoteRecord(
            id=vote_id,
            ballot_id=ballot.id,
            answer=answer.kind,
            position=answer.position,
            created_at=context.clock(),
            user=user,
            excluded=_why_excluded(work, session, answer, user or ""),
        )
        if work.experiments.add_vote(record):
            if record.counted and answer.kind == "pick":
                work.experiments.add_results(_results(work, ballot, record))
            return True
        stored = work.experiments.vote_of(ballot.id)
    if stored is None:
        raise UsageError(
            f"The vote id {vote_id} belongs to another ballot.", "Make a new id for each vote."
        )
    return stored.id == vote_id and _Answer(stored.answer, stored.position) == answer


def _why_excluded(
    work: UnitOfWork, session: SessionRecord, answer: _Answer, user: str
) -> Literal["late", "over_cap"] | None:
    """Settled once, by who votes and when: what is picked has no say in whether it counts."""
    if not session.state.counts_votes:
        return "late"
    if answer.kind != "pick":
        return None
    plan = session.live_test_plan
    picks = {user: 0} | work.experiments.picks_by_user(session.id, plan.started_at - WINDOW)
    others = sum(picks.values()) - picks[user]
    counts = within_weight(picks[user], others, len(picks), plan.limits.max_votes_ahead)
    return None if counts else "over_cap"


def _results(work: UnitOfWork, ballot: BallotRecord, vote: VoteRecord) -> list[ResultRecord]:
    """One for each option. The task's outcome belongs to the prompt that served it."""
    task = work.tasks.get(ballot.task_id)
    roles = {v.id: v.role for v in work.experiments.variants(ballot.session_id)}
    return [
        ResultRecord(
            id=derived_id("result", vote.id, option.variant_id),
            session_id=ballot.session_id,
            variant_id=option.variant_id,
            task_id=ballot.task_id,
            user_choice=option.position == vote.position,
            created_at=vote.created_at,
            task_success=task.success if task and roles[option.variant_id] == "incumbent" else None,
        )
        for option in ballot.options
    ]


def _view(context: Context, work: UnitOfWork, ballot: BallotRecord, accepted: bool) -> VoteView:
    session, stored = work.sessions.get(ballot.session_id), work.experiments.vote_of(ballot.id)
    assert stored is not None
    conclusion = stored_conclusion(session)
    evidence = load_live_test(work, session).assess(context.clock())
    over = conclusion.action != "go_on"
    return VoteView(
        ballot_id=ballot.id,
        accepted=accepted,
        counted=accepted and stored.counted,
        excluded=stored.excluded if accepted else None,
        standings=tuple(
            Bar(
                letter=LETTERS[option.position],
                share=found.votes / evidence.votes if evidence.votes else None,
                votes=found.votes,
                interval=found.interval if evidence.votes else None,
                p_best=found.p_best if evidence.votes else None,
            )
            for option in ballot.options
            for found in [evidence.statistics[option.variant_id]]
        ),
        votes=evidence.votes,
        votes_needed=0 if over else evidence.votes_needed,
        decision=conclusion.action if over else None,
        reason=conclusion.reason if over else evidence.reason,
        promoted_version=conclusion.promoted_version,
    )
