"""`memory.share: user`: what one user's corrections taught counts for no other user."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.end_to_end.test_memory import (
    LABELS,
    SKILL,
    SPLITS,
    Parrot,
    parrot,
    project,
    row,
    texts_of,
    write_project,
)
from tinyarms import TinyArms
from tinyarms.core.ids import user_hash
from tinyarms.memory.memory import Memory
from tinyarms.skills.example import Example, remembered
from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.prompt import Prompt, Retrieval

__all__ = ["parrot"]  # the fixture
pytestmark = pytest.mark.slow

USERS = ("ada", "ben")
CONFIRMED = {2000 + n: USERS[n % 2] for n in range(60)}
"""Number of a row that a person has confirmed, and the user whose correction it was."""
USER_OF = {row(number)[0]: user for number, user in CONFIRMED.items()}


def write(root: Path, share: str = "user") -> None:
    write_project(root)
    file = root / "config" / "constants.yaml"
    settings = json.loads(file.read_text())
    settings["prompt_evolution"]["memory"] = {"share": share}
    file.write_text(json.dumps(settings))


def confirm(arms: TinyArms) -> None:
    """Store the corrections of the users, which a person then makes gold."""
    context = arms._context
    context.examples(context.skill(SKILL).skill)
    with context.store.unit_of_work() as work:
        for number, user in CONFIRMED.items():
            text, label = row(number)
            found = Example(f"c{number}", {"text": text}, label, "search", origin="collected")
            work.examples.collect(SKILL, found, user, context.clock())
            split = "selection" if number % 3 == 0 else "search"
            gold = replace(found, origin="gold", split=split)
            work.examples.make_gold(SKILL, gold, context.clock())


def keep_memory(arms: TinyArms) -> tuple[Prompt, Memory]:
    """A prompt that shows the eight nearest of all gold rows, and counts them."""
    context = arms._context
    skill = context.skill(SKILL).skill
    memory = Memory.of(remembered(context.examples(skill), "selection"), LABELS)
    context.memories.keep(skill, memory)
    retrieve = Retrieval(8, prior_weight=1.0, snapshot=memory.snapshot)
    return Prompt("Garden or kitchen?", retrieve=retrieve), memory


def use(root: Path, prompt: Prompt) -> None:
    retrieve = prompt.retrieve
    assert retrieve is not None
    front = {"demonstrations": 8, "prior_weight": 1.0, "snapshot": retrieve.snapshot}
    file = root / "skills" / f"{SKILL}.md"
    file.write_text(f"---\n{json.dumps({'retrieve': front})}\n---\nGarden or kitchen?\n")


def shown(request: ModelRequest) -> list[str]:
    """The texts of the examples that a request shows."""
    turns = texts_of(request)[:-1:2]
    return [turn.partition("Input: ")[2].removesuffix("\nOutput:") for turn in turns]


def test_no_task_is_shown_another_users_rows(tmp_path: Path, parrot: Parrot) -> None:
    write(tmp_path)
    with project(tmp_path) as arms:
        confirm(arms)
        prompt, memory = keep_memory(arms)
        assert {each.user for each in memory.examples} == {"", *map(user_hash, USERS)}
        assert b"ada" not in memory.to_bytes()
        use(tmp_path, prompt)
    own = dict.fromkeys(USERS, 0)
    with project(tmp_path) as arms:
        for user in (*USERS, "eve", None):
            for number in list(CONFIRMED)[:12]:
                text = row(number)[0]
                result = arms.run(SKILL, text=text, user=user, explain=True)
                assert result.explanation is not None
                found = shown(parrot.sent[-1])
                assert len(found) == 8
                assert {USER_OF.get(each, user) for each in found} == {user}
                assert [each.text for each in result.explanation.examples] == found
                if user in own and text in found:
                    own[user] += 1
                with arms.task(SKILL, user=user) as task:
                    sent = task.messages(text=text)
                assert [each["content"] for each in sent] == texts_of(parrot.sent[-1])
                seen = arms.recall(SKILL, {"text": text}, user=user).messages
                assert [each.text for each in seen] == texts_of(parrot.sent[-1])
    assert own == dict.fromkeys(USERS, 6)  # each sees its own
    # With `skill`, the same memory shows and counts the rows of all.
    write(tmp_path / "b", share="skill")
    with project(tmp_path / "b") as arms:
        confirm(arms)
        use(tmp_path / "b", keep_memory(arms)[0])
    with project(tmp_path / "b") as arms:
        text = row(next(iter(CONFIRMED)))[0]
        arms.run(SKILL, text=text, user="eve")
    assert text in shown(parrot.sent[-1])


def test_searches_and_gates_see_what_each_rows_user_would(tmp_path: Path, parrot: Parrot) -> None:
    write(tmp_path)
    with project(tmp_path) as arms:
        confirm(arms)
        arms.evolve(SKILL, budget_calls=300, seed=1, force=True)
    asked = 0
    gold = {row(n)[0] for numbers in SPLITS.values() for n in numbers}
    for request in parrot.sent:
        *_, task = texts_of(request) or [""]
        text = task.rpartition("Input: ")[2].removesuffix("\nOutput:")
        if text not in gold and text not in USER_OF:
            continue  # a request to the writer
        for each in shown(request):
            owner = USER_OF.get(each)
            assert owner is None or owner == USER_OF.get(text)
            asked += owner is not None
    assert asked > 0


def test_an_example_suggests_what_its_user_would_see(tmp_path: Path, parrot: Parrot) -> None:
    write(tmp_path)
    with project(tmp_path) as arms:
        confirm(arms)
        prompt, memory = keep_memory(arms)
        context = arms._context
        skill = context.skill(SKILL).skill
        examples = [e for e in context.examples(skill) if e.split != "test"]
        for example in examples[::7] + examples[-20:]:
            found = context.memories.recalled_for_example(
                skill, prompt, example.inputs, example.user
            )
            texts = [each.inputs["text"] for each in found.demonstrations]
            assert {user_hash(USER_OF.get(text)) for text in texts} <= {"", example.user}
            suggested = memory.label_logprobs(
                example.inputs, memory.copies(example.inputs), example.user
            )
            assert found.calibration == pytest.approx(suggested)
