"""Store rows as collected examples, which no gate reads before a person's review."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from tinyarms.core.errors import ContractViolation, ExampleError
from tinyarms.core.ids import AGENT
from tinyarms.loop.project.collectable import collected_example, objection_to
from tinyarms.loop.project.context import Context
from tinyarms.skills.example import Example, id_of_inputs
from tinyarms.skills.skill import Skill
from tinyarms.store.db.unit_of_work import UnitOfWork


def objections(context: Context, skill: Skill | None) -> Callable[[Mapping[str, str], str], str]:
    """What is against a row as a collected example, in words; empty: nothing.

    `skill`: `None` if it is being made.
    """
    masks = context.project.settings.privacy.mask
    taken = set() if skill is None else _answered_by_others(context, skill)

    def objection(inputs: Mapping[str, str], expected: str) -> str:
        if not expected:
            return "it has no expected output, so only a person can add it"
        if id_of_inputs(inputs) in taken:
            return "somebody else has given another answer to its inputs"
        example = Example(id_of_inputs(inputs), inputs, expected, "search", "collected")
        private, guard = objection_to(example, masks)
        if private:
            return f"its expected output has a private part ({private})"
        return f"the guard {guard} rejects it" if guard else ""

    return objection


def known_examples(context: Context, skill: Skill) -> list[Example]:
    """Every example of the skill, used or left out; those of the file are in the database then."""
    found = context.example_set(skill)
    groups = (found.usable, *found.left_out.values())
    return list({example.id: example for group in groups for example in group}.values())


def store_collected(
    context: Context, work: UnitOfWork, skill: Skill, lines: Sequence[str], user: str
) -> None:
    """Store rows of an examples file as collected examples of this user."""
    masks, now = context.project.settings.privacy.mask, context.clock()
    for line in lines:
        row = json.loads(line)
        try:
            example = collected_example(skill, row["inputs"], row["expected"], masks)
        except ContractViolation as error:
            raise ExampleError(f"{skill.name}: {error.message}") from error
        work.examples.collect(skill.name, example, user, now)


def _answered_by_others(context: Context, skill: Skill) -> set[str]:
    """The ids of inputs to which somebody other than an agent has given an answer."""
    known = known_examples(context, skill)
    with context.store.read() as work:
        by_agents = {r.example.id for r in work.examples.records(skill.name) if r.user == AGENT}
    mine = {e.id for e in known if e.origin == "collected" and e.id in by_agents}
    return {id_of_inputs(e.inputs) for e in known if e.id not in mine}
