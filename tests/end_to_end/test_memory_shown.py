"""What a prompt takes from its memory can be seen: of a task, of an input, and of each version."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tools.reference.answers import check

from tests.end_to_end.test_memory import LABELS, SKILL, Parrot, parrot, project, row, write_project
from tinyarms.cli.main import cli
from tinyarms.memory.memory import Memory
from tinyarms.skills.example import remembered

__all__ = ["parrot"]  # the fixture
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("patient_writer")]


def remembering(root: Path) -> Memory:
    """Write a project whose prompt remembers its gold examples, and store the memory."""
    write_project(root)
    with project(root) as arms:
        assert arms.show(SKILL).number == 1
        context = arms._context
        skill = context.skill(SKILL).skill
        memory = Memory.of(remembered(context.examples(skill), "selection"), LABELS)
        context.memories.keep(skill, memory)
    retrieve = {"demonstrations": 2, "prior_weight": 0.5, "snapshot": memory.snapshot}
    front = json.dumps({"calibration": {"garden": -0.2, "kitchen": 0.2}, "retrieve": retrieve})
    file = root / "skills" / f"{SKILL}.md"
    file.write_text(f"---\n{front}\n---\nGarden or kitchen?\n")
    return memory


def shell(root: Path, *words: str) -> tuple[str, str]:
    """stdout and stderr of a command."""
    environ = {"TINYARMS_HOME": str(root), "COLUMNS": "80"}
    result = CliRunner().invoke(cli, words, env=environ, prog_name="tinyarms")
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


def answer(root: Path, *words: str) -> Any:
    data = json.loads(shell(root, *words, "--json")[0])
    assert check(data) == []
    return data


def softmax(logits: dict[str, float]) -> dict[str, float]:
    total = sum(map(math.exp, logits.values()))
    return {label: math.exp(value) / total for label, value in logits.items()}


def test_a_task_says_what_was_shown_and_what_each_said(tmp_path: Path, parrot: Parrot) -> None:
    memory = remembering(tmp_path)
    text, _ = row(5000)
    with project(tmp_path) as arms:
        assert arms.run(SKILL, text=text).explanation is None
        result = arms.run(SKILL, text=text, explain=True, task_id="t")
        assert arms.run(SKILL, text=text, explain=True, task_id="t").explanation is None
    found = result.explanation
    assert found is not None
    assert (found.snapshot, found.weight) == (memory.snapshot, 0.5)
    # The examples are those that the model was sent, in their order.
    sent = [message.content for message in parrot.sent[-1].messages]
    shown = list(zip(sent[:-1:2], sent[1:-1:2], strict=True))
    assert len(found.examples) == len(shown) == 2
    rows = {each.id: each for each in memory.examples}
    for example, (turn, said) in zip(found.examples, shown, strict=True):
        assert rows[example.id].inputs["text"] in turn
        assert example.output == said == rows[example.id].expected
        assert example.text == rows[example.id].inputs["text"]
    assert found.examples[0].similarity <= found.examples[1].similarity
    # The likeliest by both is the answer, and both are the product of the two.
    assert found.labels[0].label == result.output
    suggested = memory.label_logprobs({"text": text})
    chances = {each.label: each for each in found.labels}
    for label in LABELS:
        assert chances[label].memory == pytest.approx(math.exp(suggested[label]))
    models = {label: math.log(chances[label].model or 0) for label in LABELS}
    product = softmax({label: models[label] + 0.5 * suggested[label] for label in LABELS})
    assert {label: chances[label].both for label in LABELS} == pytest.approx(product)


def test_the_commands_say_it(tmp_path: Path, parrot: Parrot) -> None:
    memory = remembering(tmp_path)
    text, label = row(5000)
    name = memory.snapshot[:8]
    out, told = shell(tmp_path, "run", SKILL, f"text={text}", "--explain")
    assert out.strip() == label
    assert f"Memory: {name}, whose labels weigh 0.5." in told
    assert "Labels, by the model, by the memory, and by both:" in told
    nearest = memory.nearest({"text": text}, 2)
    assert all(f"{each.id} (similarity" in told for each in nearest)
    data = answer(tmp_path, "run", SKILL, f"text={text}", "--explain")
    assert [each["id"] for each in data["explanation"]["examples"]][::-1] == [e.id for e in nearest]

    out, told = shell(tmp_path, "prompt", "show", SKILL)
    assert "Garden or kitchen?" in out and "retrieve:" in out
    assert told.startswith(f"Memory {name}: 180 examples of 20")
    asked = len(parrot.sent)
    out, _ = shell(tmp_path, "prompt", "show", SKILL, "--for", f"text={text}")
    assert len(parrot.sent) == asked  # no model is asked
    assert nearest[0].inputs["text"] in out and "assistant:" in out
    assert f"{nearest[0].id} (similarity" in out
    data = answer(tmp_path, "prompt", "show", SKILL, "2", "--for", f"text={text}")
    assert data["number"] == 2 and data["memory"]["examples"] == 180
    assert data["recall"]["messages"][-1]["role"] == "user"
    assert data["recall"]["explanation"]["labels"][0]["both"] is None
    first = answer(tmp_path, "prompt", "show", SKILL, "1")
    assert (first["memory"], first["recall"]) == (None, None)

    out, _ = shell(tmp_path, "prompt", "history", SKILL)
    [first_line, second_line] = [each for each in out.splitlines() if each[:2] in ("1:", "2:")]
    assert "No memory." in first_line
    assert f"Memory {name}: 180 examples" in second_line
    versions = answer(tmp_path, "prompt", "history", SKILL)["versions"]
    assert [each["memory"] and each["memory"]["snapshot"] for each in versions] == [
        None,
        memory.snapshot,
    ]


def test_without_a_memory_it_says_so(tmp_path: Path, parrot: Parrot) -> None:
    write_project(tmp_path)
    text, _ = row(5000)
    told = shell(tmp_path, "run", SKILL, f"text={text}", "--explain")[1]
    assert "because version 1 has no memory" in told
    assert shell(tmp_path, "prompt", "show", SKILL)[1] == "No memory.\n"
    out, _ = shell(tmp_path, "prompt", "show", SKILL, "--for", f"text={text}")
    assert f"Input: {text}" in out and "because version 1 has no memory" in out


def test_wrong_uses_are_refused(tmp_path: Path, parrot: Parrot) -> None:
    write_project(tmp_path)
    environ = {"TINYARMS_HOME": str(tmp_path)}
    for words in (
        ("prompt", "show", SKILL, "1", "--version", "2"),
        ("prompt", "show", SKILL, "--user", "ada"),
        ("prompt", "show", SKILL, "--for", "colour=red"),
        ("prompt", "show", SKILL, "7"),
    ):
        result = CliRunner().invoke(cli, words, env=environ, prog_name="tinyarms")
        assert result.exit_code == 2, result.output
        assert "Traceback" not in result.output
