"""Evolve a skill's prompt: search, then start the live test of the best variants.

A run that is killed at any moment and started again gives the same result: every reply is stored
before it counts, and a resumed search gets the stored replies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tinyarms.evolution.protocol import Finalist
from tinyarms.loop.calling.budget import BudgetTracker
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import lease
from tinyarms.loop.project.listener import SILENT, Listener
from tinyarms.loop.project.model_settings import settings_without_effect
from tinyarms.loop.releasing.release_rows import end_session
from tinyarms.loop.searching.answer import EvolveView, answer, result_of
from tinyarms.loop.searching.driver import Search
from tinyarms.loop.searching.estimate import estimate_of
from tinyarms.loop.searching.finalists import complete, store_finalists
from tinyarms.loop.searching.kept_options import kept_options
from tinyarms.loop.searching.limits import limits_text
from tinyarms.loop.searching.prepare import PreparedSearch, prepare
from tinyarms.loop.searching.read_pictures import read_pictures
from tinyarms.loop.searching.request import SearchRequest
from tinyarms.loop.searching.screening import passed, screen
from tinyarms.loop.searching.session import open_session
from tinyarms.loop.searching.thread_tuning import tune_first
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.testing.gate_report import GateReport
from tinyarms.loop.testing.start import start_experiment
from tinyarms.store.db.records import JudgeGrades, SessionState

ONLY_NEW_SEARCHES = (
    "This search resumes with its original prompts; --restart starts a new one with the files."
)


def evolve(context: Context, request: SearchRequest, listener: Listener = SILENT) -> EvolveView:
    """Search for better prompts and start their live test, or resume an unfinished search.

    A resumed search keeps its original settings. Raises the errors of `prepare`, `LeaseHeld` while
    another process works on the skill, `ExperimentError` while a live test runs, and `ModelError`
    if no model answers; the results are stored, and the next call resumes the search.
    """
    prepared = prepare(context, request)
    for warning in settings_without_effect(context.project):
        listener.note(warning)
    with lease(context, request.skill), _waits_told(context, listener):
        conclude_due(context, request.skill)
        search, resumed = begin(context, request, prepared, listener)
        finalists = complete(search, search.run())
        if text := limits_text(search.outcome):
            listener.note(text)
        grades = screen(search, finalists)
        finalists = passed(grades, finalists)
        gate = start_live_test(search, finalists) if finalists else None
        if gate is None:
            end_without_test(search, grades)
    return answer(
        search,
        finalists,
        grades,
        gate,
        prepared.examples,
        resumed=resumed,
        given=prepared.manual,
    )


@contextmanager
def _waits_told(context: Context, listener: Listener) -> Iterator[None]:
    """Tell the listener of waits for rate limits."""
    earlier, context.on_wait = context.on_wait, listener.note
    try:
        yield
    finally:
        context.on_wait = earlier


def begin(
    context: Context, request: SearchRequest, prepared: PreparedSearch, listener: Listener
) -> tuple[Search, bool]:
    """The search of a new or an unfinished session, and whether it resumes.

    The caller holds the skill's lease. Raises the errors of `open_session`.
    """
    usable_ids = {example.id for example in prepared.examples.usable}
    session, resumed = open_session(
        context, prepared.session, request.restart, prepared.manual, usable_ids=usable_ids
    )
    if resumed and (kept := kept_options(request, session)) is not None:
        listener.note(kept)
    if resumed and prepared.manual:
        listener.note(ONLY_NEW_SEARCHES)
    writer, skill = session.search_plan.writer, prepared.skill
    budget = BudgetTracker.at(session.search_plan.prices)
    caller = Caller(context, session.id, skill, prepared.scorer, writer, budget)
    estimate = estimate_of(context, skill, session, prepared.examples)
    listener.estimate(estimate)
    examples = read_pictures(context, skill, prepared.examples.usable, listener)
    tune_first(context, (skill.model, writer), listener)
    search = Search(
        context=context,
        session=session,
        caller=caller,
        examples=examples,
        gate_calls=estimate.test_calls,
        listener=listener,
        force=request.force,
    )
    return search, resumed


def start_live_test(search: Search, finalists: Sequence[Finalist]) -> GateReport:
    """Store the finalists as variants and start their live test. Raises `ModelError`."""
    store_finalists(search, finalists)
    return start_experiment(search.context, search.session.id, search.caller, search.listener)


def end_without_test(search: Search, grades: JudgeGrades | None) -> None:
    """End the session of a search without a variant for a live test."""
    nothing = f"Nothing better was found. {limits_text(search.outcome)}".strip()
    reason = nothing if grades is None else grades.summary
    if search.probe and search.hopeless:
        reason = f"A search was not worth it. {search.probe.reason}"
    if search.contracts.are_nearly_all:
        reason = search.contracts.sentence
    state = SessionState(result_of(search, grades, None))
    with search.context.store.unit_of_work(durable=True) as work:
        end_session(search.context, work, search.session.id, state, reason)
