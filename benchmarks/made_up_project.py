"""A real project on disk (SQLite, files, settings) with a simulated model and users."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tinyarms.core.errors import BadReply, GateInterrupted
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.feedback import FeedbackResult, feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.create import create_variants
from tinyarms.loop.testing.gate_report import GateReport
from tinyarms.skills.execution import ModelReply, ModelRequest

SKILL, MODEL = "feeling", "made-up"
LABELS = ("good", "bad")
TEST, SEARCH, SELECTION = 100, 40, 20
"""Gold examples of each split. The offline gate runs with 100 held-out ones at least."""
CORRECTED = 1000
"""The number of the first text that a user corrects; these texts are not gold examples."""
OUTAGE_CALLS = 20
"""Calls in a row that fail in an outage: enough to end a run, so that the gate must resume."""
_INCUMBENT, _CHALLENGER = "Good or bad?", "Bad or good, what do you think?"
_CONFIG = f"""\
models: {{{MODEL}: {{kind: replay, model: {MODEL}, recording: replies.jsonl}}}}
skills:
  {SKILL}:
    description: Say what the writer feels.
    prompt_template: skills/feeling.md
    model: {MODEL}
    inputs: [text]
    output: {{labels: [{", ".join(LABELS)}]}}
    scorer: labels
    examples: examples.jsonl
"""


def right(number: int) -> str:
    """The right answer for the text of this number."""
    return LABELS[number % 2]


def wrong(number: int) -> str:
    return LABELS[1 - number % 2]


def number_of(text: str) -> int:
    """The number of the last text in the request."""
    return int(re.findall(r"comment (\d+)", text)[-1])


@dataclass
class MadeUpModel:
    """Right with a probability that depends on the prompt; it can have an outage.

    For a corrected text, the challenger answers as the correction says.
    """

    seed: int
    accuracies: tuple[float, float]
    """Of the incumbent and the challenger on gold, in [0, 1]."""
    corrections: dict[int, str] = field(default_factory=dict)
    fails: Callable[[int], bool] = lambda call: False
    """Whether the call of this number (1 is the first) fails."""
    calls: int = 0
    name: str = MODEL
    slots: int = 1

    def complete(self, request: ModelRequest) -> ModelReply:
        self.calls += 1
        if self.fails(self.calls):
            raise BadReply("The server is away.")
        is_challenger = _CHALLENGER in request.messages[0].content
        return ModelReply(self.answer(is_challenger, request.messages[-1].content), 20, 1, 5.0)

    def answer(self, is_challenger: bool, text: str) -> str:
        """Its answer to the incumbent's or the challenger's prompt with this text."""
        number = number_of(text)
        if is_challenger and number in self.corrections:
            return self.corrections[number]
        drawn = random.Random(f"{self.seed} {is_challenger} {number}").random()
        is_right = drawn < self.accuracies[is_challenger]
        return right(number) if is_right else wrong(number)

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class SteadyClock:
    """Advances by a minute at each reading."""

    now: datetime = datetime(2024, 9, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


def make_project(root: Path) -> None:
    """Write the project's files; its skill has a scorer and enough gold for the offline gate."""
    files = {
        "config.yaml": _CONFIG,
        "skills/feeling.md": f"{_INCUMBENT}\n",
        "challenger.md": f"{_CHALLENGER}\n",
        "replies.jsonl": "",
        "examples.jsonl": "".join(_gold()),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def _gold() -> list[str]:
    splits = ["test"] * TEST + ["search"] * SEARCH + ["selection"] * SELECTION
    rows = [
        {"inputs": {"text": f"comment {n}"}, "expected": right(n), "split": split}
        for n, split in enumerate(splits)
    ]
    return [json.dumps(row) + "\n" for row in rows]


def open_with(root: Path, model: MadeUpModel) -> Context:
    """Open the project; `model` answers."""
    context = open_project(root, {}, SteadyClock())
    context._models[MODEL] = model
    return context


def correct(context: Context, number: int, user: str, answer: str) -> FeedbackResult:
    """A user runs a task on the text of this number and reports its right output."""
    task = run(context, SKILL, {"text": f"comment {number}"}, task_id=f"t{number}", user=user)
    return feedback(context, task.task_id, correction=answer, user=user)


def gate_of_challenger(context: Context) -> tuple[GateReport, int]:
    """The offline gate's result for the challenger, and how often it was interrupted before."""
    interruptions = 0
    while True:
        try:
            files = [context.project.root / "challenger.md"]
            return create_variants(context, SKILL, files).gate, interruptions
        except GateInterrupted:
            interruptions += 1
