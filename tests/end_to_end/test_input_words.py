"""A skill whose model invents words, until a search holds it to words of the inputs."""

from __future__ import annotations

import json
import random
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tinyarms import TinyArms
from tinyarms.skills.execution import ModelReply, ModelRequest

SKILL = "naming"
_NOUNS = ("bridge", "lantern", "harbour", "orchard", "saddle", "violin", "kettle", "anchor")
_COLOURS = ("red", "blue", "green", "golden", "silver", "purple")
CONFIG = f"""\
models:
  inventor: {{kind: openai, model: inventor, base_url: "http://127.0.0.1:9/v1"}}
skills:
  {SKILL}:
    description: Name the picture.
    prompt_template: skills/{SKILL}.md
    model: inventor
    inputs: [file, content]
    output: {{pattern: "[a-z]+-[a-z]+"}}
    scorer: exact
    examples: examples.jsonl
"""


def row(number: int) -> tuple[dict[str, str], str]:
    rng = random.Random(number)
    colour, noun = rng.choice(_COLOURS), rng.choice(_NOUNS)
    return {"file": f"IMG_{number}.png", "content": f"{colour} {noun}, {number}"}, (
        f"{colour}-{noun}"
    )


@dataclass
class Inventor:
    """Names whatever it likes, or the first words that the server allows."""

    name: str = "inventor"
    slots: int = 1
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def complete(self, request: ModelRequest) -> ModelReply:
        if request.constraint is None or request.constraint.regex is None:
            return ModelReply("Name it well.", 10, 4, 1.0)
        parts = re.fullmatch(r"\(\?:(.*)\)-\(\?:(.*)\)", request.constraint.regex)
        if parts is None:
            return ModelReply("img-file", 60, 4, 1.0)
        first, second = (part.split("|") for part in parts.groups())
        return ModelReply(f"{first[0]}-{second[-1]}", 60, 4, 1.0)

    def close(self) -> None:
        pass


@pytest.mark.slow
def test_a_search_holds_the_model_to_words_of_the_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinyarms.loop.project.context.make_model", lambda *_, **__: Inventor())
    (tmp_path / "skills").mkdir()
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "skills" / f"{SKILL}.md").write_text("Name it.\n")
    splits = {"search": range(60), "selection": range(60, 100), "test": range(100, 300)}
    rows = [
        {"id": f"e{n}", "inputs": row(n)[0], "expected": row(n)[1], "split": split}
        for split, numbers in splits.items()
        for n in numbers
    ]
    (tmp_path / "examples.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    with TinyArms.open(tmp_path, environ={}) as arms:
        assert arms.run(SKILL, **row(400)[0]).output == "img-file"
        view = arms.evolve(SKILL, budget_calls=120, seed=1)
        assert view.result == "testing", view
        assert "answers in words of content" in view.variants[0].reasoning
        arms.promote(SKILL, "A")
        assert arms.show(SKILL).prompt.words_from == ("content",)
    file = tmp_path / "skills" / f"{SKILL}-v2.md"
    assert "words_from:\n- content\n" in file.read_text()
    with TinyArms.open(tmp_path, environ={}) as arms:
        number, ran = 401, arms.run(SKILL, **row(401)[0])
        while ran.prompt_version == 1:  # some tasks stay on the old version for a while
            number += 1
            ran = arms.run(SKILL, **row(number)[0])
        assert ran.output == row(number)[1]
    # A person who lets it go makes a version that does not hold the model to anything.
    file.write_text(file.read_text().replace("words_from:\n- content\n", ""))
    with TinyArms.open(tmp_path, environ={}) as arms:
        assert arms.show(SKILL).prompt.words_from == ()
