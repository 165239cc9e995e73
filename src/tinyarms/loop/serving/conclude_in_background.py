"""Decide in the background on a skill's newest promotion and on its test in single mode."""

from __future__ import annotations

from dataclasses import replace

from tinyarms.experiments.rules.single_mode import SingleMode
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.prompt_cache import SingleTest
from tinyarms.loop.releasing.holdback_check import conclude_holdback
from tinyarms.loop.testing.conclude import conclude
from tinyarms.loop.testing.live_session import LiveTest, is_single, load_live_test
from tinyarms.store.db.records import SessionRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


def conclude_in_background(context: Context, name: str) -> None:
    """In the background, decide on the skill's newest promotion and on its test in single mode."""
    if name not in context.concluding:
        context.concluding.add(name)
        context.in_background(lambda: _conclude_or_update(context, name))


def single_test(test: LiveTest) -> SingleTest:
    """What routing needs of the live test, with each variant's present share of the tasks."""
    assert isinstance(test.rule, SingleMode)
    probabilities = test.rule.probabilities(test.arms, test.outcomes)
    return SingleTest(test.session.id, test.variants, probabilities)


def _conclude_or_update(context: Context, name: str) -> None:
    # First, so that outcomes that arrive from now on start another pass.
    context.concluding.discard(name)
    if conclude_holdback(context, name) is not None:
        context.prompt_cache.pop(name, None)
    with context.store.read() as work:
        session = _single_session(work, name)
        test = None if session is None else load_live_test(work, session)
    if test is None:
        return
    if test.assess(context.clock()).state != "go_on":
        conclude(context, test.session.id)
        context.prompt_cache.pop(name, None)
        return
    fresh, cached = single_test(test), context.prompt_cache.get(name)
    if cached is not None and cached.test and cached.test.session_id == fresh.session_id:
        context.prompt_cache[name] = replace(cached, test=fresh)


def _single_session(work: UnitOfWork, name: str) -> SessionRecord | None:
    session = work.sessions.open(name)
    if session is None or not session.state.counts_votes or not is_single(session):
        return None
    return session
