"""The three kinds of operators, and their input."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from tinyarms.evolution.abilities import Ability
from tinyarms.evolution.candidate import Candidate, Draft, uncalibrated
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.row_result import RowResult
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.template import join_frame, split_frame

Writing = Generator[ModelRequest, str, Draft | None]
"""Yields requests to the writer, is sent its texts, and returns a draft.

`None`: the operator has nothing to propose for this parent.
"""
Reflecting = Generator[ModelRequest, str, Sequence[Draft]]
"""Like `Writing`, with several drafts of one reply; empty: it has nothing to propose."""


def _no_results(candidate: Candidate) -> Sequence[RowResult]:
    return ()


@dataclass(frozen=True)
class OperatorInput:
    """The data that an operator may use."""

    problem: Problem
    parent: Candidate
    second_parent: Candidate
    """Another member of the population; the parent itself if there is none."""
    demonstration_pool: Sequence[Example]
    """`search` examples that no candidate is evaluated on."""
    rng: random.Random
    ranked: Sequence[Candidate] = ()
    """The scored candidates of the population, worst first."""
    lineage: Sequence[Candidate] = ()
    """The candidates that have taken the lead, oldest first."""
    failures: Sequence[Example] = ()
    """Examples that the parent gets wrong; empty if not known."""
    successes: Sequence[tuple[Example, str]] = ()
    """Examples that the parent gets right, with its outputs; empty if not known."""
    difficulty: Mapping[str, float] = field(default_factory=dict)
    """Example id → how hard it is for the incumbent, in [0, 1]: 1 minus its probability of the
    right answer, or minus its score. Untried examples are absent."""
    label_bias: Mapping[str, float] = field(default_factory=dict)
    """Label → its share of the parent's answers minus its share of the right ones, in [−1, 1]."""
    mutation_prompts: Sequence[str] = ()
    """Mutation prompts that won in other skills' searches."""
    results: Callable[[Candidate], Sequence[RowResult]] = _no_results
    """A candidate's results on the `search` examples that it has run on, in the order of the race,
    which is the same for all."""

    @property
    def instruction(self) -> str:
        """The parent's instruction, without the frame that holds the inputs."""
        return self.parent.instruction

    def with_instruction(self, instruction: str) -> Prompt:
        """The parent's prompt with another instruction; frame, demonstrations and memory stay."""
        frame = split_frame(self.parent.prompt.text)[1]
        return uncalibrated(self.parent.prompt, text=join_frame(instruction, frame))


class PlainOperator(ABC):
    """Makes a draft without a model."""

    name: ClassVar[str]

    @abstractmethod
    def draft(self, inputs: OperatorInput) -> Draft | None:
        """The draft; `None` if there is nothing to propose for this parent."""


class WriterOperator(ABC):
    """Makes a draft from the writer's text."""

    name: ClassVar[str]

    @abstractmethod
    def write(self, inputs: OperatorInput) -> Writing:
        """Call the writer, once or more, and return the draft."""


class ReflectiveOperator(ABC):
    """Makes several drafts at once, which quote rows, from one reply of a capable writer."""

    name: ClassVar[str]
    needs: ClassVar[Ability]
    """What the writer must be able to do."""

    @abstractmethod
    def reflect(self, inputs: OperatorInput) -> Reflecting:
        """Call the writer once and return the drafts of its reply.

        A reply without a proposal gives one draft without quotes, which counts as a try and which
        the guards reject.
        """


Operator = PlainOperator | WriterOperator | ReflectiveOperator
