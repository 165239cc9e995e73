"""Read what the cache of prompts holds of a skill."""

from __future__ import annotations

from datetime import datetime

from tinyarms.loop.project.context import Context
from tinyarms.loop.project.prompt_cache import CachedPrompt, OpenHoldback, SingleTest, file_stamps
from tinyarms.loop.releasing.prompt_copy import copy_prompt
from tinyarms.loop.serving.conclude_in_background import single_test
from tinyarms.loop.testing.live_session import is_single, load_live_test
from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.unit_of_work import UnitOfWork


def read_entry(
    context: Context,
    work: UnitOfWork,
    version: PromptVersion,
    old: CachedPrompt | None,
    now: datetime,
) -> CachedPrompt:
    """The entry of a skill whose version in production is this one. `old`: the one before it."""
    files = file_stamps(context.project.root, version)
    session = work.sessions.open(version.skill)
    tested = session is not None and session.state.counts_votes
    if session is None or not tested or session.base_version != version.number:
        test, tested = None, False
    elif not is_single(session):
        test = None
    elif old and old.test and old.test.session_id == session.id:
        test = old.test
    else:
        test = single_test(load_live_test(work, session))
    if test is not None and not _all_approved(context, work, version.skill, test):
        test = None
    holdback = _open_holdback(context, work, version) if test is None else None
    if not context.store.read_only:
        copy_prompt(context, work, version)
    return CachedPrompt(version, test, tested and test is None, holdback, files, now)


def _all_approved(context: Context, work: UnitOfWork, name: str, test: SingleTest) -> bool:
    """Whether tasks may be served by all prompts of a test in single mode."""
    needed, prompts = context.skill(name).needs_approval, test.variants.values()
    return not needed or all(work.approvals.is_approved(name, each.prompt.hash) for each in prompts)


def _open_holdback(
    context: Context, work: UnitOfWork, version: PromptVersion
) -> OpenHoldback | None:
    record = work.holdbacks.open(version.skill)
    if record is None or record.version != version.number:
        return None
    name = version.skill
    reference = work.versions.find(name, record.reference)
    if reference is None:
        return None
    needs = context.skill(name).needs_approval
    if needs and not work.approvals.is_approved(name, reference.prompt.hash):
        return None
    return OpenHoldback(record, reference)
