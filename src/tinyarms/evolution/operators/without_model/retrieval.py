"""Operators that change which remembered examples a prompt shows for each task."""

from __future__ import annotations

from dataclasses import replace

from tinyarms.evolution.candidate import Draft, uncalibrated
from tinyarms.evolution.constants import (
    KEEP_DEMONSTRATIONS_CHANCE,
    NEAREST_FIRST_CHANCE,
    RETRIEVED_OF_LABELS,
    RETRIEVED_OF_TEXTS,
)
from tinyarms.evolution.operators.base import OperatorInput, PlainOperator
from tinyarms.evolution.problem import Problem
from tinyarms.skills.prompt import Prompt, Retrieval


class RetrieveDemonstrations(PlainOperator):
    """Show the nearest remembered examples for each task, instead of the parent's demonstrations or
    after them (Liu et al. 2022, arXiv 2101.06804)."""

    name = "retrieve_demonstrations"

    def draft(self, inputs: OperatorInput) -> Draft | None:
        if inputs.problem.memory is None:
            return None
        rng, parent = inputs.rng, inputs.parent.prompt
        keep = bool(parent.demonstrations) and rng.random() < KEEP_DEMONSTRATIONS_CHANCE
        retrieve = Retrieval(
            demonstrations=rng.choice(_sizes(inputs.problem)),
            nearest_last=rng.random() >= NEAREST_FIRST_CHANCE,
        )
        prompt = uncalibrated(parent, demonstrations=None if keep else ())
        return Draft(replace(prompt, retrieve=retrieve), inputs.parent.mutation_prompt)


def with_memory(problem: Problem) -> Prompt:
    """The incumbent with the usual number of nearest examples as its only demonstrations."""
    retrieve = Retrieval(demonstrations=_sizes(problem)[0])
    return replace(uncalibrated(problem.incumbent, demonstrations=()), retrieve=retrieve)


def _sizes(problem: Problem) -> tuple[int, ...]:
    """Possible numbers of retrieved demonstrations, the usual one first."""
    return RETRIEVED_OF_LABELS if problem.contract.labels else RETRIEVED_OF_TEXTS
