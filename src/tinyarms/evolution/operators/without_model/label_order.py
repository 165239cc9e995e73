"""Change the order in which an instruction names the labels."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import OperatorInput, PlainOperator

_BETWEEN_LABELS = r"(?:\s*[,/|]\s*(?:(?:or|and)\s+)?|\s+(?:or|and)\s+)"


def in_order(labels: Sequence[str], text: str) -> str:
    """Reorder every list of two or more labels in the text.

    A list of only some of the labels keeps these labels.
    """

    def reordered(match: re.Match[str]) -> str:
        mentions = _one_of(labels).findall(match.group())
        distinct = set(mentions)
        if len(mentions) != len(distinct):
            return match.group()
        ordered = iter([label for label in labels if label in distinct])
        return _one_of(labels).sub(lambda _: next(ordered), match.group())

    label = f"[\"'`*]?{_one_of(labels).pattern}[\"'`*]?"
    return re.sub(f"{label}(?:{_BETWEEN_LABELS}{label})+", reordered, text)


def _one_of(labels: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(labels, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


class OrderLabels(PlainOperator):
    """Name the labels in another order, which changes a tiny model's preference among them.

    Models prefer options at certain positions of a list (Pezeshkpour & Hruschka 2023, arXiv
    2308.11483). The race decides which order is best.
    """

    name = "order_labels"

    def draft(self, inputs: OperatorInput) -> Draft | None:
        labels = inputs.problem.contract.labels
        if len(labels) < 2:
            return None
        order = inputs.rng.sample(labels, len(labels))
        changed = in_order(order, inputs.instruction)
        if changed == inputs.instruction:
            changed = in_order(order[::-1], inputs.instruction)
        if changed == inputs.instruction:
            return None
        return Draft(inputs.with_instruction(changed), inputs.parent.mutation_prompt)
