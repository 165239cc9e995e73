"""A skill's accuracy over time, with the moments at which its prompt changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tinyarms.loop.project.accuracy import accuracy_of, live_accuracy
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.skills.prompt import Source
from tinyarms.store.db.repositories.tasks import TaskCounts

POINTS = 30
"""About how many points a course has. Higher: finer, and each point has a wider interval."""
LONGEST_DAYS = 3650
"""Most days that a course goes back."""


@dataclass(frozen=True)
class CoursePoint:
    """The tasks of some days, whichever version of the prompt served them."""

    begins: datetime
    ends: datetime
    """The first moment after these days."""
    tasks: int
    """Number of tasks, with or without a known outcome."""
    n: int
    """Number of tasks with a known outcome."""
    successes: int
    """Number of successes."""
    accuracy: float | None
    """Share of successes among known outcomes, in [0, 1]; `None` if there are none."""
    interval: tuple[float, float] | None
    """95 % interval of the accuracy."""


@dataclass(frozen=True)
class CourseRelease:
    """A version of the prompt that went into production."""

    version: int
    at: datetime
    source: Source
    """Where its text comes from: `initial`, `manual`, `evolution`, `rollback` or `refresh`."""


@dataclass(frozen=True)
class CourseView:
    """A skill's accuracy over time."""

    skill: str
    days: int
    """How many days it goes back."""
    days_a_point: int
    """How many days are one point."""
    points: tuple[CoursePoint, ...]
    """Oldest first; days without a task are left out."""
    releases: tuple[CourseRelease, ...]
    """The versions that went into production in these days, oldest first."""
    version: int
    """Number of the version in production."""
    n: int
    """Number of its tasks of the last seven days with a known outcome."""
    accuracy: float | None
    """Their share of successes, in [0, 1]; `None` if there are none."""
    interval: tuple[float, float] | None
    """95 % interval of that share."""


def course(context: Context, name: str, days: int = 30) -> CourseView:
    """The accuracy of the last `days` days, from 1 to 3,650. It reads hourly sums, no tasks."""
    days = max(1, min(days, LONGEST_DAYS))
    version, now = active_version(context, name).number, context.clock()
    step = max(1, days // POINTS)
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    count = -(-days // step)
    first = midnight + timedelta(days=1) - timedelta(days=count * step)
    with context.store.read() as work:
        hours = work.tasks.hours(name, first)
        sources = {each.number: each.source for each in work.versions.all(name)}
        rows = work.history.all(name)
        live = live_accuracy(work, name, version, now)
    sums: dict[int, TaskCounts] = defaultdict(lambda: TaskCounts(0, 0, 0, 0))
    for hour, _, counts in hours:
        place = (hour - first) // timedelta(days=step)
        sums[place] = sums[place].plus(counts)
    return CourseView(
        skill=name,
        days=days,
        days_a_point=step,
        points=tuple(
            _point(first + timedelta(days=place * step), step, counts)
            for place, counts in sorted(sums.items())
        ),
        releases=tuple(
            CourseRelease(row.version, row.active_from, sources[row.version])
            for row in rows
            if row.active_from >= first
        ),
        version=version,
        n=live.n,
        accuracy=live.value,
        interval=live.interval,
    )


def _point(begins: datetime, days: int, counts: TaskCounts) -> CoursePoint:
    known = accuracy_of(counts)
    return CoursePoint(
        begins=begins,
        ends=begins + timedelta(days=days),
        tasks=counts.tasks,
        n=known.n,
        successes=known.successes,
        accuracy=known.value,
        interval=known.interval,
    )
