"""Make an example of a user's correction, for searches to learn from."""

from __future__ import annotations

import logging
from datetime import datetime

from tinyarms.core.errors import ConfigError, ExampleError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.gold_examples import GoldExamples, gold_examples
from tinyarms.skills.example import Example, id_of_inputs
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

_log = logging.getLogger("tinyarms")


def collect(
    context: Context,
    work: UnitOfWork,
    skill: Skill,
    task: TaskRecord,
    correction: str,
    user: str | None,
    now: datetime,
) -> None:
    """Keep a correction as a collected example; gold of the same inputs stays as it is.

    The examples file is brought into the database first, so that its gold is there to be found. If
    it cannot be read, or a guard rejects the text, nothing is collected and the log says why.
    Raises `ContractViolation` if the skill could never answer so.
    """
    from tinyarms.evolution.guards.collected import example_verdict
    from tinyarms.evolution.guards.rules import ACCEPTED

    inputs = dict(task.inputs)
    example = Example(
        id=id_of_inputs(inputs),
        inputs=inputs,
        expected=skill.contract.parse(correction),
        split="search",
        origin="collected",
    )
    file = _file(context, skill)
    if file.is_broken:
        return
    if context.synced_examples.get(skill.name) != file.stamp:
        work.examples.sync(skill.name, file.rows, now)
    stored = work.examples.find(skill.name, example.id)
    if file.has(inputs) or (stored is not None and stored.origin == "gold"):
        return
    verdict = example_verdict(example)
    if verdict == ACCEPTED:
        work.examples.collect(skill.name, example, user, now)
    else:
        _log.warning(
            "%s: the correction of the task %s is not collected: the guard %s rejects it",
            skill.name,
            task.id,
            verdict,
        )


def note_synced(context: Context, skill: str) -> None:
    """Remember that what `collect` has brought into the database is committed."""
    file = context.gold_examples.get(skill)
    if file is not None and not file.is_broken:
        context.synced_examples[skill] = file.stamp


def _file(context: Context, skill: Skill) -> GoldExamples:
    """The examples file; a broken one is logged."""
    if skill.examples is None:
        return GoldExamples(None)
    try:
        return gold_examples(context.gold_examples, context.project.root, skill)
    except (ExampleError, ConfigError) as error:
        _log.warning("%s: no correction is collected: %s", skill.name, error)
        return context.gold_examples[skill.name]
