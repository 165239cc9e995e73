"""Votes: store a vote, assess its live test, and conclude it if it is decided, in one transaction.

If that promotes a variant, the transaction stores the intent of the release, which is then carried
out. So a killed process never leaves a vote without its decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Literal, NamedTuple

from tinyarms.core.errors import ExperimentError, UnwritableFiles, UsageError
from tinyarms.core.ids import check_ids, derived_id, new_id
from tinyarms.experiments.ballot import Ballot
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.holdback_check import conclude_holdback
from tinyarms.loop.releasing.release_intent import release
from tinyarms.loop.testing.answers import assignment_id_of, outcome_of
from tinyarms.loop.testing.asking import why_uncounted
from tinyarms.loop.testing.ballots import check_voter
from tinyarms.loop.testing.conclude import Assessment, conclude_within
from tinyarms.loop.testing.live_session import LiveTest, is_single, load_live_test
from tinyarms.loop.testing.next_round import begin_next_round
from tinyarms.loop.testing.vote_view import VoteView, vote_view
from tinyarms.store.db.records import BallotRecord, ResultRecord, TaskRecord, VoteRecord
from tinyarms.store.db.repositories.experiments import Answer
from tinyarms.store.db.unit_of_work import UnitOfWork

NONE = "none"
"""The choice of a user who wants none of the options."""


class _Answer(NamedTuple):
    kind: Literal["pick", "skip", "none"]
    position: int | None = None


def vote(
    context: Context,
    ballot_id: str,
    choice: str | None,
    *,
    skill: str | None = None,
    vote_id: str | None = None,
    user: str | None = None,
) -> VoteView:
    """Answer a ballot: `A`, `B` … by position, `none` of these, or `None` to skip.

    A vote is final. If it is sent twice with the same `vote_id`, it counts once. A vote after the
    end, or by a user who is too far ahead of the others or has run too few tasks, is stored but
    does not count, and leaves the ballot to other users. Without a `user`, the vote is that of the
    user for whom the ballot was made. Raises `ExperimentError` if there is no such ballot, and
    `UsageError` for a letter that is not on it, if it has no choice, if it was made for another
    user, or if it does not belong to the given `skill`.
    """
    check_ids(ballot_id=ballot_id, vote_id=vote_id, user=user)
    with context.store.read() as work:
        ballot = work.experiments.ballot(ballot_id)
        has_holdback = ballot is not None and work.holdbacks.open(ballot.skill) is not None
        if ballot is not None and ballot.skill not in context.known_answers:
            _get_to_know(context, work, ballot.session_id)
    if ballot is None:
        raise ExperimentError(f"There is no ballot {ballot_id}.", "Ask for the next one.")
    if skill not in (None, ballot.skill):
        raise UsageError(
            f"The ballot {ballot_id} belongs to {ballot.skill}, not to {skill}.",
            f"tinyarms prompt vote {ballot.skill} --ballot {ballot_id} --choice {choice or 'skip'}",
        )
    check_voter(ballot, user)
    answer, voter = _answer(ballot, choice), user or ballot.user
    own_id, vote_id = vote_id, vote_id or new_id()
    if has_holdback:
        # If this rolls back the prompt under test, the vote comes after the end of the test.
        # The vote does not depend on whether the files can be written.
        with suppress(UnwritableFiles):
            conclude_holdback(context, ballot.skill)
    with context.store.next_to_write():
        with context.store.read() as work:
            _get_to_know(context, work, ballot.session_id)
            task = work.tasks.get(ballot.task_id)
            assigned = work.experiments.chosen_by_id([assignment_id_of(ballot.id)])
        with release(context, ballot.skill, may_wait=True) as releasing:
            # Conclude first what is already decided: this vote would come after the end.
            assessment = conclude_within(context, releasing, ballot.session_id)
            stored, is_new = _store(
                context,
                releasing.work,
                assessment,
                ballot,
                task,
                answer,
                vote_id,
                voter,
            )
            if is_new and stored.counted:
                test = _test_after(releasing.work, assessment.test, ballot, stored, assigned)
                assessment = conclude_within(context, releasing, ballot.session_id, test)
    if is_new and stored.counted and assessment.conclusion.action != "go_on":
        with suppress(UnwritableFiles):
            begin_next_round(context, ballot.skill)
    is_same = stored.id == own_id and _Answer(stored.answer, stored.position) == answer
    return vote_view(ballot, stored, voter, is_new or is_same, assessment)


def _get_to_know(context: Context, work: UnitOfWork, session_id: str) -> None:
    """Read and assess the answers up to now, so that less is left while nobody else can write."""
    session = work.sessions.find(session_id)
    if session is not None and session.state.counts_votes and not is_single(session):
        load_live_test(work, session, context.known_answers).assess(context.clock())


def _answer(ballot: BallotRecord, choice: str | None) -> _Answer:
    if not ballot.has_choice:
        raise UsageError(
            f"The ballot {ballot.id} has no choice: all outputs are the same.",
            "Ask for the next one.",
        )
    if choice is None:
        return _Answer("skip")
    if choice.strip().lower() == NONE:
        return _Answer("none")
    options = {option.position: ballot.at(option.position) for option in ballot.options}
    position = Ballot(ballot.id, ballot.task_id, tuple(options.values())).position(choice)
    return _Answer("pick", position)


def _store(
    context: Context,
    work: UnitOfWork,
    assessment: Assessment,
    ballot: BallotRecord,
    task: TaskRecord | None,
    answer: _Answer,
    vote_id: str,
    user: str | None,
) -> tuple[VoteRecord, bool]:
    """Store the vote with its results. Returns the vote, and whether it is new. If it is not: the
    same vote from before, or the vote that blocks the ballot.

    Raises `UsageError` if the vote's id belongs to another ballot.
    """
    earlier = _blocking_vote(work, ballot, vote_id, user)
    if earlier is not None:
        return earlier, False
    # Decided once, by who votes and when; it never depends on the answer.
    late, now = assessment.conclusion.action != "go_on", context.clock()
    test = assessment.test
    excluded = "late" if late else why_uncounted(work, test.session, user, now, test.answers)
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
        work.experiments.add_results(_results(test, ballot, task, vote))
    return vote, True


def _test_after(
    work: UnitOfWork,
    test: LiveTest,
    ballot: BallotRecord,
    vote: VoteRecord,
    assigned: Mapping[str, str],
) -> LiveTest:
    """The live test after a vote that counts, and was just stored. `assigned`: assignment's id →
    the arm to which the ballot's task was assigned."""
    if is_single(test.session) or any(vote.created_at < before.at for before in test.outcomes[-1:]):
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
    outcome = outcome_of(answer, assigned.get(assignment_id_of(ballot.id)))
    return replace(
        test,
        outcomes=(*test.outcomes, outcome),
        skips=test.skips + (vote.answer == "skip"),
        none_of_these=test.none_of_these + (vote.answer == "none"),
    )


def _blocking_vote(
    work: UnitOfWork, ballot: BallotRecord, vote_id: str, user: str | None
) -> VoteRecord | None:
    """The vote with this id, or the user's vote on the ballot, or the one that counts."""
    votes = work.experiments.votes_on(ballot.id, vote_id)
    same = next((vote for vote in votes if vote.id == vote_id), None)
    if same is not None and same.ballot_id != ballot.id:
        raise UsageError(
            f"The vote id {vote_id} belongs to another ballot.", "Make a new id for each vote."
        )
    own = next((vote for vote in votes if vote.user == user), None)
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
