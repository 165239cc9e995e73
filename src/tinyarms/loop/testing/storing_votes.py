"""Store votes, assess their live test, and conclude it if it is decided, in one transaction.

If that promotes a variant, the transaction stores the intent of the release, which is then carried
out. So a killed process never leaves a vote without its decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from tinyarms.core.errors import UsageError
from tinyarms.core.ids import derived_id
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_intent import release
from tinyarms.loop.testing.answers import assignment_id_of, with_answers
from tinyarms.loop.testing.asking import why_uncounted
from tinyarms.loop.testing.conclude import Assessment, conclude_within
from tinyarms.loop.testing.live_session import LiveTest, is_single, load_live_test
from tinyarms.loop.testing.vote_view import VoteView, vote_view
from tinyarms.store.db.records import BallotRecord, ResultRecord, TaskRecord, VoteRecord
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


def get_to_know(context: Context, work: UnitOfWork, session_id: str) -> None:
    """Read and assess the answers up to now, so that less is left while nobody else can write."""
    session = work.sessions.find(session_id)
    if session is not None and session.state.counts_votes and not is_single(session):
        load_live_test(work, session, context.known_answers).assess(context.clock())


def store_votes(
    context: Context, requests: Sequence[VoteRequest], ballot: BallotRecord
) -> VotesStored:
    """Store votes in their order, each as if it came alone after the one before it.

    `ballot`: that of the first vote. The others are stored if they belong to the same session, and
    nothing is wrong with them. Safe to repeat. Raises `UsageError` if the id of the first vote
    belongs to another ballot; then nothing is stored.
    """
    first = requests[0]
    with context.store.read() as work:
        get_to_know(context, work, first.session_id)
        ballots = {ballot.id: ballot, **_ballots(work, requests[1:], ballot)}
        tasks = {each.id: work.tasks.get(each.task_id) for each in ballots.values()}
        assigned = work.experiments.chosen_by_id([assignment_id_of(id) for id in ballots])
    arms = {id: assigned.get(assignment_id_of(id)) for id in ballots}
    views, decided = list[VoteView | None](), False
    with release(context, first.skill, may_wait=True) as releasing:
        # Conclude first what is already decided: these votes would come after the end.
        assessment = conclude_within(context, releasing, first.session_id)
        for request in requests:
            on = ballots.get(request.ballot_id)
            try:
                earlier = None if on is None else _blocking_vote(releasing.work, request)
            except UsageError:
                if request is first:
                    raise
                on = None
            if on is None:
                views.append(None)
                continue
            stored = earlier or _store(context, releasing.work, assessment, request, on, tasks)
            if earlier is None:
                test = _test_after(releasing.work, assessment.test, on, stored, arms)
                assessment = replace(assessment, test=test)
                if stored.counted:
                    assessment = conclude_within(context, releasing, first.session_id, test)
                    decided = decided or assessment.conclusion.action != "go_on"
            accepted = earlier is None or _is_same(stored, request)
            views.append(vote_view(on, stored, request.user, accepted, assessment))
    return VotesStored(views, decided)


def _ballots(
    work: UnitOfWork, requests: Sequence[VoteRequest], like: BallotRecord
) -> dict[str, BallotRecord]:
    """The requests' ballots that belong to the session of the ballot `like`, by their ids."""
    found = [work.experiments.ballot(request.ballot_id) for request in requests]
    return {each.id: each for each in found if each and each.session_id == like.session_id}


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
    tasks: Mapping[str, TaskRecord | None],
) -> VoteRecord:
    """Store the vote with its results. `tasks`: ballot's id → its task."""
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
        work.experiments.add_results(_results(test, ballot, tasks[ballot.id], vote))
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


def _blocking_vote(work: UnitOfWork, request: VoteRequest) -> VoteRecord | None:
    """The vote with this id, or the user's vote on the ballot, or the one that counts.

    Raises `UsageError` if the vote with this id belongs to another ballot.
    """
    votes = work.experiments.votes_on(request.ballot_id, request.vote_id)
    same = next((vote for vote in votes if vote.id == request.vote_id), None)
    if same is not None and same.ballot_id != request.ballot_id:
        raise UsageError(
            f"The vote id {request.vote_id} belongs to another ballot.",
            "Make a new id for each vote.",
        )
    own = next((vote for vote in votes if vote.user == request.user), None)
    return same or own or next((vote for vote in votes if vote.counted), None)


def _results(
    test: LiveTest, ballot: BallotRecord, task: TaskRecord | None, vote: VoteRecord
) -> list[ResultRecord]:
    """One result for each option. The task's outcome belongs to the prompt that served it."""
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
