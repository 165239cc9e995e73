"""Votes: check a vote and store it, together with others that wait at the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Literal, NamedTuple

from pydantic import TypeAdapter, ValidationError

from tinyarms.core.errors import ExperimentError, UnwritableFiles, UsageError
from tinyarms.core.ids import check_ids, new_id
from tinyarms.experiments.ballot import Ballot
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.spools import WAITING
from tinyarms.loop.releasing.holdback_check import conclude_holdback
from tinyarms.loop.testing.ballots import check_voter
from tinyarms.loop.testing.next_round import begin_next_round
from tinyarms.loop.testing.storing_votes import VoteRequest, get_to_know, store_votes
from tinyarms.loop.testing.vote_view import VoteView
from tinyarms.store.db.records import BallotRecord

NONE = "none"
"""The choice of a user who wants none of the options."""

_REQUESTS = cache(lambda: TypeAdapter(VoteRequest))
_VIEWS = cache(lambda: TypeAdapter(VoteView))


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
            get_to_know(context, work, ballot.session_id)
    if ballot is None:
        raise ExperimentError(f"There is no ballot {ballot_id}.", "Ask for the next one.")
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
    decided = False

    def write(texts: Sequence[str]) -> list[str | None]:
        nonlocal decided
        posted = [request, *(_request(text) for text in texts[1:])]
        votes = [each for each in posted if each and each.session_id == ballot.session_id]
        stored = store_votes(context, votes, ballot)
        decided = decided or stored.decided
        views = dict(zip(votes, stored.views, strict=True))
        return [_text(views[each]) if each in views else None for each in posted]

    folder, text = context.project.root / WAITING, _REQUESTS().dump_json(request).decode()
    view = _view(context.store.write_together(folder, text, write)) or _view(write([text])[0])
    assert view is not None
    if decided:
        with suppress(UnwritableFiles):
            begin_next_round(context, ballot.skill)
    return view


def _request(text: str) -> VoteRequest | None:
    """What another process wants stored; `None` if it cannot be understood."""
    try:
        return _REQUESTS().validate_json(text)
    except ValidationError:
        return None


def _view(text: str | None) -> VoteView | None:
    """The effect of a vote; `None` if another process, perhaps of another version, has written what
    cannot be understood."""
    try:
        return _VIEWS().validate_json(text or "")
    except ValidationError:
        return None


def _text(view: VoteView | None) -> str | None:
    return None if view is None else _VIEWS().dump_json(view).decode()


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
