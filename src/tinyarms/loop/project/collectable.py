"""Examples that no person has reviewed: their form, and what must not become one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from tinyarms.core.privacy.finder import MaskKind
from tinyarms.core.privacy.masking import mask
from tinyarms.skills.example import Example, id_of_inputs
from tinyarms.skills.picture import mask_inputs
from tinyarms.skills.skill import Skill


class Objection(NamedTuple):
    """Why an example is not collected. Empty texts: nothing is against it."""

    private: str
    """Label of the first private part of its right output."""
    guard: str
    """The guard that rejects its text."""


def collected_example(
    skill: Skill, inputs: Mapping[str, str], expected: str, masks: Collection[MaskKind]
) -> Example:
    """An example for searches only, without the private parts of its inputs.

    Raises `ContractViolation` if the skill could never answer so.
    """
    return Example(
        id=id_of_inputs(inputs),
        inputs=mask_inputs(inputs, masks),
        expected=skill.contract.parse(expected),
        split="search",
        origin="collected",
    )


def objection_to(example: Example, masks: Collection[MaskKind]) -> Objection:
    """What is against a collected example."""
    from tinyarms.evolution.guards.collected import example_verdict
    from tinyarms.evolution.guards.rules import ACCEPTED

    private, verdict = mask(example.expected, masks).labels, example_verdict(example)
    return Objection(next(iter(private), ""), "" if verdict == ACCEPTED else verdict)
