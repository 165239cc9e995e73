"""A contestant's run and its stored result: one row, in one file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from typing import Any, Protocol

from search.counter import Counts
from search.dataset import Dataset, task_request
from search.progress import note
from tinyarms.core.errors import ModelRejected
from tinyarms.memory.memory import Memory
from tinyarms.memory.recall import recalled
from tinyarms.models.base import Model
from tinyarms.skills.example import Example
from tinyarms.skills.execution import read_reply
from tinyarms.skills.prompt import Prompt
from tinyarms.store.project.files import write_atomically

Answer = Callable[[Example], str | None]
"""From a held-out example to an output; `None`: there is none that keeps the contract."""


class CannotRun(Exception):
    """What a contestant needs is not installed, or it broke the rules."""


@dataclass(frozen=True)
class Found:
    """What a contestant hands over."""

    prompt: Prompt | None
    """`None` if it answers without a language model."""
    counts: Counts
    note: str = ""
    answer: Answer | None = None
    """How it answers a held-out example; `None`: by the prompt, which is the same for all."""
    memory: Memory | None = None
    """What the prompt remembers; `None`: it has no memory."""


class Contestant(Protocol):
    """A method that gets better answers for a data set, most of them by a better prompt."""

    @property
    def name(self) -> str: ...

    @property
    def code(self) -> str:
        """Hash of the code that decides its figures, as `code_hash` makes it."""
        ...

    @property
    def is_random(self) -> bool:
        """Whether its result depends on the seed; if not, it runs once, as seed 0."""
        ...

    @property
    def needs_model(self) -> bool:
        """Whether a language model answers the held-out examples."""
        ...

    @property
    def takes_calls(self) -> bool:
        """Whether it makes task calls; if not, its budget is 0 whatever the others have."""
        ...

    def fits(self, dataset: Dataset) -> bool:
        """Whether it can run on the data set."""
        ...

    def find(self, dataset: Dataset, model: Model, calls: int, seed: int, folder: Path) -> Found:
        """Use at most `calls` task calls. `folder` is empty, for this run only.

        Raises `CannotRun`.
        """
        ...


@dataclass(frozen=True)
class Row:
    """A finished run."""

    dataset: str
    contestant: str
    seed: int
    budget: int
    task_calls: int
    writer_calls: int
    seconds: float
    """Wall time; stored replies take none."""
    prompt: dict[str, Any]
    """Empty if no language model answers."""
    right: tuple[bool, ...]
    """For each held-out example, whether it is a success."""
    note: str
    tokens: int = 0
    """Read and written in its task and writer calls."""

    @property
    def accuracy(self) -> float:
        return sum(self.right) / len(self.right)

    def write(self, path: Path) -> None:
        """Write the file completely or not at all."""
        write_atomically(path, json.dumps(asdict(self), ensure_ascii=False))

    @staticmethod
    def read(path: Path) -> Row:
        """The inverse of `write`."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return Row(**{**data, "right": tuple(data["right"])})


def once(path: Path, make: Callable[[], Row]) -> Row:
    """The row in this file; if there is none, it is made and stored."""
    if path.exists():
        return Row.read(path)
    row = make()
    row.write(path)
    note(f"  {row.accuracy:.3f} held out, {row.task_calls} task calls, {row.seconds:.0f} s")
    return row


def measure(
    dataset: Dataset, model: Model, prompt: Prompt, memory: Memory | None = None
) -> tuple[bool, ...]:
    """For each held-out example, whether the prompt's answer is a success.

    `memory`: what the prompt remembers; `None`: it has no memory.
    """

    def answer(example: Example) -> str | None:
        shown = prompt if memory is None else recalled(prompt, memory, example.inputs)
        return answered(dataset, model, shown, example)

    return measure_answers(dataset, answer)


def measure_answers(dataset: Dataset, answer: Answer) -> tuple[bool, ...]:
    """For each held-out example, whether the answer is a success."""
    scorer = dataset.scorer
    outputs = ((example, answer(example)) for example in dataset.held_out)
    return tuple(
        output is not None and scorer(example, output) >= dataset.success_at
        for example, output in outputs
    )


def answered(dataset: Dataset, model: Model, prompt: Prompt, example: Example) -> str | None:
    """The model's output for an example; `None` if it breaks the contract or is too long."""
    try:
        reply = model.complete(task_request(dataset, prompt, example.inputs))
    except ModelRejected:  # longer than the model's context
        return None
    return read_reply(dataset.contract, prompt, reply).output


def paired_interval(before: Sequence[bool], after: Sequence[bool]) -> tuple[float, float]:
    """95 % interval of the accuracy gained, from the same examples: (low, high) in [−1, 1].

    Wald's interval with one example added to each kind of disagreement (Bonett & Price 2012).
    """
    n = len(before) + 2
    wins = (1 + sum(b > a for a, b in zip(before, after, strict=True))) / n
    losses = (1 + sum(a > b for a, b in zip(before, after, strict=True))) / n
    half = 1.96 * sqrt((wins + losses - (wins - losses) ** 2) / n)
    return max(-1.0, wins - losses - half), min(1.0, wins - losses + half)
