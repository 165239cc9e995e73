"""A small project on disk whose model answers from a recording."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.skills.contract import Labels
from tinyarms.skills.execution import ModelReply, build_request
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file

SKILL = "feeling"
OTHER = "weather"
LABELS = ("good", "bad")
BEGIN = datetime(2024, 9, 15, 9, tzinfo=UTC)
V1 = Prompt("Good or bad?")
BETTER = Prompt("Is this good or bad? Think of the writer.")
WORSE = Prompt("Bad or good?")
ALIKE = Prompt("Good or bad, please?")
PROMPTS = (V1, BETTER, WORSE, ALIKE)
RIGHT_OF_10: Mapping[str, int] = {V1.text: 6, BETTER.text: 9, WORSE.text: 3, ALIKE.text: 6}
"""How many of ten examples a prompt gets right: the first ones."""


NAMES_COUNT_AT_ONCE = "{ab_testing: {min_tasks: 0}}"
FEW, ENOUGH = 10, 100
"""Test examples without and with an offline gate."""
TEST = 1000
"""Number of the first test example: a task with the same text gets its outcome by the scorer."""
TASKS = range(350)
"""Numbers of the texts that tasks have."""


def text(number: int) -> str:
    return f"comment {number}"


def contested(number: int) -> int:
    """The number of a text on which the prompts V1 and BETTER differ: 6, 7, 8, 16, 17 …"""
    return 10 * (number // 3) + 6 + number % 3


def expected(number: int) -> str:
    return LABELS[number % 2]


def answer(prompt: Prompt, number: int) -> str:
    """What the recorded model says: the wrong label beyond what the prompt gets right."""
    right = number % 10 < RIGHT_OF_10.get(prompt.text, 5)
    return expected(number) if right else expected(number + 1)


@dataclass
class Moment:
    """A clock that moves when told to."""

    now: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Place:
    """The project's folder, and the way to open it as a new process would."""

    root: Path
    moment: Moment = field(default_factory=Moment)
    opened: list[Context] = field(default_factory=list)

    def open(self) -> Context:
        context = open_project(self.root, {}, self.moment)
        self.opened.append(context)
        return context

    def close(self) -> None:
        for context in self.opened:
            context.close()

    def config(self) -> Any:
        return YAML(typ="safe").load((self.root / "config.yaml").read_text())

    def prompt_file(self, name: str, prompt: Prompt) -> Path:
        path = self.root / name
        path.write_text(format_prompt_file(prompt))
        return path

    def setting(self, block: str) -> None:
        """Write the `prompt_evolution:` block, in YAML's flow form."""
        folder = self.root / "config"
        folder.mkdir(exist_ok=True)
        (folder / "constants.yaml").write_text(f"prompt_evolution: {block}\n")

    def edit_config(self, change: Callable[[Any], None]) -> None:
        data = self.config()
        change(data)
        with (self.root / "config.yaml").open("w") as file:
            YAML().dump(data, file)


def make_place(root: Path, migrated: Path) -> Place:
    (root / "skills").mkdir(parents=True)
    shutil.copy(migrated, root / "tinyarms.db")
    skill = {
        "description": "Say what the writer feels.",
        "prompt_template": "skills/feeling.md",
        "prompt_version": 1,
        "model": "small",
        "inputs": ["text"],
        "output": {"labels": list(LABELS)},
        "scorer": "labels",
        "success_at": 1,
        "examples": "examples.jsonl",
    }
    other = {**skill, "prompt_template": "skills/weather.md"}
    model = {"kind": "replay", "model": "small", "recording": "replies.jsonl"}
    with (root / "config.yaml").open("w") as file:
        YAML().dump({"models": {"small": model}, "skills": {SKILL: skill, OTHER: other}}, file)
    place = Place(root)
    place.setting(NAMES_COUNT_AT_ONCE)
    place.prompt_file("skills/feeling.md", V1)
    place.prompt_file("skills/weather.md", V1)
    write_examples(root, FEW)
    record(root, PROMPTS, [*TASKS, *range(TEST, TEST + ENOUGH)])
    return place


def write_examples(root: Path, test_examples: int) -> None:
    rows = [
        {"id": f"e{n}", "inputs": {"text": text(n)}, "expected": expected(n), "split": split}
        for split, numbers in (
            ("test", range(TEST, TEST + test_examples)),
            ("search", range(250, 260)),
        )
        for n in numbers
    ]
    (root / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def record(root: Path, prompts: tuple[Prompt, ...], numbers: Iterable[int]) -> None:
    """Write the recording: what the model says to each prompt with each text."""
    with (root / "replies.jsonl").open("w") as file:
        for prompt in prompts:
            for number in numbers:
                request = build_request(Labels(LABELS), prompt, {"text": text(number)})
                reply = ModelReply(answer(prompt, number), 20, 1, 5.0)
                row = {"key": request.key("small"), "reply": asdict(reply)}
                file.write(json.dumps(row) + "\n")
