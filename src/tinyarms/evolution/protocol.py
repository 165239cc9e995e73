"""The ask/tell protocol: an optimiser asks for model calls and is told the answers."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from tinyarms.evolution.candidate import Candidate, Proposal
from tinyarms.evolution.problem import Problem
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelRequest, Unanswered
from tinyarms.skills.prompt import Prompt


@dataclass(frozen=True)
class Evaluate:
    """Run a candidate's prompt on an example."""

    candidate: Candidate
    prompt: Prompt
    example: Example
    selection: bool = False
    """Whether the example is in the split `selection` rather than `search`."""


@dataclass(frozen=True)
class Write:
    """Ask the writer for text."""

    operator: str
    parents: tuple[str, ...]
    """Ids of the candidates that the operator may use."""
    request: ModelRequest


@dataclass(frozen=True)
class Evaluated:
    """The answer to `Evaluate`."""

    score: float
    """In [0, 1]; 0 for an output that violates the contract."""
    cached: bool
    """Whether the answer came from the cache, without a call."""
    label_logprobs: Mapping[str, float] | None = None
    output: str | None = None
    """The model's output; `None` if it violates the contract."""
    reply: str = ""
    """The model's text, as the contract read it."""
    violation: str = ""
    """How the text violates the contract; empty: it does not."""
    reason: str = ""
    """Why a judge did not give the best score; empty: no judge says it."""
    prompt_tokens: int | None = None
    """Tokens of the request; `None`: not known."""
    ms: float | None = None
    """Milliseconds of the call; `None`: not known."""
    listed: Mapping[str, float] = field(default_factory=dict)
    """Word → its log-probability at the beginning of the answer; empty: not known."""


@dataclass(frozen=True)
class Written:
    """The answer to `Write`."""

    text: str
    call: int | None = None
    """Index of the model call among the session's calls; `None` if calls are not numbered."""


@dataclass(frozen=True)
class Spent:
    """The answer if the budget does not allow the call."""


Request = Evaluate | Write
Answer = Evaluated | Written | Unanswered | Spent
"""`Unanswered`: a call without a result. It says nothing about the candidate."""
Steps = Generator[Sequence[Request], Sequence[Answer], None]


@dataclass(frozen=True)
class Finalist:
    """A candidate that may go to the users, with the search's results."""

    candidate: Candidate
    prompt: Prompt
    fitness: float
    """Mean grade over its `search` and `selection` examples, in [0, 1]."""
    accuracy: float
    """Accuracy on `selection` examples (in the original preset on `search`), in [0, 1]."""
    n: int
    """How many examples `accuracy` is over."""
    fixes: int
    """`search` examples that it gets right and the incumbent gets wrong."""
    breaks: int
    """`search` examples that it gets wrong and the incumbent gets right."""


@dataclass
class Outcome:
    """The results of a search so far; complete once the search has ended."""

    candidates: list[Candidate] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    fitness: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Candidate id → latest fitness in [0, 1], and the number of examples it is over."""
    best: tuple[float, int] | None = None
    """The best candidate's accuracy so far, and the number of examples it is over."""
    incumbent: tuple[float, int] | None = None
    """The incumbent's accuracy on the finalists' examples, and the number of these examples."""
    finalists: list[Finalist] = field(default_factory=list)
    """Best first. If empty at the end, nothing better was found."""
    over_limits: dict[str, str] = field(default_factory=dict)
    """Id of each candidate that costs more than a limit allows → the limit's name."""


class Optimizer(Protocol):
    """A search algorithm: the same problem and answers always give the same requests."""

    @property
    def outcome(self) -> Outcome: ...

    def ask(self) -> Sequence[Request]:
        """The calls to make now; empty once the search has ended. Asking twice changes nothing."""
        ...

    def tell(self, answers: Sequence[Answer]) -> None:
        """Take the answers, in the order of the requests."""
        ...


class StepwiseOptimizer:
    """An optimiser written as one generator that yields requests and is sent the answers."""

    reflects: ClassVar[bool] = False
    """Whether it uses what a capable writer can do."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.outcome = Outcome()
        self._steps = self.search()
        self._asked: Sequence[Request] | None = None

    def search(self) -> Steps:
        """The whole search, from the first request to the last."""
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
