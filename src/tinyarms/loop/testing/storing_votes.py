"""Store votes, assess their live test, and conclude it if it is decided, in one transaction.

If that promotes a variant, the transaction stores the intent of the release, which is then carried
out. So a killed process never leaves a vote without its decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from tinyarms.core.errors import ExperimentError, UsageError
from tinyarms.core.ids import derived_id
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_intent import release
from tinyarms.loop.testing.answers import assignment_id_of, with_answers
from tinyarms.loop.testing.asking import why_uncounted
from tinyarms.loop.testing.conclude import Assessment, conclude_within
from tinyarms.loop.testing.live_session import LiveTest, is_single, load_live_test
from tinyarms.loop.testing.vote_view import VoteView, vote_view
from tinyarms.store.db.records import BallotRecord, ResultRecord, VoteRecord
from tinyarms.store.db.repositories.experiments import Answer
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class VoteRequest:
    """A vote that was checked and is to be stored."""

    skill: str
    session_id: str
    ballot_id: str
    vote_id: str
    answer: Literal["pick", "skip", "none"]
    position: int | None
    """The option that is picked."""
    user: str | None


class VotesStored(NamedTuple):
    """What became of votes that were stored together."""

    views: list[VoteView | None]
    """One for each; `None`: it was not stored, and has to be alone."""
    decided: bool
    """Whether one of them decided the live test."""


def store_votes(context: Context, requests: Sequence[VoteRequest]) -> VotesStored:
    """Store votes of one session in their order, each as if it came alone after the one before it.

    Safe to repeat. Of several votes, those that cannot be stored are left out. Raises
    `ExperimentError` if there is no ballot for a vote that comes alone, and `UsageError` if its id
    belongs to another ballot; then nothing is stored.
    """
    [session_id] = {request.session_id for request in requests}
    skill, alone = requests[0].skill, len(requests) == 1
    with context.store.read() as work:
        get_to_know(context, work, session_id)
        asked = work.experiments.ballots_by_id([each.ballot_id for each in requests])
        ballots = {ballot.id: ballot for ballot in asked if ballot.session_id == session_id}
        successes = work.tasks.successes([ballot.task_id for ballot in ballots.values()])
        assigned = work.experiments.chosen_by_id([assignment_id_of(id) for id in ballots])
    if alone and not ballots:
        raise no_ballot(requests[0].ballot_id)
    arms = {id: assigned.get(assignment_id_of(id)) for id in ballots}
    views, decided = list[VoteView | None](), False
    with release(context, skill, may_wait=True) as releasing:
        # Conclude first what is already decided: these votes would come after the end.
        assessment = conclude_within(context, releasing, session_id)
        votes = releasing.work.experiments.votes_on(
            list(ballots), [request.vote_id for request in requests]
        )
        for request in requests:
            on = ballots.get(request.ballot_id)
            try:
                earlier = None if on is None else _blocking_vote(votes, request)
            except UsageError:
                if alone:
                    raise
                on = None
            if on is None:
                views.append(None)
                continue
            stored = earlier or _store(context, releasing.work, assessment, request, on, successes)
            if earlier is None:
                votes.append(stored)
                test = _test_after(releasing.work, assessment.test, on, stored, arms)
                assessment = replace(assessment, test=test)
                if stored.counted:
                    assessment = conclude_within(context, releasing, session_id, test)
                    decided = decided or assessment.conclusion.action != "go_on"
            accepted = earlier is None or _is_same(stored, request)
            views.append(vote_view(on, stored, request.user, accepted, assessment))
    return VotesStored(views, decided)


def no_ballot(ballot_id: str) -> ExperimentError:
    return ExperimentError(f"There is no ballot {ballot_id}.", "Ask for the next one.")


def get_to_know(context: Context, work: UnitOfWork, session_id: str) -> None:
    """Read and assess the answers up to now, so that less is left while nobody else can write."""
    session = work.sessions.find(session_id)
    if session is not None and session.state.counts_votes and not is_single(session):
        load_live_test(work, session, context.known_answers).assess(context.clock())


def _is_same(stored: VoteRecord, request: VoteRequest) -> bool:
    """Whether the stored vote is the requested one, stored before."""
    return (stored.id, stored.answer, stored.position) == (
        request.vote_id,
        request.answer,
        request.position,
    )


def _store(
    context: Context,
    work: UnitOfWork,
    assessment: Assessment,
    request: VoteRequest,
    ballot: BallotRecord,
    successes: Mapping[str, bool | None],
) -> VoteRecord:
    """Store the vote with its results. `successes`: task's id → its outcome."""
    # Decided once, by who votes and when; it never depends on the answer.
    late, now = assessment.conclusion.action != "go_on", context.clock()
    test = assessment.test
    excluded = (
        "late" if late else why_uncounted(work, test.session, request.user, now, test.answers)
    )
    vote = VoteRecord(
        id=request.vote_id,
        ballot_id=ballot.id,
        answer=request.answer,
        position=request.position,
        created_at=now,
        user=request.user,
        excluded=excluded,
    )
    work.experiments.add_vote(vote)
    if vote.counted and vote.answer == "pick":
        work.experiments.add_results(_results(test, ballot, successes.get(ballot.task_id), vote))
    return vote


def _test_after(
    work: UnitOfWork,
    test: LiveTest,
    ballot: BallotRecord,
    vote: VoteRecord,
    arms: Mapping[str, str | None],
) -> LiveTest:
    """The live test after a vote that was just stored. `arms`: ballot's id → the arm to which its
    task was assigned."""
    known = test.answers
    if known is None or any(vote.created_at < before.at for before in test.outcomes[-1:]):
        return load_live_test(work, test.session)
    answer = Answer(
        sequence=0,
        id=vote.id,
        ballot_id=ballot.id,
        answer=vote.answer,
        position=vote.position,
        user=vote.user,
        excluded=vote.excluded,
        at=vote.created_at,
        shown=tuple((option.position, option.variant_id) for option in ballot.options),
    )
    known = with_answers(known, [answer], arms)
    return replace(
        test,
        outcomes=known.outcomes,
        skips=known.skips,
        none_of_these=known.none_of_these,
        excluded=known.excluded,
        answers=known,
    )


def _blocking_vote(votes: Sequence[VoteRecord], request: VoteRequest) -> VoteRecord | None:
    """Of the stored votes that with this id, or the user's on the ballot, or the one that counts.

    Raises `UsageError` if the vote with this id belongs to another ballot.
    """
    same = next((vote for vote in votes if vote.id == request.vote_id), None)
    if same is not None and same.ballot_id != request.ballot_id:
        raise UsageError(
            f"The vote id {request.vote_id} belongs to another ballot.",
            "Make a new id for each vote.",
        )
    on_ballot = [vote for vote in votes if vote.ballot_id == request.ballot_id]
    own = next((vote for vote in on_ballot if vote.user == request.user), None)
    return same or own or next((vote for vote in on_ballot if vote.counted), None)


def _results(
    test: LiveTest, ballot: BallotRecord, success: bool | None, vote: VoteRecord
) -> list[ResultRecord]:
    """One result for each option. The task's outcome belongs to the prompt that served it."""
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
