"""What people look at: stats, results, prompt versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from tinyarms.core.clock import iso
from tinyarms.core.text import one_line, shorten
from tinyarms.loop.project.accuracy import WINDOW, accuracy_of
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import DAEMON, held_by
from tinyarms.loop.releasing.holdback_check import why_suspended
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.conclude import stored_conclusion
from tinyarms.loop.testing.live_session import is_single
from tinyarms.loop.watching.check import hindrance_of, is_left_behind, scheduled_at, verdict_on
from tinyarms.monitoring.accuracy import Accuracy
from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.records import HoldbackRecord, SessionRecord, SessionState, TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

_FAILURES = 10
_UNCOUNTED = 1000
_LATENCIES = 1000
"""Over how many of the newest tasks the median latency is."""


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
        session = work.sessions.latest(name)
        answers = work.experiments.answers(name, since)
        held = work.holdbacks.open(name)
        uncounted = work.feedback.over_cap(name, since, _UNCOUNTED)
    now = accuracy_of(counts)
    status, following = _status(context, version, session, held, now)
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
        status=status,
        next=following,
        scheduled_at=scheduled_at(context, name),
        recent_failures=tuple(_failure(task) for task in failed),
    )


def _best_before(work: UnitOfWork, version: PromptVersion, since: datetime) -> float | None:
    """The best accuracy known of the version before `since`; if none is, that of the one before."""
    earlier = accuracy_of(work.tasks.counts_before(version.skill, version.number, since)).value
    rows = work.history.all(version.skill)
    known = [value for value in (earlier, rows[-1].accuracy_start) if value is not None]
    if known:
        return max(known)
    return rows[-2].accuracy_end if len(rows) > 1 else None


def _status(
    context: Context,
    version: PromptVersion,
    session: SessionRecord | None,
    held: HoldbackRecord | None,
    now: Accuracy,
) -> tuple[str, str]:
    """What is going on, and what comes next."""
    name, skill = version.skill, context.skill(version.skill).skill
    if session is not None and session.state.is_open:
        if session.in_search:
            return _status_of_search(context, session)
        return _status_of(session)
    verdict = verdict_on(context, name, version.number)
    if not skill.evolvable:
        return f"Not evolved: {skill.reason or 'evolvable: false'}", ""
    if verdict.triggered:
        following = hindrance_of(context, name) or _who_searches(context, name, "begins")
        return "Accuracy dropped, evolution is due", following
    if verdict.begins_search:
        following = hindrance_of(context, name) or _who_searches(context, name, "begins")
        return "A scheduled evolution is due", following
    if now.value is None:
        return "No outcomes yet", "Give feedback on tasks: tinyarms feedback TASK_ID --success"
    if held is not None:
        doubt = why_suspended(held)
        if doubt is not None:
            said = f"the comparison with version {held.reference} is suspended"
            return f"Version {held.version} is new, {said}", f"{doubt} Find out why."
        return (
            f"Version {held.version} is new, compared with version {held.reference}",
            "It is rolled back by itself if it is credibly worse.",
        )
    if verdict.state == "too_few":
        return "Too few outcomes to judge", verdict.explanation
    if verdict.state == "cooling_down":
        return "Accuracy is low, cooling down", verdict.explanation
    return "Healthy", "Monitoring continues."


def _status_of_search(context: Context, session: SessionRecord) -> tuple[str, str]:
    name, why = session.skill, _why(session)
    if held_by(context, name) is not None:
        return f"Evolution {why}, search in progress", "The best variants go to an A/B test."
    following = f"tinyarms prompt evolve {name}"
    if is_left_behind(session):
        following = hindrance_of(context, name) or _who_searches(context, name, "goes on with")
    return f"Evolution {why}, search interrupted", following


def _who_searches(context: Context, name: str, does: str) -> str:
    """The daemon if one runs, else a person."""
    if held_by(context, DAEMON) is None:
        return f"tinyarms prompt evolve {name}"
    with context.store.read() as work:
        watch = work.watches.get(name)
    if watch is not None and watch.retry_at is not None:
        return f"The daemon tries again at {iso(watch.retry_at)}: {watch.error}"
    return f"The daemon {does} it by itself."


def _why(session: SessionRecord) -> str:
    words = {"manual": "started by hand", "scheduled": "started on schedule"}
    return words.get(session.trigger_reason, "triggered")


def _status_of(session: SessionRecord) -> tuple[str, str]:
    name, why = session.skill, _why(session)
    if session.state is SessionState.READY:
        return f"Evolution {why}, the live test was not begun", "Create the variants again."
    if session.state.counts_votes and is_single(session):
        return (
            f"Evolution {why}, A/B testing in progress",
            "Tasks are served in turn; give feedback on them: tinyarms feedback TASK_ID --success",
        )
    if session.state.counts_votes:
        return (
            f"Evolution {why}, A/B testing in progress",
            f"Users choose: tinyarms prompt vote {name}",
        )
    variant = stored_conclusion(session).variant
    return (
        f"Evolution {why}, variant {variant} waits for your review",
        f"tinyarms prompt review {name}",
    )


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
    """Feedback that is kept and does not count, because its users are too far ahead of the
    others. At most 1,000 are counted."""
    violations: int
    """Outputs that broke the contract."""
    latency_ms: float | None
    """Median milliseconds of the newest 1,000 tasks; `None` if there are none."""
    ballots: Mapping[str, int]
    """Answers to ballots: `pick`, `skip`, `none` (of these)."""
    status: str
    """What is going on, in words."""
    next: str
    """What happens next, in words."""
    scheduled_at: datetime | None
    """When the next scheduled evolution is due; `None` without `triggers.schedule`, or for a skill
    that is not evolved."""
    recent_failures: tuple[FailureView, ...]
    """The newest failures."""
