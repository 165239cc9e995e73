"""Make an example of a user's correction, for searches to learn from."""

from __future__ import annotations

import logging
from datetime import datetime

from tinyarms.core.errors import ConfigError, ExampleError
from tinyarms.evolution.guards.collected import example_verdict
from tinyarms.evolution.guards.rules import ACCEPTED
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.gold_examples import gold_examples
from tinyarms.skills.example import Example, id_of_inputs
from tinyarms.skills.example_set import have_same_inputs
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
    inputs = dict(task.inputs)
    example = Example(
        id=id_of_inputs(inputs),
        inputs=inputs,
        expected=skill.contract.parse(correction),
        split="search",
        origin="collected",
    )
    if not _sync(context, work, skill, now):
        return
    stored = work.examples.all(skill.name)
    if any(e.origin == "gold" and have_same_inputs(e, example) for e in stored):
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


def _sync(context: Context, work: UnitOfWork, skill: Skill, now: datetime) -> bool:
    """Bring the examples file into the database; False if it cannot be read."""
    if skill.examples is None:
        return True
    try:
        file = gold_examples(context.gold_examples, context.project.root, skill)
    except (ExampleError, ConfigError) as error:
        _log.warning("%s: no correction is collected: %s", skill.name, error)
        return False
    if not file.is_broken:
        work.examples.sync(skill.name, file.rows, now)
    return not file.is_broken
