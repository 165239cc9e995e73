"""How search and loop talk: an optimiser asks for model calls and is told what came of them."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tinyarms.evolution.candidate import Candidate, Proposal
from tinyarms.evolution.problem import Problem
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.prompt import Prompt


@dataclass(frozen=True)
class Evaluate:
    """Run a candidate's prompt on an example."""

    candidate: Candidate
    prompt: Prompt
    example: Example
    selection: bool = False
    """On a `selection` example; else on a `search` example."""


@dataclass(frozen=True)
class Write:
    """Ask the writer for text."""

    operator: str
    parents: tuple[str, ...]
    """Ids of the candidates that the operator may draw on."""
    request: ModelRequest


@dataclass(frozen=True)
class Evaluated:
    """The answer to `Evaluate`."""

    score: float
    """In [0, 1]; 0 for an output that violates the contract."""
    cached: bool
    """Known from before: it cost nothing."""
    label_logprobs: Mapping[str, float] | None = None
    output: str | None = None
    """What the model answered; `None` for an output that violates the contract."""


@dataclass(frozen=True)
class Written:
    """The answer to `Write`."""

    text: str


@dataclass(frozen=True)
class Spent:
    """The answer where the budget did not allow the call."""


Request = Evaluate | Write
Answer = Evaluated | Written | Spent
Steps = Generator[Sequence[Request], Sequence[Answer], None]


@dataclass(frozen=True)
class Finalist:
    """A candidate that may go to the users, with what the search knows of it."""

    candidate: Candidate
    prompt: Prompt
    fitness: float
    """Mean graded score over the `search` and `selection` examples it has met, in [0, 1]."""
    accuracy: float
    """On `selection` examples (in the original preset on `search`)."""
    n: int
    fixes: int
    """Search examples it gets right and the incumbent does not."""
    breaks: int
    """Search examples the incumbent gets right and it does not."""


@dataclass
class Outcome:
    """Where a search stands. It grows while the search runs, and is complete at its end."""

    candidates: list[Candidate] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    fitness: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Candidate id → latest fitness in [0, 1] and over how many examples."""
    best: tuple[float, int] | None = None
    """The best candidate's accuracy so far and over how many examples."""
    incumbent: tuple[float, int] | None = None
    """The incumbent's accuracy on the same examples as the finalists', and their number."""
    finalists: list[Finalist] = field(default_factory=list)
    """Best first. Empty at the end: nothing better was found."""


class Optimizer(Protocol):
    """Anything that searches. Deterministic: same problem and answers, same requests."""

    @property
    def outcome(self) -> Outcome: ...

    def ask(self) -> Sequence[Request]:
        """The calls it wants made now; none when it has ended."""
        ...

    def tell(self, answers: Sequence[Answer]) -> None:
        """The answers, in the order of the requests."""
        ...


class StepwiseOptimizer:
    """An optimiser written as one generator that yields requests and is sent the answers."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.outcome = Outcome()
        self._steps = self.search()
        self._asked: Sequence[Request] | None = None

    def search(self) -> Steps:
        """The whole search, told as a story."""
        raise NotImplementedError

    def ask(self) -> Sequence[Request]:
        if self._asked is None:
            self._asked = next(self._steps, ())
        return self._asked

    def tell(self, answers: Sequence[Answer]) -> None:
        try:
            self._asked = self._steps.send(answers)
        except StopIteration:
            self._asked = ()
