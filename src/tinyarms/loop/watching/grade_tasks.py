"""Grade a sample of a skill's live tasks, in the background.

Nobody waits for it: the daemon does it in its passes, and `tinyarms monitor --once` before its
check. The sample is chosen by a hash of each task's id, so that it depends on nothing that has to
do with the outcome.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tinyarms.core.errors import TinyArmsError
from tinyarms.core.ids import content_hash
from tinyarms.core.quiet_hours import quiet_until
from tinyarms.core.settings import Online
from tinyarms.loop.project.accuracy import WINDOW
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import SILENT, Listener, Progress
from tinyarms.loop.watching.grade import Grader, NoMoney
from tinyarms.monitoring.judge_trust import PAIRS

PER_PASS = 50
"""Most tasks of a skill that one pass grades. Higher: the daemon checks the other skills later."""
_DAY = timedelta(days=1)
"""Only tasks of this last time are sampled. Longer: after an outage or with too low a limit, older
tasks are graded, and what happens now is seen later."""
_NEWEST = 20_000
"""Most tasks of that time of which the sample is drawn, the newest. Higher: a busy skill costs the
database more in each pass."""

_log = logging.getLogger("tinyarms")


@dataclass(frozen=True)
class Graded:
    """What one pass has done."""

    graded: int = 0
    """Tasks that have a grade now, or a reason why they can have none."""
    stopped: str | None = None
    """Why it stopped before the last task, in words; `None`: it graded all that were due."""


def grade_tasks(context: Context, name: str, version: int, listener: Listener = SILENT) -> Graded:
    """Grade tasks of this version of the skill that are in the sample and have no grade yet.

    Does nothing without `online` in the skill's settings, in quiet hours, and where the store can
    only be read. It keeps to `calls_per_day` and `money_per_day`, and ends at the first call that
    the judge does not answer; the next pass goes on. Raises `StoreError` only.
    """
    online = context.skill(name).online
    if online is None or context.store.read_only:
        return Graded()
    grader = Grader(context, context.skill(name).skill, online)
    due = list(_due(context, name, version, online))
    graded = 0
    for task_id, sampled in due:
        if quiet_until(context.project.settings.quiet_hours, context.clock()) is not None:
            return Graded(graded, "The quiet hours have begun.")
        try:
            if not _grade(grader, name, task_id, sampled):
                return Graded(graded, "The limits of this day are reached.")
        except TinyArmsError as error:
            _log.warning("%s: live tasks are not graded now: %s", name, error)
            return Graded(graded, str(error))
        graded += 1
        listener.progress(Progress(f"grades of {name}", graded, len(due)))
    return Graded(graded)


def is_sampled(task_id: str, share: float) -> bool:
    """Whether a task is of the sample.

    Examples
    --------
    >>> from tinyarms.loop.watching.grade_tasks import is_sampled
    >>> sum(is_sampled(f"task {number}", 0.05) for number in range(10_000))
    527
    """
    return int(content_hash(["online", task_id])[:8], 16) / 0x1_0000_0000 < share


def _due(context: Context, name: str, version: int, online: Online) -> Iterator[tuple[str, bool]]:
    """(id, whether it is of the sample) of the tasks to grade now."""
    now, key = context.clock(), online.key
    with context.store.read() as work:
        recent = work.grades.ungraded(name, version, key, now - _DAY, _NEWEST, known=False)
        known: Sequence[str] = ()
        lacking = PAIRS - len(work.grades.pairs(name, key, PAIRS))
        if lacking > 0:
            known = work.grades.ungraded(name, version, key, now - WINDOW, lacking, known=True)
    sample = [task_id for task_id in recent if is_sampled(task_id, online.share)]
    # Half of a pass is for the comparison with people, unless the sample needs less.
    compared = [task_id for task_id in known if not is_sampled(task_id, online.share)]
    n_compared = max(PER_PASS // 2, PER_PASS - len(sample))
    for task_id in compared[:n_compared]:
        yield task_id, False
    for task_id in sample[: PER_PASS - min(n_compared, len(compared))]:
        yield task_id, True


def _grade(grader: Grader, name: str, task_id: str, sampled: bool) -> bool:
    """Grade a task and store it; False if the limits of the day allow no call."""
    context, online = grader.context, grader.online
    with context.store.read() as work:
        spent = work.grades.spent(name, context.clock() - _DAY)
        task = work.tasks.get(task_id)
    if spent.calls >= online.calls_per_day:
        return False
    if task is None:  # Somebody has deleted it meanwhile.
        return True
    limit = online.money_per_day
    try:
        record = grader.grade(task, sampled, None if limit is None else limit - spent.dollars)
    except NoMoney:
        return False
    with context.store.unit_of_work() as work:
        if work.tasks.get(task_id) is not None:
            work.grades.add(record)
    return True
