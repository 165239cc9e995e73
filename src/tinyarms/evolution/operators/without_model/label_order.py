"""The order in which an instruction names the labels."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import Material, Writing
from tinyarms.skills.contract import Labels

_BETWEEN_LABELS = r"(?:\s*[,/|]\s*(?:(?:or|and)\s+)?|\s+(?:or|and)\s+)"


def in_order(labels: Sequence[str], text: str) -> str:
    """The text with the labels named in this order wherever two or more of them are listed.

    A list that lacks some of the labels has the others in this order.
    """

    def listed(found: re.Match[str]) -> str:
        named = set(_one_of(labels).findall(found.group()))
        ordered = iter([label for label in labels if label in named])
        places = _one_of(labels).findall(found.group())
        if len(places) != len(named):
            return found.group()
        return _one_of(labels).sub(lambda _: next(ordered), found.group())

    label = f"[\"'`*]?{_one_of(labels).pattern}[\"'`*]?"
    return re.sub(f"{label}(?:{_BETWEEN_LABELS}{label})+", listed, text)


def _one_of(labels: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(labels, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


class OrderLabels:
    """The labels are named in another order, which moves a tiny model's preference for some.

    Models lean to what stands at a certain place of a list (Pezeshkpour & Hruschka 2023,
    arXiv 2308.11483); to which, the race finds out.
    """

    name = "order_labels"

    def __call__(self, material: Material) -> Writing:
        contract = material.problem.contract
        if not isinstance(contract, Labels) or len(contract.labels) < 2:
            return None
        order = material.rng.sample(contract.labels, len(contract.labels))
        changed = in_order(order, material.instruction)
        if changed == material.instruction:
            changed = in_order(order[::-1], material.instruction)
        if changed == material.instruction:
            return None
        return Draft(material.with_instruction(changed), material.parent.mutation_prompt)
        yield  # an operator is a generator, even one that asks nothing
