"""What people look at: stats, results, prompt versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from difflib import unified_diff
from statistics import median

from tinyarms.core.clock import iso
from tinyarms.core.errors import ExperimentError, UsageError
from tinyarms.experiments.offline_gate import wear
from tinyarms.experiments.rule import ArmStatistics, Evidence
from tinyarms.experiments.standings import standings
from tinyarms.loop.project.accuracy import WINDOW, accuracy_of
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import DAEMON, held_by
from tinyarms.loop.project.views import (
    DiffView,
    FailureView,
    ProbeView,
    ResultsView,
    ResultVariant,
    StandingsView,
    StatsView,
    WearView,
)
from tinyarms.loop.releasing.holdback_check import why_suspended
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.searching.cross_skill import inherited_of, sources_of
from tinyarms.loop.searching.operator_stats import operator_views
from tinyarms.loop.searching.screening import judge_view
from tinyarms.loop.testing.conclude import MANUAL, stored_conclusion
from tinyarms.loop.testing.live_session import LiveTest, gate_of, is_open, is_single, load_live_test
from tinyarms.loop.watching.check import hindrance_of, is_left_behind, verdict_on
from tinyarms.monitoring.accuracy import Accuracy
from tinyarms.skills.prompt import PromptVersion, format_prompt_file
from tinyarms.store.db.records import HoldbackRecord, SessionRecord, TaskRecord, VariantRecord
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
        active = work.history.active(name)
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
    assert active is not None
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
        active_since=active.active_from,
        tasks=counts.tasks,
        failures=counts.failures,
        failure_share=counts.failures / counts.tasks if counts.tasks else None,
        uncounted=uncounted,
        violations=counts.violations,
        latency_ms=median(times) if times else None,
        ballots={answer: answers.get(answer, 0) for answer in ("pick", "skip", "none")},
        status=status,
        next=following,
        recent_failures=tuple(_failure(task) for task in failed),
    )


def results(context: Context, name: str) -> ResultsView:
    """The latest evolution session. Changes nothing. Raises `ExperimentError` if there is none."""
    context.skill(name)
    with context.store.read() as work:
        session = work.sessions.latest(name)
        if session is None:
            raise ExperimentError(
                f"{name} has no evolution session yet.",
                f"Start one: tinyarms prompt evolve {name}",
            )
        tested = "rule" in session.settings
        test = load_live_test(work, session) if tested else None
        variants = work.experiments.variants(session.id)
        waiting = sum(b.session_id == session.id for b in work.experiments.waiting(name))
        spent = work.calls.counts(session.id)
        given = Counter(each.variant_id for each in work.experiments.assignments(session.id))
        asked = Counter(
            option.variant_id
            for ballot in work.experiments.ballots(session.id)
            for option in ballot.options
        )
        operators = work.operators.all(session.id)
        test_wear = _test_wear(context, work, name)
    now = context.clock()
    evidence = test.assess(now) if test else None
    conclusion = stored_conclusion(session)
    going_on = test is not None and is_open(session)
    shown = {arm.id for arm in test.shown} if test else set()
    statistics = evidence.statistics if evidence else {}
    return ResultsView(
        session_id=session.id,
        skill=name,
        status=session.status,
        stage=session.stage,
        result=session.result,
        trigger_reason=session.trigger_reason,
        optimizer=session.optimizer,
        triggered_at=session.triggered_at,
        completed_at=session.completed_at,
        winner=conclusion.variant if conclusion.action == "promote" else None,
        spent=spent,
        operators=operator_views(operators),
        judge=judge_view(session),
        learned_from=sources_of(inherited_of(session)),
        probe=ProbeView(**session.settings["probe"]) if "probe" in session.settings else None,
        variants=tuple(
            _variant(
                session,
                variant,
                variant.id in shown,
                statistics,
                asked[variant.id],
                given[variant.id],
            )
            for variant in variants
        ),
        test_wear=test_wear,
        rule=test.rule.name if test else None,
        votes=evidence.votes if evidence else 0,
        skips=test.skips if test else 0,
        none_of_these=test.none_of_these if test else 0,
        excluded=test.excluded if test else {},
        standings=_standings(test, going_on) if test else None,
        votes_needed=evidence.votes_needed if evidence and going_on else None,
        waiting=waiting,
        days_left=test.days_left(now) if test and going_on else None,
        evidence=conclusion.reason or _evidence(test, evidence),
    )


def show(context: Context, name: str, version: int | None = None) -> PromptVersion:
    """A prompt version; without a number the one in production. Raises `UsageError`."""
    active = active_version(context, name)
    if version is None:
        return active
    with context.store.read() as work:
        known = {each.number: each for each in work.versions.all(name)}
    if version not in known:
        raise UsageError(
            f"{name} has no version {version}.", f"It has: {', '.join(map(str, known))}."
        )
    return known[version]


def diff(context: Context, name: str, old: int | None = None, new: int | None = None) -> DiffView:
    """Two versions, line by line: by default the one before the active version, and that one.

    Raises `UsageError` for a version that is not there.
    """
    after = show(context, name, new)
    if old is None:
        old = after.parent
    if old is None:
        raise UsageError(
            f"{name} has no version before {after.number}.", "Say which two: V1 and V2."
        )
    before = show(context, name, old)
    lines = unified_diff(
        format_prompt_file(before.prompt).splitlines(),
        format_prompt_file(after.prompt).splitlines(),
        before.path,
        after.path,
        lineterm="",
    )
    return DiffView(name, before.number, after.number, tuple(lines))


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
    if session is not None and session.status == "active":
        searching = session.stage == "searching" and session.optimizer != MANUAL
        return _status_of_search(context, session) if searching else _status_of(session)
    verdict = verdict_on(context, name, version.number)
    if not skill.evolvable:
        return f"Not evolved: {skill.reason or 'evolvable: false'}", ""
    if verdict.triggered:
        following = hindrance_of(context, name) or _who_searches(context, name, "begins")
        return "Accuracy dropped, evolution is due", following
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
    return "started by hand" if session.trigger_reason == "manual" else "triggered"


def _status_of(session: SessionRecord) -> tuple[str, str]:
    name, why = session.skill, _why(session)
    if session.stage == "searching":
        return f"Evolution {why}, the live test was not begun", "Create the variants again."
    if is_open(session) and is_single(session):
        return (
            f"Evolution {why}, A/B testing in progress",
            "Tasks are served in turn; give feedback on them: tinyarms feedback TASK_ID --success",
        )
    if is_open(session):
        return (
            f"Evolution {why}, A/B testing in progress",
            f"Users choose: tinyarms prompt vote {name}",
        )
    variant = session.settings["decision"]["variant"]
    return (
        f"Evolution {why}, variant {variant} waits for your review",
        f"tinyarms prompt review {name}",
    )


def _variant(
    session: SessionRecord,
    variant: VariantRecord,
    shown: bool,
    statistics: Mapping[str, ArmStatistics],
    asked: int,
    assigned: int,
) -> ResultVariant:
    seen = statistics.get(variant.id)
    gate = gate_of(session, variant.id)
    return ResultVariant(
        id=variant.id,
        letter=variant.variant_letter,
        role=variant.role,
        status=variant.status,
        prompt=variant.prompt.text,
        demonstrations=len(variant.prompt.demonstrations),
        reasoning=variant.reasoning,
        shown=shown,
        votes=seen.votes if seen else 0,
        mean=seen.mean if seen else None,
        interval=seen.interval if seen else None,
        p_best=seen.p_best if seen else None,
        lead=seen.lead if seen else None,
        accuracy=variant.accuracy,
        accuracy_n=variant.accuracy_n,
        gate=gate.reason if gate else None,
        offline=gate,
        asked=asked,
        assigned=assigned,
    )


def _standings(test: LiveTest, going_on: bool) -> StandingsView:
    found = standings(test.rule, test.arms, test.outcomes)
    letters = {variant.id: variant.variant_letter for variant in test.variants.values()}
    return StandingsView(
        leads={letters[arm_id]: leads for arm_id, leads in found.leads.items()},
        promote_at=found.promote_at,
        keep_below=found.keep_below,
        ends=found.ends if going_on else (),
    )


def _evidence(test: LiveTest | None, evidence: Evidence | None) -> str:
    if test is None or evidence is None:
        return "The search has not ended."
    return evidence.reason


def _test_wear(context: Context, work: UnitOfWork, name: str) -> WearView | None:
    examples = work.examples.counts(name)["test"]
    if not examples:
        return None
    gates, prompts = work.examples.test_gates(name)
    return WearView(**asdict(wear(gates, prompts, examples, context.project.settings.alpha)))


def _failure(task: TaskRecord) -> FailureView:
    line = ", ".join(f"{key}: {' '.join(value.split())}" for key, value in task.inputs.items())
    short = line if len(line) <= 80 else line[:79] + "…"
    return FailureView(task.id, short, task.output)
