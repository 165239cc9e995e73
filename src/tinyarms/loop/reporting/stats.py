"""How well a skill does, and what happens next to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from tinyarms.core.errors import ConfigError, ExampleError
from tinyarms.core.text import one_line, shorten
from tinyarms.loop.project.accuracy import WINDOW, accuracy_of
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_sets import ExamplesView, examples_view
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.watching.health import Health
from tinyarms.loop.watching.next_step import next_step
from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.records import TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

_FAILURES = 10
"""Newest failures that are shown."""
_UNCOUNTED = 1000
"""Feedback beyond a user's share that is counted at most, to bound the query."""
_LATENCIES = 1000
"""Newest tasks whose median latency is shown."""


def stats(context: Context, name: str) -> StatsView:
    """How well a skill does: its active version over the last seven days."""
    version = active_version(context, name)
    since = context.clock() - WINDOW
    with context.store.read() as work:
        counts = work.tasks.counts(name, version.number, since)
        times = work.tasks.latencies(name, version.number, since, _LATENCIES)
        best = _best_before(work, version, since)
        failed = [
            task
            for task in work.tasks.recent(name, success=False, limit=_FAILURES)
            if task.prompt_version == version.number and task.created_at >= since
        ]
        answers = work.experiments.answers(name, since)
        agreed = work.experiments.agreement_since(name, since).agreed
        uncounted = work.feedback.uncounted(name, since, _UNCOUNTED)
    now = accuracy_of(counts)
    step = next_step(context, name, version.number)
    examples, problem = _examples(context, name)
    dropped = best is not None and now.value is not None and best > now.value
    return StatsView(
        skill=name,
        accuracy=now.value,
        n=now.n,
        interval=now.interval,
        successes=now.successes,
        down_from=best if dropped else None,
        prompt_version=version.number,
        active_since=version.created_at,
        tasks=counts.tasks,
        failures=counts.failures,
        failure_share=counts.failures / counts.tasks if counts.tasks else None,
        uncounted=uncounted,
        violations=counts.violations,
        latency_ms=median(times) if times else None,
        ballots={answer: answers.get(answer, 0) for answer in ("pick", "skip", "none")},
        agreed=agreed,
        health=step.health,
        status=step.status,
        next=step.next,
        scheduled_at=step.scheduled_at,
        recent_failures=tuple(_failure(task) for task in failed),
        examples=examples,
        examples_problem=problem,
    )


def _examples(context: Context, name: str) -> tuple[ExamplesView | None, str]:
    """Which examples are used; or what is wrong with their file."""
    try:
        return examples_view(context.example_set(context.skill(name).skill, sync=False)), ""
    except (ExampleError, ConfigError) as error:
        return None, str(error)


def _best_before(work: UnitOfWork, version: PromptVersion, since: datetime) -> float | None:
    """The best accuracy known of the version before `since`; if none is, that of the one before."""
    earlier = accuracy_of(work.tasks.counts_before(version.skill, version.number, since)).value
    rows = work.history.all(version.skill)
    known = [value for value in (earlier, rows[-1].accuracy_start) if value is not None]
    if known:
        return max(known)
    return rows[-2].accuracy_end if len(rows) > 1 else None


def _failure(task: TaskRecord) -> FailureView:
    line = ", ".join(f"{key}: {one_line(value)}" for key, value in task.inputs.items())
    return FailureView(task.id, shorten(line, 80), task.output)


@dataclass(frozen=True)
class FailureView:
    """A task that failed."""

    task_id: str
    inputs: str
    """The inputs in one line of at most 80 characters."""
    output: str | None
    """What the model answered; `None` if that broke the contract."""


@dataclass(frozen=True)
class StatsView:
    """How well a skill does: its active version over the last seven days."""

    skill: str
    accuracy: float | None
    """Share of successes among the tasks with a known outcome, in [0, 1]; `None` if there are
    none."""
    n: int
    """Tasks with a known outcome."""
    interval: tuple[float, float] | None
    """95 % interval of the accuracy."""
    successes: int
    """Tasks that were a success."""
    down_from: float | None
    """The best accuracy known before, if it was better; else `None`."""
    prompt_version: int
    active_since: datetime
    """When the version went into production."""
    tasks: int
    """All tasks, with or without an outcome."""
    failures: int
    """Tasks that were a failure."""
    failure_share: float | None
    """Failures among all tasks, whatever their outcome."""
    uncounted: int
    """Feedback that is kept and does not count, because its users are too far ahead of the others
    or have run too few tasks. At most 1,000 are counted."""
    violations: int
    """Outputs that broke the contract."""
    latency_ms: float | None
    """Median milliseconds of the newest 1,000 tasks; `None` if there are none."""
    ballots: Mapping[str, int]
    """Answers to ballots: `pick`, `skip`, `none` (of these)."""
    agreed: int
    """Tasks of a live test on which all options gave the same output: no difference, so nobody was
    asked."""
    health: Health
    """How the skill does."""
    status: str
    """What is going on, in words."""
    next: str
    """What happens next, in words."""
    scheduled_at: datetime | None
    """When the next scheduled evolution is due; `None` without `triggers.schedule`, or for a skill
    that is not evolved."""
    recent_failures: tuple[FailureView, ...]
    """The newest failures."""
    examples: ExamplesView | None = None
    """Which examples are used, and why others are left out; `None` if the file cannot be read."""
    examples_problem: str = ""
    """What is wrong with the examples file; empty if nothing is."""
