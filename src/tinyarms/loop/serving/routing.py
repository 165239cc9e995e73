"""Choose the prompt that serves a task, from a cache in memory to keep it fast.

The cache is refreshed after two seconds, and at once when the prompt file or the config has
changed, or when a PostgreSQL server tells of a release. So a promotion reaches every running
process within that time, and by such a server within a moment.

A task does not wait for a database that is locked or gone: it gets the prompt that was in
production at the last refresh, or else the one in the prompt file, outside of live tests.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tinyarms.core.errors import StoreError
from tinyarms.core.ids import derived_id, derived_random
from tinyarms.experiments.rules.single_mode import draw
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.prompt_cache import CachedPrompt, OpenHoldback, SingleTest, file_stamps
from tinyarms.loop.releasing.holdback_check import ends_at, gets_reference
from tinyarms.loop.releasing.versions import active_version, read_prompt, stored_version
from tinyarms.loop.serving.conclude_in_background import conclude_in_background, single_test
from tinyarms.loop.testing.live_session import is_single, load_live_test
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.store.db.records import (
    AssignmentRecord,
    HoldbackTaskRecord,
    VariantRecord,
)
from tinyarms.store.db.unit_of_work import UnitOfWork

REFRESH_AFTER = timedelta(seconds=2)
"""Age at which a cached prompt is read again. A longer one saves reads, and delays promotions."""
PATIENCE_S = 2.0
"""Seconds that a task waits for the database before it takes the cached prompt."""


@dataclass(frozen=True)
class RoutedPrompt:
    """The prompt of one task."""

    version: PromptVersion
    """The version in production."""
    variant: VariantRecord | None = None
    """In single mode, the variant that serves the task; the incumbent is a variant too."""
    holdback: OpenHoldback | None = None
    """The open holdback, if there is one."""
    asks: bool = False
    """Whether users may be asked about the task: a live test with ballots is open."""
    reference: bool = False
    """Whether the task stays on the prompt before that promotion."""

    @property
    def prompt(self) -> Prompt:
        if self.variant is not None:
            return self.variant.prompt
        return self._version.prompt

    @property
    def prompt_version(self) -> int | None:
        """The version's number; `None` for a challenger, whose outcomes are not the version's."""
        challenger = self.variant is not None and self.variant.role == "challenger"
        return None if challenger else self._version.number

    @property
    def _version(self) -> PromptVersion:
        return (
            self.holdback.reference
            if self.holdback is not None and self.reference
            else self.version
        )

    def holdback_task(self, task_id: str, now: datetime) -> HoldbackTaskRecord | None:
        """The task's row for the holdback, if one is open."""
        if self.holdback is None:
            return None
        return HoldbackTaskRecord(
            holdback_id=self.holdback.record.id,
            task_id=task_id,
            reference=self.reference,
            share=self.holdback.record.rule.share,
            created_at=now,
        )

    @property
    def variant_id(self) -> str | None:
        return None if self.variant is None else self.variant.id


def route_task(context: Context, name: str, task_id: str) -> RoutedPrompt:
    """Choose the prompt for a task, from memory; in single mode, store the assignment.

    After a promotion, a share of the tasks gets the prompt before it (`holdback_check`). The same
    task id has the same assignment in every process. If the assignment cannot be stored, the prompt
    in production serves the task outside of the test. Raises the errors of `active_version` except
    `StoreError`.
    """
    cached = _cached(context, name)
    if cached.holdback is not None:
        reference = gets_reference(cached.holdback.record, task_id)
        asks = cached.asks and not reference
        return RoutedPrompt(
            cached.version, holdback=cached.holdback, asks=asks, reference=reference
        )
    if cached.test is None:
        return RoutedPrompt(cached.version, asks=cached.asks)
    try:
        with context.store.impatient(PATIENCE_S):
            assignment = _assign(context, cached.test, task_id)
    except StoreError as error:
        context.prompt_cache[name] = _cut_off(context, cached, error)
        return RoutedPrompt(cached.version)
    return RoutedPrompt(cached.version, cached.test.variants[assignment.variant_id])


def _cached(context: Context, name: str) -> CachedPrompt:
    cached: CachedPrompt | None = context.prompt_cache.get(name)
    now = context.clock()
    if (
        cached is not None
        and timedelta(0) <= now - cached.refreshed_at < REFRESH_AFTER
        and cached.files == file_stamps(context.project.root, cached.version)
        and cached.news == context.store.news
    ):
        return cached
    try:
        with context.store.impatient(PATIENCE_S):
            cached = _refresh(context, name, cached, now)
    except StoreError as error:
        cached = _cut_off(context, cached or _from_file(context, name), error)
    context.prompt_cache[name] = cached
    return cached


def _cut_off(context: Context, cached: CachedPrompt, error: StoreError) -> CachedPrompt:
    """The entry while the database cannot be read; it is tried again after `REFRESH_AFTER`."""
    number = cached.version.number
    message = "%s: tasks go on with version %d, outside of live tests. %s"
    logging.getLogger("tinyarms").warning(message, cached.version.skill, number, error)
    now, files = context.clock(), file_stamps(context.project.root, cached.version)
    news = context.store.news
    return replace(cached, test=None, asks=False, files=files, refreshed_at=now, news=news)


def _from_file(context: Context, name: str) -> CachedPrompt:
    config = context.skill(name)
    version = PromptVersion(
        skill=name,
        number=config.prompt_version,
        prompt=read_prompt(
            context.project.root / config.prompt_template, config.skill, context.pictures
        ),
        parent=None,
        source="initial",
        created_at=context.clock(),
        path=config.prompt_template,
    )
    files = file_stamps(context.project.root, version)
    return CachedPrompt(version, None, False, None, files, version.created_at)


def _refresh(context: Context, name: str, old: CachedPrompt | None, now: datetime) -> CachedPrompt:
    news = context.store.news
    with context.store.read() as work:
        version = stored_version(context, work, name)
        cached = None if version is None else _read(context, work, version, old, now)
    if cached is None:
        version = active_version(context, name)
        with context.store.read() as work:
            cached = _read(context, work, version, old, now)
    if cached.test is not None or (
        cached.holdback is not None and now >= ends_at(cached.holdback.record)
    ):
        conclude_in_background(context, name)
    return replace(cached, news=news)


def _read(
    context: Context,
    work: UnitOfWork,
    version: PromptVersion,
    old: CachedPrompt | None,
    now: datetime,
) -> CachedPrompt:
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
    holdback = _open_holdback(work, version) if test is None else None
    return CachedPrompt(version, test, tested and test is None, holdback, files, now)


def _open_holdback(work: UnitOfWork, version: PromptVersion) -> OpenHoldback | None:
    record = work.holdbacks.open(version.skill)
    if record is None or record.version != version.number:
        return None
    reference = work.versions.find(version.skill, record.reference)
    return None if reference is None else OpenHoldback(record, reference)


def _assign(context: Context, test: SingleTest, task_id: str) -> AssignmentRecord:
    assignment_id = derived_id("assignment", test.session_id, task_id)
    drawn_arm = draw(test.probabilities, derived_random("arm", test.session_id, task_id))
    with context.store.unit_of_work() as work:
        return work.experiments.add_assignment(
            AssignmentRecord(
                id=assignment_id,
                session_id=test.session_id,
                task_id=task_id,
                variant_id=drawn_arm.arm_id,
                probability=drawn_arm.probability or 0.0,
                created_at=context.clock(),
                probabilities=dict(test.probabilities),
            )
        )
