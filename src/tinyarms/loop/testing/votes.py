"""Votes: check a vote and have it stored, together with others that come at the same moment."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal, NamedTuple

from tinyarms.core.errors import UnwritableFiles, UsageError
from tinyarms.core.ids import check_ids, new_id
from tinyarms.experiments.ballot import Ballot
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.spools import WAITING
from tinyarms.loop.releasing.holdback_check import conclude_holdback
from tinyarms.loop.testing.ballots import check_voter
from tinyarms.loop.testing.storing_votes import VoteRequest, no_ballot
from tinyarms.loop.testing.vote_view import VoteView
from tinyarms.loop.testing.vote_writer import VoteWriter, as_text, as_view
from tinyarms.store.db.records import BallotRecord
from tinyarms.store.db.together import write_alone

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
    if ballot is None:
        raise no_ballot(ballot_id)
    if skill not in (None, ballot.skill):
        raise UsageError(
            f"The ballot {ballot_id} belongs to {ballot.skill}, not to {skill}.",
            f"tinyarms prompt vote {ballot.skill} --ballot {ballot_id} --choice {choice or 'skip'}",
        )
    check_voter(ballot, user)
    answer, voter = _answer(ballot, choice), user or ballot.user
    request = VoteRequest(
        skill=ballot.skill,
        session_id=ballot.session_id,
        ballot_id=ballot.id,
        vote_id=vote_id or new_id(),
        answer=answer.kind,
        position=answer.position,
        user=voter,
    )
    if has_holdback:
        # If this rolls back the prompt under test, the vote comes after the end of the test.
        # The vote does not depend on whether the files can be written.
        with suppress(UnwritableFiles):
            conclude_holdback(context, ballot.skill)
    text, writer = as_text(request), VoteWriter(context, ballot.session_id)
    folder = context.project.root / WAITING
    view = as_view(context.store.write_together(folder, text, writer))
    view = view or as_view(write_alone(text, writer))  # It was stored, so this finds it.
    assert view is not None
    return view


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
