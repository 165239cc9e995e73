"""A skill whose model knows more than it says: its words are weighed, released, and read."""

from __future__ import annotations

import json
import math
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.end_to_end.test_memory import LABELS, SKILL, SPLITS, Parrot, project, row, write_project
from tinyarms.loop.diagnosing.diagnose import diagnose
from tinyarms.skills.contract import Labels
from tinyarms.skills.execution import ModelReply, ModelRequest, build_request, read_reply
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file, parse_prompt_file
from tinyarms.skills.verbalizer import Verbalizer

pytestmark = pytest.mark.slow
WORDS = [f"word{number}" for number in range(30)]
LABEL_OF = {row(number)[0]: row(number)[1] for number in range(1200)}


class Mumbler(Parrot):
    """A model that always says `garden`; six of the words that it lists tell the label."""

    told = 0.9
    """Standard deviations by which each of them does."""
    lists = 30
    """How many of the words it lists."""

    def complete(self, request: ModelRequest) -> ModelReply:
        reply = super().complete(request)
        if not request.want_labels:
            return reply
        text = request.messages[-1].content.partition("Input: ")[2].removesuffix("\nOutput:")
        rng = random.Random(text)
        sign = 1 if LABEL_OF.get(text) == LABELS[0] else -1
        listed = {
            word: rng.gauss(sign * self.told if number < 6 else 0.0, 1.0) - 9
            for number, word in enumerate(WORDS[: self.lists])
        }
        names = {LABELS[0]: math.log(0.9), LABELS[1]: math.log(0.1)}
        return ModelReply(LABELS[0], 60, 1, 1.0, label_logprobs=names, listed=listed)


@contextmanager
def mumbling() -> Iterator[Mumbler]:
    """Every model that is made meanwhile is this one."""
    made = Mumbler()
    with pytest.MonkeyPatch.context() as patched:
        for module in ("project.context", "diagnosing.asked_model"):
            patched.setattr(f"tinyarms.loop.{module}.make_model", lambda *_, **__: made)
        yield made


@pytest.fixture
def mumbler() -> Iterator[Mumbler]:
    with mumbling() as made:
        yield made


def share_right(root: Path, numbers: range) -> float:
    """Of these texts, run with the newest version: some tasks stay on the old one for a while."""
    right = []
    with project(root) as arms:
        newest = arms.show(SKILL).number
        for number in numbers:
            text, label = row(number)
            ran = arms.run(SKILL, text=text)
            while ran.prompt_version != newest:
                ran = arms.run(SKILL, text=text)
            right.append(ran.output == label)
    return sum(right) / len(right)


def test_what_the_model_does_not_say_is_read_from_its_words(
    tmp_path: Path, mumbler: Mumbler
) -> None:
    write_project(tmp_path, memory=False)
    before = share_right(tmp_path, range(1000, 1100))
    with project(tmp_path) as arms:
        view = arms.evolve(SKILL, budget_calls=300, seed=1)
        assert view.result == "testing", view
        assert "weighs 30 words of the model" in view.variants[0].reasoning
        arms.promote(SKILL, "A")
    # Its file says what each word weighs, and another process reads replies by it.
    file = (tmp_path / "skills" / f"{SKILL}-v2.md").read_text()
    assert '"word3" ' in file
    prompt = parse_prompt_file(file, "it")
    assert prompt.verbalizer is not None
    assert set(prompt.verbalizer.labels) == set(LABELS)
    after = share_right(tmp_path, range(1100, 1200))
    assert before < 0.65
    assert after > 0.9  # six words of 0.9 standard deviations each: Φ(2.2) is .986
    # The file is taken as it is: nothing in it was changed by hand.
    with project(tmp_path) as arms:
        assert arms.show(SKILL).prompt == prompt


def test_an_example_is_never_judged_by_weights_that_were_fitted_on_it(
    tmp_path: Path, mumbler: Mumbler
) -> None:
    """`eval` on the rows of the fit finds what unseen texts show, and not what the fit knows."""
    mumbler.told = 0.5
    write_project(tmp_path, memory=False)
    with project(tmp_path) as arms:
        arms.evolve(SKILL, budget_calls=300, seed=1)
        arms.promote(SKILL, "A")
        said = arms.evaluate(SKILL, split="search").accuracy
    prompt = parse_prompt_file((tmp_path / "skills" / f"{SKILL}-v2.md").read_text(), "it")
    assert prompt.verbalizer is not None
    rows = [row(number) for number in range(120)]
    naive = sum(
        read_reply(Labels(LABELS), prompt, mumbler.complete(asking(text))).output == label
        for text, label in rows
    ) / len(rows)
    unseen = share_right(tmp_path, range(400, 700))
    assert naive > said + 0.02  # the fit has seen them, and knows them better
    assert said == pytest.approx(unseen, abs=0.09)


def asking(text: str) -> ModelRequest:
    return build_request(Labels(LABELS), Prompt("Garden or kitchen?"), {"text": text})


def test_a_resumed_search_finds_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for name, calls in (("whole", 10_000), ("resumed", 140)):
        root = tmp_path / name
        root.mkdir()
        write_project(root, memory=False)
        stops_after(calls, monkeypatch)
        if name == "resumed":
            with pytest.raises(KeyboardInterrupt), project(root) as arms:
                arms.evolve(SKILL, budget_calls=300, seed=1)
            stops_after(10_000, monkeypatch)
        with project(root) as arms:
            view = arms.evolve(SKILL, budget_calls=300, seed=1)
            with arms._context.store.read() as work:
                variants = work.experiments.variants(view.session_id)
        found.append([json.dumps(each.prompt.to_dict()) for each in variants])
    assert found[0] == found[1]
    assert '"word3"' in found[0][1]


def stops_after(calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Stopping(calls)
    monkeypatch.setattr("tinyarms.loop.project.context.make_model", lambda *_, **__: model)


class Stopping(Mumbler):
    """Is interrupted after so many calls."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.left = calls

    def complete(self, request: ModelRequest) -> ModelReply:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().complete(request)


def test_replies_that_an_earlier_version_stored_without_words_are_asked_again(
    tmp_path: Path, mumbler: Mumbler
) -> None:
    """Without their words a gate would judge the prompt as if it had no verbalizer."""
    write_project(tmp_path, memory=False)
    with project(tmp_path) as arms:
        arms.evolve(SKILL, budget_calls=300, seed=1)
        arms.promote(SKILL, "A")
        before = arms.evaluate(SKILL, split="test").accuracy
        changed = arms.compare(SKILL, 1, 2, split="test").changed
        assert changed and all((row.after == row.expected) == row.gained for row in changed)
    with closing(sqlite3.connect(tmp_path / "tinyarms.db")) as database:
        database.execute("update evaluations set reply = json_remove(reply, '$.listed')")
        database.commit()
    mumbler.sent.clear()
    with project(tmp_path) as arms:
        assert arms.evaluate(SKILL, split="test").accuracy == before
        assert len(mumbler.sent) == len(SPLITS["test"])
        # Now they have their words, and serve again.
        assert arms.evaluate(SKILL, split="test").accuracy == before
        assert len(mumbler.sent) == len(SPLITS["test"])


def test_the_file_of_a_verbalizer_for_many_labels_can_be_read_back(
    tmp_path: Path, mumbler: Mumbler
) -> None:
    """128 labels and 900 examples make 1.2 MB: what a search writes, the next task can use."""
    write_project(tmp_path, memory=False)
    numbers = tuple(-0.12345 for _ in range(128))
    verbalizer = Verbalizer(
        labels=tuple(f"label {number}" for number in range(128)),
        words={f" word{number}": numbers for number in range(320)},
        without={f"{number:012x}": numbers for number in range(900)},
    )
    prompt = Prompt("Garden or kitchen?", verbalizer=verbalizer)
    file = tmp_path / "large.md"
    file.write_text(format_prompt_file(prompt))
    assert file.stat().st_size > 1_000_000
    with project(tmp_path) as arms:
        arms.create(SKILL, [file])
        arms.promote(SKILL, "A")
    with project(tmp_path) as arms:
        assert arms.show(SKILL).prompt == prompt
        assert arms.run(SKILL, text="a spade").output == LABELS[0]
        assert arms.drift([SKILL]).ok
        arms.rollback(SKILL)
        assert arms.show(SKILL).number == 3


def test_a_verbalizer_that_reads_no_reply_is_told_of(
    tmp_path: Path, mumbler: Mumbler, caplog: pytest.LogCaptureFixture
) -> None:
    """Another server, which lists fewer words: the model's `garden` counts, and nobody wonders."""
    write_project(tmp_path, memory=False)
    with project(tmp_path) as arms:
        arms.evolve(SKILL, budget_calls=300, seed=1)
        arms.promote(SKILL, "A")
        assert not any("verbalizer" in note for note in arms.evaluate(SKILL).notes)
        other = replace(arms.show(SKILL).prompt, text="Kitchen or garden?")
    assert "verbalizer" not in str(diagnose(tmp_path, {}).findings)
    mumbler.lists = 7
    assert "lists 7 of its 30 words" in doctor_of_prompts(tmp_path)
    with project(tmp_path) as arms:
        for number in range(30):  # some tasks stay on the old prompt for a while
            arms.run(SKILL, text=row(number)[0])
        told = [each.getMessage() for each in caplog.records if "verbalizer" in each.getMessage()]
        assert len(told) == 1 and "lists 7 of its 30 words" in told[0]
        (tmp_path / "other.md").write_text(format_prompt_file(other))
        notes = arms.evaluate(SKILL, tmp_path / "other.md", split="selection").notes
    assert any("does not read 60 of 60 replies" in note for note in notes)
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace("[garden, kitchen]", "[garden, kitchens]"))
    assert "its labels are not those of shelf" in doctor_of_prompts(tmp_path)


@pytest.mark.parametrize("approval", [False, True])
def test_a_first_memory_comes_with_weights_that_take_no_call(
    tmp_path: Path, mumbler: Mumbler, approval: bool
) -> None:
    """The gate of a refresh has asked all that is needed to read the model's words."""
    write_project(tmp_path, memory=False)
    before = share_right(tmp_path, range(1000, 1100))
    if approval:  # From now on; the first prompt counts as approved.
        config = tmp_path / "config.yaml"
        config.write_text(f"{config.read_text()}    approval: required\n")
    with project(tmp_path) as arms:
        mumbler.sent.clear()
        view = arms.refresh(SKILL, demonstrations=2)
        assert len(mumbler.sent) == view.calls <= 2 * 180
        assert view.gate is not None and view.gate.after is not None
        assert view.result == ("approval_wanted" if approval else "refreshed")
        if approval:
            arms.approve(SKILL)
        prompt = arms.show(SKILL).prompt
    assert prompt.verbalizer is not None and prompt.verbalizer.model_tag == "parrot"
    assert prompt.retrieve is not None and prompt.retrieve.demonstrations == 2
    after = share_right(tmp_path, range(1100, 1200))
    assert before < 0.65 and after > 0.9
    # The gate was told what unseen texts show, by weights that had not seen its rows.
    assert view.gate.after == pytest.approx(after, abs=0.09)


def test_weights_for_another_model_are_not_used(tmp_path: Path, mumbler: Mumbler) -> None:
    """It lists the same words, and means others by them."""
    write_project(tmp_path, memory=False)
    with project(tmp_path) as arms:
        arms.evolve(SKILL, budget_calls=300, seed=1)
        arms.promote(SKILL, "A")
    file = tmp_path / "skills" / f"{SKILL}-v2.md"
    fitted = parse_prompt_file(file.read_text(), "it").verbalizer
    assert fitted is not None and fitted.model_tag == "parrot"
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace("model: parrot, base", "model: raven, base"))
    why = f"it was fitted on replies of parrot, and {SKILL} has raven"
    assert why in doctor_of_prompts(tmp_path)
    with project(tmp_path) as arms:
        found = arms.evaluate(SKILL, split="selection")
        assert {row.output for row in found.wrong} == {LABELS[0]}  # what the model says
        assert any(why in note for note in found.notes)
    # Where the file does not say whose words it weighs, they are read.
    file.write_text(file.read_text().replace("  model: parrot\n", ""))
    with project(tmp_path) as arms:
        assert arms.evaluate(SKILL, split="selection").accuracy > 0.8


def doctor_of_prompts(root: Path) -> str:
    """The one warning about prompts."""
    found = diagnose(root, {}).findings
    [warning] = [each for each in found if each.check == "prompts" and each.level == "warning"]
    assert f"tinyarms prompt evolve {SKILL}" in warning.remedy
    return warning.what


def test_an_application_with_its_own_model_is_told_that_it_gets_less(
    tmp_path: Path, mumbler: Mumbler, caplog: pytest.LogCaptureFixture
) -> None:
    write_project(tmp_path, memory=False)
    words = {"word1": (0.5, -0.5), "word2": (-0.5, 0.5)}
    prompt = Prompt("Garden or kitchen, by its words?", verbalizer=Verbalizer(LABELS, words))
    (tmp_path / "skills" / f"{SKILL}.md").write_text(format_prompt_file(prompt))
    with project(tmp_path) as arms:
        for _ in range(2):
            with arms.task(SKILL) as task:
                assert task.messages(text="a spade")
    told = [each.getMessage() for each in caplog.records if "verbalizer" in each.getMessage()]
    assert len(told) == 1 and "only `run` does so" in told[0]
