"""A skill that remembers its examples: searched, released, and run."""

from __future__ import annotations

import json
import math
import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tinyarms import TinyArms
from tinyarms.skills.example import Example, remembered
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.store.project.config import load_project

SKILL = "shelf"
WORDS = {
    "garden": ("spade", "tulip", "hedge", "compost", "rake", "seedling", "lawn", "trellis"),
    "kitchen": ("ladle", "skillet", "oven", "whisk", "kettle", "saucer", "colander", "grater"),
}
LABELS = tuple(WORDS)
_FILLERS = ("please", "order", "another", "one", "for", "the", "shop", "as", "soon", "today")


def row(number: int) -> tuple[str, str]:
    """The text of this number, which has one telling word, and its label."""
    rng = random.Random(number)
    label = rng.choice(LABELS)
    words = [*rng.sample(_FILLERS, 6), rng.choice(WORDS[label])]
    rng.shuffle(words)
    return f"{' '.join(words)} {number}", label


SPLITS = {"search": range(120), "selection": range(120, 180), "test": range(180, 400)}
CONFIG = f"""\
models:
  parrot: {{kind: openai, model: parrot, base_url: "http://127.0.0.1:9/v1"}}
skills:
  {SKILL}:
    description: Say where it belongs.
    prompt_template: skills/{SKILL}.md
    model: parrot
    inputs: [text]
    output: {{labels: [garden, kitchen]}}
    scorer: labels
    examples: examples.jsonl
"""


@dataclass
class Parrot:
    """A model that knows nothing: it leans to the label of a shown example with the same telling
    word, or else to `garden`."""

    name: str = "parrot"
    slots: int = 1
    sent: list[ModelRequest] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def complete(self, request: ModelRequest) -> ModelReply:
        with self._lock:
            self.sent.append(request)
        if not request.messages or request.completion is not None:
            return ModelReply("Look at the words.", 10, 4, 1.0)
        *shown, task = [message.content for message in request.messages]
        telling = {w for words in WORDS.values() for w in words if f" {w} " in f" {task} "}
        pairs = zip(shown[::2], shown[1::2], strict=True)
        known = [said for text, said in pairs if any(f" {w} " in f" {text} " for w in telling)]
        lean = known[-1] if known else "garden"
        chances = {label: 0.8 if label == lean else 0.2 for label in LABELS}
        logprobs = {label: math.log(chance) for label, chance in chances.items()}
        return ModelReply(lean, 60, 1, 1.0, label_logprobs=logprobs)

    def close(self) -> None:
        pass


def write_project(root: Path, memory: bool = True) -> None:
    (root / "skills").mkdir(parents=True)
    (root / "config").mkdir()
    (root / "config.yaml").write_text(CONFIG)
    settings = {"evolution": {"memory": memory}}
    (root / "config" / "constants.yaml").write_text(json.dumps({"prompt_evolution": settings}))
    (root / "skills" / f"{SKILL}.md").write_text("Garden or kitchen?\n")
    rows = [
        {"id": f"e{n}", "inputs": {"text": text}, "expected": label, "split": split}
        for split, numbers in SPLITS.items()
        for n, (text, label) in ((n, row(n)) for n in numbers)
    ]
    (root / "examples.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Parrot]:
    made = Parrot()
    for module in ("project.context", "diagnosing.asked_model"):
        monkeypatch.setattr(f"tinyarms.loop.{module}.make_model", lambda *_, **__: made)
    yield made


def project(root: Path) -> TinyArms:
    return TinyArms.open(root, environ={})


def texts_of(request: ModelRequest) -> list[str]:
    return [message.content for message in request.messages]


@pytest.mark.slow
def test_a_search_finds_a_prompt_that_works_with_its_memory(tmp_path: Path, parrot: Parrot) -> None:
    write_project(tmp_path)
    with project(tmp_path) as arms:
        view = arms.evolve(SKILL, budget_calls=300, seed=1)
        assert view.result == "testing", view
        best = view.variants[0]
        assert best.accuracy > 0.9 > 0.7 > view.incumbent[0]  # type: ignore[operator]
        assert "nearest examples" in best.reasoning or "weighs the examples" in best.reasoning
        arms.promote(SKILL, "A")
    file = (tmp_path / "skills" / f"{SKILL}-v2.md").read_text()
    assert "retrieve:" in file
    assert "snapshot:" in file
    # `doctor` asks what production asks, and the right answers are not among what it shows.
    parrot.sent.clear()
    with project(tmp_path) as arms:
        arms.doctor()
    asked = [texts_of(request) for request in parrot.sent if len(request.messages) > 1]
    with_input = [texts for texts in asked if "Input: " in texts[-1]]
    assert with_input
    assert all(texts[-1] not in texts[:-1] for texts in with_input)
    # A process that was not there before serves it, and knows unseen texts.
    parrot.sent.clear()
    with project(tmp_path) as arms:
        right = 0
        for number in range(1000, 1040):
            text, label = row(number)
            right += arms.run(SKILL, text=text).output == label
    assert right >= 32  # without a memory about 20
    # A memory that is damaged in the database is made of the examples again.
    with closing(sqlite3.connect(tmp_path / "tinyarms.db")) as database, database:
        database.execute("UPDATE memories SET content = ?", (b"damaged",))
    with project(tmp_path) as arms:
        right = sum(
            arms.run(SKILL, text=text).output == label
            for text, label in map(row, range(1040, 1080))
        )
    assert right >= 32
    assert load_project(tmp_path).skills[SKILL].skill.name == SKILL


@pytest.mark.slow
def test_no_example_is_shown_or_counted_for_itself(tmp_path: Path, parrot: Parrot) -> None:
    write_project(tmp_path)
    with project(tmp_path) as arms:
        arms.evolve(SKILL, budget_calls=300, seed=2)
    tests = {row(n)[0] for n in SPLITS["test"]}
    retrieved = 0
    for request in parrot.sent:
        *shown, task = texts_of(request) or [""]
        asked = task.partition("Input: ")[2].removesuffix("\nOutput:")
        seen = "\n".join(shown)
        assert not asked or f"Input: {asked}\n" not in seen
        assert not any(f"Input: {text}\n" in seen for text in tests)
        retrieved += len(shown) > 0
    assert retrieved > 50


@pytest.mark.slow
def test_without_a_memory_no_prompt_has_one(tmp_path: Path, parrot: Parrot) -> None:
    write_project(tmp_path, memory=False)
    with project(tmp_path) as arms:
        arms.evolve(SKILL, budget_calls=200, seed=1)
        with arms._context.store.read() as work:
            [session] = work.sessions.all(SKILL)
            candidates = work.candidates.all(session.id)
            variants = work.experiments.variants(session.id)
    assert all(each.prompt.retrieve is None for each in (*candidates, *variants))


@pytest.mark.slow
def test_labels_that_say_nothing_are_not_learned(tmp_path: Path, parrot: Parrot) -> None:
    """With shuffled labels nothing is gained on texts that were never seen."""
    write_project(tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "examples.jsonl").read_text().splitlines()]
    labels = [each["expected"] for each in rows]
    random.Random(3).shuffle(labels)
    for each, label in zip(rows, labels, strict=True):
        each["expected"] = label
    (tmp_path / "examples.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    with project(tmp_path) as arms:
        view = arms.evolve(SKILL, budget_calls=300, seed=1, force=True)
    assert view.result != "testing"


def test_a_memory_holds_gold_rows_of_the_splits_that_the_search_may_read() -> None:

    rows = [
        Example("a", {"text": "a"}, "garden", "search"),
        Example("b", {"text": "b"}, "garden", "selection"),
        Example("c", {"text": "c"}, "garden", "test"),
        Example("d", {"text": "d"}, "garden", "search", origin="collected"),
    ]
    assert [e.id for e in remembered(rows, "search")] == ["a"]
    assert [e.id for e in remembered(rows, "selection")] == ["a", "b"]
