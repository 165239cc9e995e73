"""Choose the prompt that serves a task, from a cache in memory to keep it fast.

The cache is refreshed after two seconds, and at once when the prompt file or the config has
changed, or when a PostgreSQL server tells of a release. So a promotion reaches every running
process within that time, and by such a server within a moment. While tasks come, the thread that
writes them refreshes it after one second, and no task has to.

No task waits for a database that is locked, hangs or is gone: it gets the prompt that was in
production at the last refresh, else its copy on disk, else the one in the prompt file, outside of
live tests.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tinyarms.core.errors import StoreError
from tinyarms.core.ids import derived_id, derived_random
from tinyarms.experiments.rules.single_mode import draw
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.prompt_cache import CachedPrompt, OpenHoldback, SingleTest, file_stamps
from tinyarms.loop.releasing.holdback_check import ends_at, gets_reference
from tinyarms.loop.releasing.versions import active_version, stored_version
from tinyarms.loop.serving.cached_prompt import read_entry
from tinyarms.loop.serving.conclude_in_background import conclude_in_background
from tinyarms.loop.serving.copied_prompt import without_database
from tinyarms.loop.serving.spooling import begin_returning
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.store.db.records import (
    AssignmentRecord,
    HoldbackTaskRecord,
    VariantRecord,
)

REFRESH_AFTER = timedelta(seconds=2)
"""Age at which a cached prompt is read again. A longer one saves reads, and delays promotions."""
_RENEW_AFTER = timedelta(seconds=1)
"""Age at which the thread that writes tasks reads it again, so that no task has to. A longer one
saves reads, and more tasks find it too old."""
PATIENCE_S = 0.25
"""Longest wait in seconds of one task for the database, after which no task waits for it until it
has answered. Higher: a slow moment of the database costs no fresh prompt, and one task waits."""
FIRST_PATIENCE_S = 2.0
"""The same for the first task of a skill in a process, which takes the copy on disk after it."""


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
    test = cached.test
    try:
        assignment = context.standby.writing.ask(
            lambda: _assign(context, test, task_id), PATIENCE_S
        )
    except StoreError as error:
        begin_returning(context)
        context.prompt_cache[name] = _cut_off(context, cached, error)
        return RoutedPrompt(cached.version)
    return RoutedPrompt(cached.version, test.variants[assignment.variant_id])


def _cached(context: Context, name: str) -> CachedPrompt:
    cached = context.prompt_cache.get(name)
    if cached is not None and _is_fresh(context, cached):
        return cached

    def refresh() -> CachedPrompt:
        fresh = _refresh(context, name, context.prompt_cache.get(name), context.clock())
        context.prompt_cache[name] = fresh
        return fresh

    def read_here() -> CachedPrompt | None:
        fresh = _reread(context, name, cached, context.clock())
        if fresh is not None:
            context.prompt_cache[name] = fresh
        return fresh

    reading = context.standby.reading
    if not reading.answers:
        reading.attempt(refresh)
    try:
        if reading.answers and context.store.reads_at_once:
            fresh = reading.ask(read_here, PATIENCE_S, here=True)
            if fresh is not None:
                return fresh
        return reading.ask(refresh, FIRST_PATIENCE_S if cached is None else PATIENCE_S)
    except StoreError as error:
        cut_off = _cut_off(context, cached or without_database(context, name), error)
    context.prompt_cache[name] = cut_off
    return cut_off


def renew_if_due(context: Context, name: str) -> None:
    """Read the cached prompt again before it is so old that a task has to. For the thread that
    writes tasks."""
    cached = context.prompt_cache.get(name)
    if cached is None or cached.cut_off or context.clock() - cached.refreshed_at < _RENEW_AFTER:
        return
    with suppress(StoreError), context.store.impatient(PATIENCE_S):
        fresh = _reread(context, name, cached, context.clock())
        if fresh is not None and context.prompt_cache.get(name) is cached:
            context.prompt_cache[name] = fresh


def _is_fresh(context: Context, cached: CachedPrompt) -> bool:
    age = context.clock() - cached.refreshed_at
    return (
        timedelta(0) <= age < REFRESH_AFTER
        and cached.files == file_stamps(context.project.root, cached.version)
        and cached.news == context.store.news
    )


def _cut_off(context: Context, cached: CachedPrompt, error: StoreError) -> CachedPrompt:
    """The entry while the database cannot be read; it is tried again after `REFRESH_AFTER`."""
    number = cached.version.number
    # What was told when the project was opened is not told again for each skill.
    if not cached.cut_off and error.message not in context.standby.outage:
        message = "%s: tasks go on with version %d, outside of live tests. %s"
        logging.getLogger("tinyarms").warning(message, cached.version.skill, number, error)
    now, files = context.clock(), file_stamps(context.project.root, cached.version)
    news = context.store.news
    return replace(
        cached, test=None, asks=False, files=files, refreshed_at=now, news=news, cut_off=True
    )


def _reread(
    context: Context, name: str, old: CachedPrompt | None, now: datetime
) -> CachedPrompt | None:
    """The entry anew, where that takes nothing but reads; else `None`."""
    if old is None:
        return None
    news = context.store.news
    with context.store.read_now() as work:
        version = stored_version(context, work, name)
        if version is None or not context.standby.copies.has(version):
            return None
        return _with_background(context, read_entry(context, work, version, old, now), news, now)


def _refresh(context: Context, name: str, old: CachedPrompt | None, now: datetime) -> CachedPrompt:
    news = context.store.news
    with context.store.read_now() as work:
        version = stored_version(context, work, name)
        cached = None if version is None else read_entry(context, work, version, old, now)
    if cached is None:
        version = active_version(context, name)
        with context.store.read_now() as work:
            cached = read_entry(context, work, version, old, now)
    return _with_background(context, cached, news, now)


def _with_background(
    context: Context, cached: CachedPrompt, news: int, now: datetime
) -> CachedPrompt:
    """The entry, after what is due has begun in the background."""
    if not context.standby.spools.is_empty:
        begin_returning(context)  # Another process may have left it.
    if cached.test is not None or (
        cached.holdback is not None and now >= ends_at(cached.holdback.record)
    ):
        conclude_in_background(context, cached.version.skill)
    return replace(cached, news=news)


def _assign(context: Context, test: SingleTest, task_id: str) -> AssignmentRecord:
    drawn_arm = draw(test.probabilities, derived_random("arm", test.session_id, task_id))
    with context.store.impatient(PATIENCE_S), context.store.write_now() as work:
        return work.experiments.add_assignment(
            AssignmentRecord(
                id=derived_id("assignment", test.session_id, task_id),
                session_id=test.session_id,
                task_id=task_id,
                variant_id=drawn_arm.arm_id,
                probability=drawn_arm.probability or 0.0,
                created_at=context.clock(),
                probabilities=dict(test.probabilities),
            )
        )
