"""A skill's performance and its next step."""

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
from tinyarms.loop.watching.online_state import OnlineView, read_online
from tinyarms.loop.watching.readings import known_outcomes
from tinyarms.monitoring.accuracy import Accuracy
from tinyarms.monitoring.baseline import baseline_of
from tinyarms.skills.picture import all_for_people
from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.records import TaskRecord

_FAILURES = 10
"""Most failures that are shown, the newest."""
_UNCOUNTED = 1000
"""Most uncounted feedback that is counted, to bound the query."""
_ENOUGH = 10
"""Outcomes below which an earlier accuracy is mostly chance, so that nothing is "down from" it."""
_BROKEN = 3
"""Most broken contracts that are shown, the newest."""
_LATENCIES = 1000
"""Number of newest tasks for the median latency."""


def stats(context: Context, name: str) -> StatsView:
    """How well a skill does: its active version over the last seven days."""
    version = active_version(context, name)
    since = context.clock() - WINDOW
    with context.store.read() as work:
        counts = work.tasks.counts(name, version.number, since)
        times = work.tasks.latencies(name, version.number, since, _LATENCIES)
        earlier = accuracy_of(work.tasks.counts_before(name, version.number, since))
        failed = [
            task
            for task in work.tasks.recent(name, success=False, limit=_FAILURES)
            if task.prompt_version == version.number and task.created_at >= since
        ]
        broken = (
            work.tasks.broken(name, version.number, since, _BROKEN) if counts.violations else []
        )
        answers = work.experiments.answers(name, since)
        agreed = work.experiments.agreement_since(name, since).agreed
        uncounted = work.feedback.uncounted(name, since, _UNCOUNTED)
        online = context.skill(name).online
        judged = None
        if online is not None:
            judged = read_online(work, name, version.number, online, context.clock())
    now = accuracy_of(counts)
    step = next_step(context, name, version.number)
    examples, problem = _examples(context, name)
    usual = _usual(context, version, earlier)
    dropped = usual is not None and now.value is not None and usual > now.value
    return StatsView(
        skill=name,
        accuracy=now.value,
        n=now.n,
        interval=now.interval,
        successes=now.successes,
        down_from=usual if dropped else None,
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
        broken_contracts=tuple(_failure(task) for task in broken),
        examples=examples,
        examples_problem=problem,
        online=judged,
        waiting=context.standby.spools.length().lines,
    )


def _examples(context: Context, name: str) -> tuple[ExamplesView | None, str]:
    """The used examples, or the error in their file."""
    try:
        return examples_view(context.example_set(context.skill(name).skill, sync=False)), ""
    except (ExampleError, ConfigError) as error:
        return None, str(error)


def _usual(context: Context, version: PromptVersion, earlier: Accuracy) -> float | None:
    """How well users' tasks went with the version before, in [0, 1]; `None`: too few outcomes.

    What was measured on examples is no part of it: it is seldom what users' tasks bring.
    """
    if earlier.n >= _ENOUGH:
        return earlier.value
    with context.store.read() as work:
        outcomes = known_outcomes(work, version.skill, version.number)
    baseline = baseline_of([success for success, _ in outcomes])
    return baseline.value if baseline.n >= _ENOUGH else None


def _failure(task: TaskRecord) -> FailureView:
    inputs = all_for_people(task.inputs)
    line = ", ".join(f"{key}: {one_line(value)}" for key, value in inputs.items())
    return FailureView(task.id, shorten(line, 80), task.output, task.violation)


@dataclass(frozen=True)
class FailureView:
    """A task that failed."""

    task_id: str
    inputs: str
    """The inputs in one line of at most 80 characters."""
    output: str | None
    """The model's output; `None` if it broke the contract."""
    violation: str | None
    """How it broke the contract, with the beginning of what the model said; else `None`."""


@dataclass(frozen=True)
class StatsView:
    """How well a skill does: its active version over the last seven days."""

    skill: str
    accuracy: float | None
    """Success rate of the tasks with a known outcome, in [0, 1]; `None` if there are none."""
    n: int
    """Number of tasks with a known outcome."""
    interval: tuple[float, float] | None
    """95 % interval of the accuracy."""
    successes: int
    """Number of successes."""
    down_from: float | None
    """The accuracy of the same version's tasks before these seven days or, where these are hardly
    any, of its first outcomes, if it was better; else `None`."""
    prompt_version: int
    active_since: datetime
    """When the version went into production."""
    tasks: int
    """Number of tasks, with or without an outcome."""
    failures: int
    """Number of failures."""
    failure_share: float | None
    """Share of failures among all tasks, with or without an outcome."""
    uncounted: int
    """Number, up to 1,000, of stored feedback that does not count because its users are too far
    ahead of the others or have run too few tasks."""
    violations: int
    """Number of outputs that broke the contract."""
    latency_ms: float | None
    """Median latency of the newest 1,000 tasks, in milliseconds; `None` if there are none."""
    ballots: Mapping[str, int]
    """Answers to ballots: `pick`, `skip`, `none` (of these)."""
    agreed: int
    """Number of tasks of a live test on which all options gave the same output, so that nobody was
    asked."""
    health: Health
    """The skill's health."""
    status: str
    """The skill's state in words."""
    next: str
    """The next step in words."""
    scheduled_at: datetime | None
    """When the next scheduled evolution is due; `None` without `triggers.schedule`, or for a skill
    that is not evolved."""
    recent_failures: tuple[FailureView, ...]
    """The newest failures."""
    broken_contracts: tuple[FailureView, ...]
    """The newest tasks whose output broke the contract, whatever came of them."""
    examples: ExamplesView | None = None
    """Which examples are used, and why others are left out; `None` if the file cannot be read."""
    examples_problem: str = ""
    """The error in the examples file; empty if there is none."""
    online: OnlineView | None = None
    """What the judge of its tasks says; `None` without `online` in its settings."""
    waiting: int = 0
    """Number of tasks and pieces of feedback, of all skills, that are not stored yet because the
    database could not be used."""
