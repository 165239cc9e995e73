"""What an operator is, and what it is given."""

from __future__ import annotations

import random
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tinyarms.evolution.candidate import Candidate, Draft
from tinyarms.evolution.problem import Problem
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.template import join_frame, split_frame

Writing = Generator[ModelRequest, str, Draft | None]
"""An operator at work: yields requests to the writer, is sent the texts, returns a draft.

`None`: it has nothing to propose for this parent.
"""


@dataclass(frozen=True)
class Material:
    """What an operator may use."""

    problem: Problem
    parent: Candidate
    mate: Candidate
    """Another member of the population; the parent itself where there is no other."""
    demonstration_pool: Sequence[Example]
    """`search` examples that no candidate is evaluated on."""
    rng: random.Random
    ranked: Sequence[Candidate] = ()
    """The living candidates that have been scored, worst first."""
    lineage: Sequence[Candidate] = ()
    """Those that each were the best of their time, oldest first."""
    failures: Sequence[Example] = ()
    """Examples that the parent gets wrong; empty where that is not known."""
    successes: Sequence[tuple[Example, str]] = ()
    """Examples that the parent gets right, with its outputs; empty where that is not known."""
    difficulty: Mapping[str, float] = field(default_factory=dict)
    """Example id → how hard it is for the incumbent, in [0, 1]: 1 less its probability of the right
    answer, or less its score. Examples that are not in it have not been tried."""
    leaning: Mapping[str, float] = field(default_factory=dict)
    """Label → the parent's share of answers less the share that is right, in [−1, 1]."""
    mutation_prompts: Sequence[str] = ()
    """Mutation prompts that have won elsewhere."""

    @property
    def instruction(self) -> str:
        """The parent's instruction, without the frame that holds the inputs."""
        return split_frame(self.parent.prompt.text)[0]

    def with_instruction(self, instruction: str) -> Prompt:
        """The parent's prompt with another instruction, frame and demonstrations kept."""
        frame = split_frame(self.parent.prompt.text)[1]
        return Prompt(join_frame(instruction, frame), self.parent.prompt.demonstrations)


class Operator(Protocol):
    """Makes a draft from a parent."""

    @property
    def name(self) -> str: ...

    def __call__(self, material: Material) -> Writing: ...
