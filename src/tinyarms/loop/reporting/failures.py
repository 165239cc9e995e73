"""A skill's recent failures, grouped by what they share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tinyarms.core.privacy.masking import mask
from tinyarms.core.text import one_line, shorten
from tinyarms.loop.project.accuracy import WINDOW
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.watching.online_state import judge_counts
from tinyarms.monitoring.failure_groups import Failure, FailureGroup, Kind, group_failures
from tinyarms.skills.picture import all_for_people
from tinyarms.store.db.records import TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

_MOST = 500
"""Newest failures that are grouped, and twice as many successes to compare them with. Higher: rarer
groups are found, and the answer takes longer."""
_EXAMPLES = 2
"""Failures of each group that are shown."""
_SHOWN_LETTERS = 200
"""Most characters of an input or output that is shown. Higher: longer answers."""


@dataclass(frozen=True)
class FailureExample:
    """One failure, as it was, with private data masked."""

    task_id: str
    inputs: str
    """The inputs in one line of at most 200 characters."""
    output: str | None
    """The output in one line; `None` if it broke the contract."""
    found_by: str
    """Who called it a failure: `people`, `scorer` or `judge`."""
    why: str | None
    """The right output, the broken contract or the judge's reason; `None`: not known."""


@dataclass(frozen=True)
class FailureGroupView:
    """Failures that share something."""

    kind: Kind
    """`contract`: the same way to break the contract. `confusion`: one output in place of the same
    right one. `word`: a word of the inputs that is in more failures than chance puts there.
    `other`: the rest."""
    shared: str
    """What they share, in words."""
    n: int
    """Number of failures in the group."""
    examples: tuple[FailureExample, ...]
    """The newest two."""


@dataclass(frozen=True)
class FailuresView:
    """The failures of the version in production in the last seven days, grouped."""

    skill: str
    prompt_version: int
    failures: int
    """Number of failures, at most the newest 500 of people and scorers."""
    successes: int
    """Number of successes they were compared with, at most 1,000."""
    groups: tuple[FailureGroupView, ...]
    """Each failure is in one group."""


@dataclass(frozen=True)
class _Found:
    task: TaskRecord
    found_by: str
    why: str | None


def failures(context: Context, name: str) -> FailuresView:
    """Group the skill's recent failures. No model is called."""
    version = active_version(context, name).number
    since = context.clock() - WINDOW
    with context.store.read() as work:
        bad = _recent(work, name, version, since, success=False, limit=_MOST)
        good = _recent(work, name, version, since, success=True, limit=2 * _MOST)
        right = work.feedback.corrections([task.id for task in bad])
        found = [_by_people(task, right.get(task.id)) for task in bad]
        found += _by_judge(context, work, name, version, since)
    found.sort(key=lambda each: (each.task.created_at, each.task.id), reverse=True)
    groups = group_failures(
        [
            Failure(
                each.task.id,
                _masked_inputs(context, each.task),
                each.task.output,
                each.task.violation,
                right.get(each.task.id),
            )
            for each in found
        ],
        [_masked_inputs(context, task) for task in good],
    )
    by_id = {each.task.id: each for each in found}
    views = tuple(_view(context, group, by_id) for group in groups)
    return FailuresView(name, version, len(found), len(good), views)


def _recent(
    work: UnitOfWork, name: str, version: int, since: datetime, *, success: bool, limit: int
) -> list[TaskRecord]:
    return [
        task
        for task in work.tasks.recent(name, success=success, limit=limit)
        if task.prompt_version == version and task.created_at >= since
    ]


def _by_people(task: TaskRecord, right: str | None) -> _Found:
    why = task.violation if right is None else f"Right is: {right}"
    return _Found(task, "scorer" if task.outcome_source == "scorer" else "people", why)


def _by_judge(
    context: Context, work: UnitOfWork, name: str, version: int, since: datetime
) -> list[_Found]:
    """What a judge that counts found bad, and nobody else has judged."""
    online = context.skill(name).online
    if online is None or not judge_counts(work, name, online):
        return []
    found: list[_Found] = []
    for grade in work.grades.since(name, version, online.key, since):
        if len(found) >= _MOST or grade.score is None or grade.score >= online.success_at:
            continue
        task = work.tasks.get(grade.task_id)
        if task is not None and task.success is None:
            found.append(_Found(task, "judge", grade.reason))
    return found


def _masked_inputs(context: Context, task: TaskRecord) -> dict[str, str]:
    kinds = context.project.settings.privacy.mask
    return {key: mask(text, kinds).text for key, text in all_for_people(task.inputs).items()}


def _view(context: Context, group: FailureGroup, found: dict[str, _Found]) -> FailureGroupView:
    kinds = context.project.settings.privacy.mask

    def masked(text: str) -> str:
        return shorten(mask(one_line(text), kinds).text, _SHOWN_LETTERS)

    def example(each: _Found) -> FailureExample:
        inputs = all_for_people(each.task.inputs)
        line = ", ".join(f"{key}: {one_line(value)}" for key, value in inputs.items())
        output = None if each.task.output is None else masked(each.task.output)
        why = None if each.why is None else masked(each.why)
        return FailureExample(each.task.id, masked(line), output, each.found_by, why)

    examples = tuple(example(found[task_id]) for task_id in group.task_ids[:_EXAMPLES])
    return FailureGroupView(group.kind, masked(group.shared), len(group.task_ids), examples)
