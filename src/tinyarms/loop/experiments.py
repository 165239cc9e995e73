"""The live test of an evolution session."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tinyarms.loop.context import Context
from tinyarms.loop.evaluations import Caller
from tinyarms.loop.views import BallotView, Conclusion, GateReport, VoteView
from tinyarms.store.records import BallotRecord


def start_experiment(
    context: Context,
    session_id: str,
    *,
    caller: Caller | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> GateReport:
    raise NotImplementedError


def prepare_ballot(
    context: Context, name: str, inputs: Mapping[str, str], task_id: str, user: str | None = None
) -> BallotRecord:
    raise NotImplementedError


def next_ballot(context: Context, name: str, user: str | None = None) -> BallotView | None:
    raise NotImplementedError


def vote(
    context: Context,
    ballot_id: str,
    choice: str | None,
    *,
    vote_id: str | None = None,
    user: str | None = None,
) -> VoteView:
    raise NotImplementedError


def conclude(context: Context, session_id: str) -> Conclusion:
    raise NotImplementedError


def conclude_due(context: Context, name: str) -> list[Conclusion]:
    raise NotImplementedError


def cancel(context: Context, name: str) -> Conclusion:
    raise NotImplementedError
