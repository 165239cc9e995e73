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
from tinyarms.models.base import Model
from tinyarms.skills.execution import read_reply
from tinyarms.skills.prompt import Prompt
from tinyarms.store.project.files import write_atomically


@dataclass(frozen=True)
class Found:
    """The prompt that a contestant hands over."""

    prompt: Prompt
    counts: Counts
    note: str = ""


class Contestant(Protocol):
    """A method that searches for a better prompt."""

    @property
    def name(self) -> str: ...

    @property
    def is_ours(self) -> bool: ...

    def find(self, dataset: Dataset, model: Model, calls: int, seed: int, folder: Path) -> Found:
        """Search with at most `calls` task calls. `folder` is empty, for this run only."""
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
    right: tuple[bool, ...]
    """For each held-out example, whether it is a success."""
    note: str

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


def measure(dataset: Dataset, model: Model, prompt: Prompt) -> tuple[bool, ...]:
    """For each held-out example, whether the prompt's answer is a success."""
    scorer = dataset.scorer
    right = []
    for example in dataset.held_out:
        try:
            reply = model.complete(task_request(dataset, prompt, example.inputs["text"]))
        except ModelRejected:  # longer than the model's context
            right.append(False)
            continue
        output = read_reply(dataset.contract, prompt, reply).output
        right.append(output is not None and scorer(example, output) >= 0.5)
    return tuple(right)


def paired_interval(before: Sequence[bool], after: Sequence[bool]) -> tuple[float, float]:
    """95 % interval of the accuracy gained, from the same examples: (low, high) in [−1, 1].

    Wald's interval with one example added to each kind of disagreement (Bonett & Price 2012).
    """
    n = len(before) + 2
    wins = (1 + sum(b > a for a, b in zip(before, after, strict=True))) / n
    losses = (1 + sum(a > b for a, b in zip(before, after, strict=True))) / n
    half = 1.96 * sqrt((wins + losses - (wins - losses) ** 2) / n)
    return max(-1.0, wins - losses - half), min(1.0, wins - losses + half)
