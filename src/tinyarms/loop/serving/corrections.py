"""A correction of a task becomes an example: the inputs with what the user says is right."""

from __future__ import annotations

from datetime import datetime

from tinyarms.core.ids import content_hash
from tinyarms.skills.example import Example, assign_split
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


def collect(
    work: UnitOfWork, skill: Skill, task: TaskRecord, correction: str, now: datetime
) -> None:
    """Keep the correction as an example; a gold example of the same inputs stays as it is.

    The same inputs are the same example, in the same split: an optimiser must not read what the
    gate will ask. Raises `ContractViolation` if the skill could never answer so.
    """
    expected = skill.contract.parse(correction)
    inputs = dict(task.inputs)
    known = [e for e in work.examples.all(skill.name) if dict(e.inputs) == inputs]
    if any(example.origin == "gold" for example in known):
        return
    example = Example(
        id=content_hash(inputs)[:16],
        inputs=inputs,
        expected=expected,
        split=assign_split(inputs),
        origin="collected",
    )
    work.examples.sync(skill.name, [example], now)
