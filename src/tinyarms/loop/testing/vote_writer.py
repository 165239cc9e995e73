"""Write votes that processes post as texts, and answer each with its effect."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import cache

from pydantic import TypeAdapter, ValidationError

from tinyarms.core.errors import TinyArmsError, UnwritableFiles
from tinyarms.loop.project.context import Context
from tinyarms.loop.testing.next_round import begin_next_round
from tinyarms.loop.testing.storing_votes import VoteRequest, get_to_know, store_votes
from tinyarms.loop.testing.vote_view import VoteView

_REQUESTS = cache(lambda: TypeAdapter(VoteRequest))
_VIEWS = cache(lambda: TypeAdapter(VoteView))


class VoteWriter:
    """Stores votes, as the `Writer` of `Store.write_together`."""

    def __init__(self, context: Context, session_id: str) -> None:
        """`session_id`: the session whose votes it keeps up with."""
        self._context, self._session_id = context, session_id
        self._decided = deque[str]()
        """The skills with a live test that one of the votes has decided."""

    def write(self, requests: Sequence[str]) -> list[str | None]:
        """Store votes, those of each session in one transaction; returns their effects.

        Raises the errors of `store_votes` for a vote that comes alone.
        """
        votes = [_request(text) for text in requests]
        views: list[VoteView | None] = [None] * len(votes)
        for session_id in dict.fromkeys(each.session_id for each in votes if each):
            places = [n for n, each in enumerate(votes) if each and each.session_id == session_id]
            stored = self._store([each for n in places if (each := votes[n])], len(votes) == 1)
            for place, view in zip(places, stored, strict=True):
                views[place] = view
        return [None if view is None else _VIEWS().dump_json(view).decode() for view in views]

    def finish(self) -> None:
        """Begin the next rounds of the live tests that were decided."""
        while True:
            try:
                skill = self._decided.popleft()
            except IndexError:
                return
            with suppress(UnwritableFiles):
                begin_next_round(self._context, skill)

    def keep_up(self) -> None:
        with self._context.store.read() as work:
            get_to_know(self._context, work, self._session_id)

    def _store(self, votes: Sequence[VoteRequest], alone: bool) -> Sequence[VoteView | None]:
        try:
            views, decided = store_votes(self._context, votes)
        except TinyArmsError as error:
            if alone:
                raise
            logging.getLogger("tinyarms").debug("%d votes together: %s", len(votes), error)
            return [None] * len(votes)
        if decided:
            self._decided.append(votes[0].skill)
        return views


def as_text(request: VoteRequest) -> str:
    """The request as a line."""
    return _REQUESTS().dump_json(request).decode()


def as_view(text: str) -> VoteView | None:
    """The effect of a vote; `None` if another process, perhaps of another version, has written what
    cannot be understood."""
    try:
        return _VIEWS().validate_json(text)
    except ValidationError:
        return None


def _request(text: str) -> VoteRequest | None:
    """What another process wants stored; `None` if it cannot be understood."""
    try:
        return _REQUESTS().validate_json(text)
    except ValidationError:
        return None
