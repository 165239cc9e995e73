"""Prune raw tasks, feedback, votes and model calls that are older than `retention_days`.

Sums and history stay: `task_counts`, each session's spending, sessions, variants, candidates,
operators, prompt versions, promotions and their results. Collected examples stay, and so do rows
that are still read, whatever their age:

- a skill's open session, and its latest one, which may still be promoted by hand;
- everything since an open session or holdback began;
- of the version in production, the tasks that its baseline and the rules in use read, and those
  whose grades the baseline of each of its judges reads;
- the newest answers to ballots, which the signals read.

Memories are deleted once nothing names them, whatever their age (`prune_memories`).

Rows are deleted in small batches, each in a separate unit of work. After each batch it waits as
long as the batch took, so that others can write. After a kill, the next call continues.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tinyarms.loop.housekeeping.prune_memories import prune_memories
from tinyarms.loop.project.context import Context
from tinyarms.loop.searching.pricing import prices_of
from tinyarms.loop.watching.readings import FIRST, NEWEST
from tinyarms.monitoring.signals import JUDGED_BASELINE
from tinyarms.store.db.records import SessionRecord
from tinyarms.store.db.repositories.retention import SESSION_TABLES, PrunableRows
from tinyarms.store.db.unit_of_work import UnitOfWork

BATCH = 200


@dataclass(frozen=True)
class Pruned:
    """Numbers of deleted rows, or in a dry run of rows that would be deleted."""

    before: datetime | None
    """Rows older than this were pruned; `None`: nothing is ever pruned."""
    task_history: int = 0
    """Rows of the table `task_history`."""
    feedback: int = 0
    """Rows of the table `feedback`."""
    evaluations: int = 0
    """Rows of the table `evaluations`."""
    model_calls: int = 0
    """Rows of the table `model_calls`."""
    unanswered_calls: int = 0
    """Rows of the table `unanswered_calls`."""
    assignments: int = 0
    """Rows of the table `assignments`."""
    ab_test_results: int = 0
    """Rows of the table `ab_test_results`."""
    ballots: int = 0
    """Rows of the table `ballots`, with their votes."""
    holdback_tasks: int = 0
    """Rows of the table `holdback_tasks`."""
    memories: int = 0
    """Memories that no prompt version, open search or live test names."""
    memory_bytes: int = 0
    """Bytes of the content of these memories."""

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def counts(self) -> Mapping[str, int]:
        """Table → number of its rows."""
        others = ("before", "memory_bytes")
        return {name: value for name, value in vars(self).items() if name not in others}


def prune(context: Context, *, dry_run: bool = False) -> Pruned:
    """Prune by `retention_days`, for all present and former skills; `dry_run` only counts.

    Safe to kill and to repeat. Raises `StoreError`.
    """
    days = context.project.settings.retention_days
    if days is None:
        return Pruned(None)
    before = context.clock() - timedelta(days=days)
    pruned: Counter[str] = Counter()
    with context.store.read() as work:
        skills = work.retention.skills()
    for skill in skills:
        _prune_skill(context, skill, before, pruned, dry_run)
    with context.store.read() as work:
        forgotten = work.retention.feedback(before)
    _prune_rows(context, forgotten, pruned, dry_run)
    prune_memories(context, pruned, dry_run)
    return Pruned(before, **pruned)


def _prune_skill(
    context: Context, skill: str, before: datetime, pruned: Counter[str], dry_run: bool
) -> None:
    with context.store.read() as work:
        sessions = _over(work, skill, before)
        needed = _needed_tasks(work, skill)
        tasks = work.retention.tasks(skill, _begins(work, skill, before))
        groups: list[PrunableRows] = []
        for session in sessions:
            groups += [work.retention.of_session(table, session.id) for table in SESSION_TABLES]
            groups.append(work.retention.ballots(skill, session.id, NEWEST))
        groups += [
            work.retention.tasks_of_holdback(holdback.id)
            for holdback in work.holdbacks.all(skill)
            if holdback.ended_at is not None and holdback.ended_at < before
        ]
    if not dry_run:
        for session in sessions:
            with context.store.unit_of_work() as work:
                work.calls.sum_up(session.id, prices_of(context, session))
    _prune_rows(context, tasks, pruned, dry_run, needed)
    for group in groups:
        _prune_rows(context, group, pruned, dry_run)


def _over(work: UnitOfWork, skill: str, before: datetime) -> list[SessionRecord]:
    """Sessions whose raw rows are no longer read."""
    latest = work.sessions.latest(skill)
    return [
        session
        for session in (
            *work.sessions.all(skill),
            *work.sessions.refreshes(skill),
            *work.sessions.evaluations(skill),
        )
        if session.state.is_terminal
        and session.completed_at is not None
        and session.completed_at < before
        and (latest is None or session.id != latest.id)
    ]


def _begins(work: UnitOfWork, skill: str, before: datetime) -> datetime:
    """The time from which on all tasks stay."""
    going_on = [each.triggered_at for each in work.sessions.all(skill) if each.state.is_open]
    holdback = work.holdbacks.open(skill)
    return min([before, *going_on, *([holdback.began_at] if holdback else [])])


def _needed_tasks(work: UnitOfWork, skill: str) -> set[str]:
    """Ids of tasks that stay whatever their age."""
    latest, active = work.sessions.latest(skill), work.history.active(skill)
    needed = set() if latest is None else work.retention.task_ids(latest.id)
    if active is not None:
        read = work.tasks.first_and_newest
        tasks = read(skill, active.version, FIRST, NEWEST, known=True)
        since = active.active_from
        tasks += read(skill, active.version, FIRST, NEWEST, known=False, since=since)
        needed |= {task.id for task in tasks}
        for judge in work.grades.judges(skill, active.version):
            grades = work.grades.of_version(skill, active.version, judge, JUDGED_BASELINE, NEWEST)
            needed |= {grade.task_id for grade in grades}
    return needed


def _prune_rows(
    context: Context,
    group: PrunableRows,
    pruned: Counter[str],
    dry_run: bool,
    needed: Collection[str] = (),
) -> None:
    for keys in _batches(context, group, needed):
        pruned[group.table.name] += len(keys)
        if group.table.name == "task_history":
            with context.store.read() as work:
                pruned["feedback"] += work.retention.feedback_on(keys)
        if dry_run:
            continue
        began = time.monotonic()
        with context.store.unit_of_work() as work:
            work.retention.prune(group, keys)
        time.sleep(time.monotonic() - began)


def _batches(context: Context, group: PrunableRows, needed: Collection[str]) -> Iterator[list[str]]:
    after = None
    while True:
        with context.store.read() as work:
            rows = work.retention.batch(group, after, BATCH)
        if not rows:
            return
        after = rows[-1]
        keys = [row.key for row in rows if row.key not in needed]
        if keys:
            yield keys
