"""A small project with a simulated model, and its course from start to end.

The model is recorded once; the tests replay the recording.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tinyarms.core.settings import ModelSettings
from tinyarms.loop.api import TinyArms
from tinyarms.loop.searching.answer import EvolveView
from tinyarms.loop.serving.tasks import TaskResult
from tinyarms.models.recording import RecordingModel
from tinyarms.skills.execution import ModelReply, ModelRequest

SKILL = "feeling"
LABELS = ("good", "bad")
V1 = "Good or bad?"
CONFIG = f"""\
# What this project runs.
models:
  small: {{kind: replay, model: small, recording: replies.jsonl}}  # no model is needed

skills:
  {SKILL}:
    description: Say what the writer of a comment feels about it.  # seen by the writer
    prompt_template: skills/{SKILL}.md
    prompt_version: 1
    model: small
    inputs: [text]
    output: {{labels: [good, bad]}}
    scorer: labels
    success_at: 1
    examples: examples.jsonl
"""
CONSTANTS = """\
prompt_evolution:
  triggers: {sample_size: 5, rules: [original]}
  ab_testing: {show_probability: 1.0}
  smollm2: {variants_per_evolution: 2}
  holdback: 0
"""
BUDGET = 220
SPLITS = {"test": range(100), "search": range(100, 120), "selection": range(120, 130)}
EARLY = range(305, 310)
"""Tasks before the evolution: the prompt is wrong on all of them."""
ASKED = tuple(number for number in range(400, 470) if number % 10 in (5, 6, 7))
"""Tasks of the live test: the first prompt is wrong on all of them."""
LATE = range(505, 507)
"""A task after the promotion and one after the rollback: the first prompt is wrong on both."""
_WRITTEN = (
    "Read the comment and say whether its writer feels good or bad about it.",
    "Decide from the words of the comment if the person is happy with it.",
    "Look for praise and blame, and name the one that weighs more.",
    "Imagine the writer's face while typing, then choose the label.",
)


def text(number: int) -> str:
    return f"comment {number}"


def number_in(said: str) -> int:
    """That of the last comment in it."""
    return int(re.findall(r"comment (\d+)", said)[-1])


def expected(number: int) -> str:
    return LABELS[number % 2]


class MadeUp:
    """A model that knows the right label, and gives it the more often the better the prompt."""

    name = "small"

    def complete(self, request: ModelRequest) -> ModelReply:
        """Completions are instructions to choose from; answers are `good` or `bad`."""
        if request.completion is not None or request.constraint is None:
            return ModelReply(_WRITTEN[request.seed % len(_WRITTEN)], 120, 12, 9.0)
        number = number_in(request.messages[-1].content)
        words = request.messages[0].content.partition("comment")[0].split()
        right = 5 + (len(words) > 6) * 3 + (len(request.messages) > 1)
        return ModelReply(expected(number if number % 10 < right else number + 1), 20, 1, 4.0)

    def close(self) -> None:
        pass


def write_project(root: Path) -> None:
    (root / "skills").mkdir(parents=True)
    (root / "config").mkdir()
    (root / "config.yaml").write_text(CONFIG)
    (root / "config" / "constants.yaml").write_text(CONSTANTS)
    (root / "skills" / f"{SKILL}.md").write_text(f"{V1}\n")
    rows = [
        {"id": f"e{n}", "inputs": {"text": text(n)}, "expected": expected(n), "split": split}
        for split, numbers in SPLITS.items()
        for n in numbers
    ]
    (root / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@contextmanager
def recording(root: Path, model: MadeUp | None = None) -> Iterator[None]:
    """Every model that is made meanwhile is a made-up one, and what it says is recorded."""
    made_up = model or MadeUp()

    class Recorded(RecordingModel):
        slots = 1

        def close(self) -> None:
            pass

    def make(name: str, settings: ModelSettings, *_: Any, **more: Any) -> Recorded:
        return Recorded(made_up, root / "replies.jsonl")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tinyarms.loop.project.context.make_model", make)
        yield


def open_project(root: Path) -> TinyArms:
    """With the database that the environment names, if a test runs on a server."""
    return TinyArms.open(root, {k: v for k, v in os.environ.items() if k == "TINYARMS_DATABASE"})


def evolve(root: Path) -> EvolveView:
    with open_project(root) as arms:
        return arms.evolve(SKILL, budget_calls=BUDGET)


def run_all(root: Path, numbers: Iterable[int]) -> list[TaskResult]:
    """Run the skill on these. Ballots that come of it are there when it returns."""
    with open_project(root) as arms:
        return [arms.run(SKILL, task_id=f"task-{n}", text=text(n)) for n in numbers]


def choice(said: str, outputs: Mapping[str, str | None]) -> str:
    """The letter that a user picks who knows what is right: any of those that are."""
    right = [letter for letter, output in outputs.items() if output == expected(number_in(said))]
    return random.Random(said).choice(right)


def deciding_votes(root: Path) -> list[tuple[str, str]]:
    """Vote until it is decided: the ballots' ids and the letters."""
    votes: list[tuple[str, str]] = []
    with open_project(root) as arms:
        while (ballot := arms.ballot(SKILL)) is not None:
            outputs = {option.letter: option.output for option in ballot.options}
            votes.append((ballot.id, choice(ballot.inputs["text"], outputs)))
            if arms.vote(*votes[-1], vote_id=f"vote-{len(votes)}").decision:
                return votes
    raise AssertionError("The votes decide nothing.")


def record_project(folder: Path) -> Path:
    """A new project, with the replies of a model to all that the tests do with it."""
    played, new = folder / "played", folder / "new"
    write_project(played)
    with recording(played):
        run_all(played, EARLY)
        evolve(played)
        # The last while there is a ballot for it: any of the variants may win the votes.
        run_all(played, (*ASKED, LATE[0]))
        deciding_votes(played)
        with open_project(played) as arms:
            arms.rollback(SKILL)
        run_all(played, LATE[1:])
    write_project(new)
    shutil.copy(played / "replies.jsonl", new)
    return new
