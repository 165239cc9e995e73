"""A skill that takes pictures, from the files to the server's request and back."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.models.conftest import Answer, Server, chat
from tests.pictures import drawn, png
from tinyarms import TinyArms
from tinyarms.core.errors import ConfigError, ExampleError, PictureError, PromptError, UsageError
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import check_prompt
from tinyarms.loop.searching.pricing import task_cost_by_texts
from tinyarms.models.pictures.ocr import reader_name
from tinyarms.models.pictures.opening import encoded
from tinyarms.skills.execution import build_request
from tinyarms.skills.picture import picture_of
from tinyarms.skills.request_size import planned_prompt_tokens
from tinyarms.skills.skill import MAX_PIXELS

LABELS = ("error", "invoice")
NOW = datetime(2024, 9, 15, tzinfo=UTC)


def shot(number: int) -> bytes:
    """A picture of one of two kinds; each number has bytes of its own."""
    return png(drawn(LABELS[number % 2], size=(200, 80), seed=number))


SHOTS = {number: shot(number) for number in range(12)}


def as_sent(data: bytes) -> str:
    sent = encoded(data, MAX_PIXELS, "shot")
    return f"data:{sent.media_type};base64,{base64.b64encode(sent.data).decode()}"


NUMBER_OF = {as_sent(data): number for number, data in SHOTS.items()}


def pictures_in(body: dict[str, Any]) -> list[str]:
    """The URLs of the pictures in a request, in their order."""
    turns = [turn["content"] for turn in body.get("messages", ())]
    parts = [part for content in turns if isinstance(content, list) for part in content]
    return [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]


def sees(path: str, body: dict[str, Any]) -> Answer:
    """A model that sees what the last picture is; without one it writes."""
    shown = pictures_in(body)
    if shown:
        return chat(LABELS[NUMBER_OF[shown[-1]] % 2])
    written = "Say whether the picture shows an error or an invoice."
    if path.endswith("/completions") and "prompt" in body:
        return Answer({"choices": [{"text": written}], "usage": None})
    return chat(written)


@dataclass
class Folder:
    """A project whose model is a server that sees."""

    root: Path
    server: Server

    def write(self, **picture: Any) -> None:
        """`picture`: more keys of the input."""
        model = {"kind": "openai", "model": "eyes", "base_url": self.server.url}
        skill = {
            "description": "Say what a screenshot shows.",
            "prompt_template": "skills/shots.md",
            "model": "eyes",
            "inputs": {"picture": {"type": "image", **picture}, "note": {"optional": True}},
            "output": {"labels": list(LABELS)},
            "scorer": "labels",
            "examples": "examples/shots.jsonl",
        }
        with (self.root / "config.yaml").open("w") as file:
            YAML().dump({"models": {"eyes": model}, "skills": {"shots": skill}}, file)

    def edit_model(self, **changes: Any) -> None:
        data = YAML(typ="safe").load((self.root / "config.yaml").read_text())
        data["models"]["eyes"].update(changes)
        with (self.root / "config.yaml").open("w") as file:
            YAML().dump(data, file)

    def examples(self, *rows: dict[str, Any]) -> None:
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (self.root / "examples" / "shots.jsonl").write_text(lines)

    def open(self) -> Context:
        return open_project(self.root, {}, lambda: NOW)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    running.rule = sees
    yield running
    running.close()


@pytest.fixture
def folder(tmp_path: Path, migrated: Path, server: Server) -> Folder:
    root = tmp_path / "project"
    for name in ("skills", "examples/shots"):
        (root / name).mkdir(parents=True)
    shutil.copyfile(migrated, root / "tinyarms.db")
    (root / "skills" / "shots.md").write_text("What does the screenshot show?\n")
    for number, data in SHOTS.items():
        (root / "examples" / "shots" / f"{number}.png").write_bytes(data)
    made = Folder(root, server)
    made.write()
    made.examples(*(row(number) for number in SHOTS))
    return made


def row(number: int, **more: Any) -> dict[str, Any]:
    inputs = {"picture": f"shots/{number}.png"}
    return {"inputs": inputs, "expected": LABELS[number % 2], **more}


def traces(root: Path, data: bytes) -> list[str]:
    """The files below `root`, but pictures, that hold a part of the picture, in any form."""
    sent = encoded(data, MAX_PIXELS, "shot").data
    needles = []
    for content in (data, sent):
        middle = content[len(content) // 2 :][:48]
        needles += [middle, middle.hex().encode()]
        # Base64 depends on where in three bytes a part begins.
        needles += [base64.b64encode(content[start:])[40:100] for start in range(3)]
    files = [path for path in root.rglob("*") if path.is_file() and path.suffix != ".png"]
    assert len(files) > 3
    return [path.name for path in files if any(n in path.read_bytes() for n in needles)]


@pytest.mark.slow
def test_a_path_bytes_and_a_data_url_are_sent_as_the_same_bytes(folder: Folder) -> None:
    path = folder.root / "examples" / "shots" / "3.png"
    url = "data:image/png;base64," + base64.b64encode(SHOTS[3]).decode()
    with TinyArms.open(folder.root, {}) as arms:
        outputs = [arms.run("shots", picture=given).output for given in (path, SHOTS[3], url)]
    assert outputs == ["invoice"] * 3
    assert [pictures_in(body) for _, body in folder.server.seen] == [[as_sent(SHOTS[3])]] * 3


@pytest.mark.slow
def test_hash_size_and_path_are_kept_and_no_bytes(folder: Folder) -> None:
    path = folder.root / "examples" / "shots" / "3.png"
    with TinyArms.open(folder.root, {}) as arms:
        task_id = arms.run("shots", picture=path, note="Mine.").task_id
        arms.run("shots", picture=SHOTS[4])
    context = folder.open()
    with context.store.read() as work:
        task = work.tasks.get(task_id)
    context.close()
    assert task is not None
    picture = picture_of(task.inputs["picture"])
    assert picture is not None and task.inputs["note"] == "Mine."
    assert (picture.width, picture.height, picture.path) == (200, 80, "examples/shots/3.png")
    assert traces(folder.root, SHOTS[3]) == traces(folder.root, SHOTS[4]) == []


@pytest.mark.slow
def test_a_server_that_copies_pictures_into_its_replies_stores_none(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    forms = [
        lambda url: f"It shows {url}",
        lambda url: url.partition(",")[2],
        lambda url: json.dumps({"image_url": url}).replace("/", "\\/"),
    ]
    answered = 0

    def copies(path: str, body: dict[str, Any]) -> Answer:
        nonlocal answered
        answered += 1
        shown = pictures_in(body)
        return chat(forms[answered % 3](shown[-1]) if shown else "Say what it is.")

    folder.server.rule = copies
    folder.edit_model(recording="replies.jsonl")
    with TinyArms.open(folder.root, {}) as arms:
        results = [arms.run("shots", picture=SHOTS[number]) for number in (1, 2, 3)]
        arms.evolve("shots", budget_calls=12, force=True)
    assert answered >= 12
    assert all("[picture removed]" in (result.violation or "") for result in results)
    assert "[picture removed]" in (folder.root / "replies.jsonl").read_text()
    (folder.root / "log.txt").write_text(caplog.text)
    for data in SHOTS.values():
        assert traces(folder.root, data) == []


@pytest.mark.slow
def test_an_estimate_counts_the_pictures_that_are_sent(folder: Folder) -> None:
    context = folder.open()
    skill, prompt = context.skill("shots").skill, check_prompt(context, "shots")
    examples = context.examples(skill)[:5]
    view = context.input_view(skill)
    sent = [build_request(skill.contract, prompt, each.inputs, view) for each in examples]
    assert all(request.messages[0].pictures for request in sent)
    cost = task_cost_by_texts(skill, context.model_settings("eyes"), prompt, examples)
    expected = sum(planned_prompt_tokens(request) + request.max_tokens for request in sent)
    assert cost.tokens == pytest.approx(expected / len(sent))


def test_the_search_for_traces_finds_them(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_text("nothing")
    (tmp_path / "d").write_bytes(b"x" + base64.b64encode(b"12" + SHOTS[1]))
    (tmp_path / "e").write_bytes(b"x" + SHOTS[1])
    assert sorted(traces(tmp_path, SHOTS[1])) == ["d", "e"]


@pytest.mark.slow
@pytest.mark.parametrize("given", ["shot.png", "/etc/passwd", "http://example.org/a.png", "x" * 99])
def test_a_text_is_never_taken_for_a_path(folder: Folder, given: str) -> None:
    with TinyArms.open(folder.root, {}) as arms, pytest.raises(PictureError, match="is a text"):
        arms.run("shots", picture=given)
    assert folder.server.seen == []


def test_what_is_kept_of_a_picture_is_not_taken_for_one(folder: Folder) -> None:
    """Else a caller elsewhere could have a file of this machine opened."""
    context = folder.open()
    example = context.examples(context.skill("shots").skill)[0]
    context.close()
    with TinyArms.open(folder.root, {}) as arms, pytest.raises(PictureError, match="is a text"):
        arms.run("shots", picture=example.inputs["picture"])


@pytest.mark.slow
@pytest.mark.parametrize("named", ["examples/shots/1.png", "/etc/passwd", "/no/such.png"])
def test_a_prompt_from_elsewhere_opens_no_file(folder: Folder, named: str) -> None:
    """What is said does not depend on whether the file is there."""
    shown = f"demonstrations: [{{inputs: {{picture: {named}}}, output: error}}]"
    text = f"---\n{shown}\n---\nSay what it shows."
    with TinyArms.open(folder.root, {}) as arms:
        with pytest.raises(PromptError, match="has front matter"):
            arms.create_from_agent("shots", [text])
        with pytest.raises(UsageError, match="may name pictures"):
            arms.create_from_texts("shots", [text])


def test_bad_inputs_get_one_line(folder: Folder, tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    with TinyArms.open(folder.root, {}) as arms:
        for given, why in (
            (tmp_path / "none.png", "No such file"),
            (tmp_path, "(is a directory|not a regular file)"),
            (tmp_path / "pipe", "not a regular file"),
            (folder.root / "config.yaml", "is not a picture"),
            (b"", "is empty"),
            ("data:image/png;base64,%%", "is broken"),
            (7, "is int, and no picture"),
            (None, "is NoneType, and no picture"),
        ):
            with pytest.raises(PictureError, match=f"(?i){why}") as caught:
                arms.run("shots", picture=given)
            assert "\n" not in str(caught.value)
        with pytest.raises(UsageError, match="lacks the input 'picture'"):
            arms.run("shots", note="x")
        with pytest.raises(UsageError, match="'note' is no text"):
            arms.run("shots", picture=SHOTS[1], note=b"x")
    assert folder.server.seen == []


@pytest.mark.slow
def test_an_empty_optional_input_is_as_if_not_given(folder: Folder) -> None:
    with TinyArms.open(folder.root, {}) as arms:
        arms.run("shots", picture=SHOTS[1], note="")
        arms.run("shots", picture=SHOTS[1])
    first, second = (body["messages"] for _, body in folder.server.seen)
    assert first == second
    assert first[0]["content"][-1] == {"type": "text", "text": "\nOutput:"}


def test_examples_name_pictures_relative_to_their_file(folder: Folder) -> None:
    context = folder.open()
    found = context.examples(context.skill("shots").skill)
    context.close()
    pictures = [picture_of(example.inputs["picture"]) for example in found]
    assert {p.path for p in pictures if p} == {f"examples/shots/{n}.png" for n in SHOTS}


def test_a_picture_keeps_its_id_and_split_where_it_is_moved(folder: Folder) -> None:
    context = folder.open()
    skill = context.skill("shots").skill
    before = {example.id: example.split for example in context.examples(skill)}
    (folder.root / "examples" / "shots").rename(folder.root / "examples" / "moved")
    folder.examples(
        *({"inputs": {"picture": f"moved/{n}.png"}, "expected": LABELS[n % 2]} for n in SHOTS)
    )
    after = {example.id: example.split for example in context.examples(skill)}
    context.close()
    assert after == before and len(before) == len(SHOTS)


def test_equal_pictures_are_found_by_their_bytes(folder: Folder) -> None:
    shutil.copyfile(
        folder.root / "examples" / "shots" / "2.png", folder.root / "examples" / "shots" / "c.png"
    )
    copy = {"inputs": {"picture": "shots/c.png"}, "expected": "invoice", "id": "copy"}
    folder.examples(row(2, id="e2"), row(3, id="e3"), copy)
    context = folder.open()
    left_out = context.example_set(context.skill("shots").skill).left_out
    context.close()
    assert {reason: [e.id for e in rows] for reason, rows in left_out.items()} == {
        "two_answers": ["copy", "e2"]
    }


def test_a_broken_row_is_named_with_its_line(folder: Folder) -> None:
    (folder.root / "examples" / "shots" / "2.png").write_bytes(b"no picture")
    context = folder.open()
    with pytest.raises(ExampleError, match=r"shots\.jsonl, line 3: .*2\.png: is not a picture"):
        context.examples(context.skill("shots").skill)
    context.close()


@pytest.mark.slow
def test_a_task_with_the_picture_of_an_example_gets_its_outcome(folder: Folder) -> None:
    with TinyArms.open(folder.root, {}) as arms:
        ids = [arms.run("shots", picture=SHOTS[n]).task_id for n in (1, 2)]
    context = folder.open()
    with context.store.read() as work:
        tasks = [work.tasks.get(task_id) for task_id in ids]
    context.close()
    assert [(task.success, task.outcome_source) for task in tasks if task] == [
        (True, "scorer"),
        (True, "scorer"),
    ]


@pytest.mark.slow
def test_a_correction_becomes_an_example_that_is_left_out_once_its_picture_is_gone(
    folder: Folder,
) -> None:
    mine = folder.root / "mine.png"
    mine.write_bytes(png(drawn("mine", size=(90, 90))))
    NUMBER_OF[as_sent(mine.read_bytes())] = 0
    with TinyArms.open(folder.root, {}) as arms:
        arms.feedback(arms.run("shots", picture=mine).task_id, correction="invoice")
        [collected] = arms.collected_examples("shots")
        assert collected.inputs == {"picture": "mine.png, 90×90, square"}
        assert (collected.expected, collected.left_out) == ("invoice", None)
        mine.unlink()
        [collected] = arms.collected_examples("shots")
        assert collected.left_out == "no_picture"


@pytest.mark.slow
def test_an_export_can_be_read_again(folder: Folder) -> None:
    with TinyArms.open(folder.root, {}) as arms:
        rows = arms.exported_examples("shots")
    (folder.root / "examples" / "shots.jsonl").write_text("\n".join(rows))
    assert json.loads(rows[0])["inputs"]["picture"].startswith("shots/")
    with TinyArms.open(folder.root, {}) as arms:
        assert arms.exported_examples("shots") == rows


@pytest.mark.slow
def test_a_prompt_file_may_show_a_picture(folder: Folder) -> None:
    (folder.root / "skills" / "shots.md").write_text(
        "---\ndemonstrations:\n- inputs: {picture: examples/shots/1.png}\n  output: invoice\n---\n"
        "What does the screenshot show?\n"
    )
    with TinyArms.open(folder.root, {}) as arms:
        results = [arms.run("shots", picture=SHOTS[2]) for _ in range(2)]
        assert arms.notices == ()
    assert [(result.output, result.prompt_version) for result in results] == [("error", 1)] * 2
    shown = [as_sent(SHOTS[1]), as_sent(SHOTS[2])]
    assert [pictures_in(body) for _, body in folder.server.seen] == [shown] * 2
    (folder.root / "examples" / "shots" / "1.png").unlink()
    with TinyArms.open(folder.root, {}) as arms, pytest.raises(PromptError, match=r"1\.png"):
        arms.run("shots", picture=SHOTS[2])


@pytest.mark.slow
def test_an_application_gets_the_turns_with_the_picture(folder: Folder) -> None:
    with TinyArms.open(folder.root, {}) as arms, arms.task("shots") as task:
        messages = task.messages(picture=SHOTS[1])
        result = task.finish({"picture": SHOTS[1]}, output="invoice")
    assert pictures_in({"messages": messages}) == [as_sent(SHOTS[1])]
    assert result.output == "invoice"


@pytest.mark.parametrize("blind", [{"kind": "embedded", "model": "smollm2:135m"}, None])
def test_without_eyes_and_without_ocr_a_picture_is_refused(
    folder: Folder, blind: dict[str, str] | None
) -> None:
    folder.edit_model(**(blind or {"capabilities": {"images": False}}))
    with TinyArms.open(folder.root, {}) as arms:
        for ask in (lambda: arms.run("shots", picture=SHOTS[1]), lambda: arms.evolve("shots")):
            with pytest.raises(ConfigError, match="cannot see pictures") as caught:
                ask()
            assert "text_from: ocr" in caught.value.hint
    assert folder.server.seen == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("images", "goes_as"), [(True, "picture"), (None, "words"), (False, "words")]
)
def test_with_ocr_a_picture_goes_only_to_a_model_that_is_known_to_see(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, images: bool | None, goes_as: str
) -> None:
    folder.write(text_from="ocr")
    folder.edit_model(capabilities={"images": images})
    context = folder.open()
    context.pictures.texts_of_this_process[picture_hash(SHOTS[1]), MAX_PIXELS] = "Total 6"
    folder.server.rule = lambda path, body: chat("invoice")
    TinyArms(context).run("shots", picture=SHOTS[1])
    context.close()
    [(_, body)] = folder.server.seen
    assert pictures_in(body) == ([as_sent(SHOTS[1])] if goes_as == "picture" else [])
    if goes_as == "words":
        assert "Total 6\n(200×80, landscape)" in body["messages"][0]["content"]


def picture_hash(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


SPLITS = {**dict.fromkeys(range(6), "search"), **dict.fromkeys(range(6, 12), "selection")}


@pytest.mark.slow
def test_a_search_sends_pictures_to_the_task_model_only_and_keeps_none(folder: Folder) -> None:
    folder.examples(*(row(n, split=split) for n, split in SPLITS.items()))
    shows_one = folder.root / "shows-one.md"
    shows_one.write_text(
        "---\ndemonstrations:\n- inputs: {picture: examples/shots/1.png}\n  output: invoice\n---\n"
        "Say what it shows.\n"
    )

    def rule(path: str, body: dict[str, Any]) -> Answer:
        """Sees well only once it is shown another picture."""
        shown = pictures_in(body)
        return sees(path, body) if len(shown) != 1 else chat("error")

    folder.server.rule = rule
    with TinyArms.open(folder.root, {}) as arms:
        found = arms.evolve("shots", budget_calls=80, seed=3, manual=[shows_one])
    sent = [pictures_in(body) for _, body in folder.server.seen]
    to_writer = [body for _, body in folder.server.seen if not pictures_in(body)]
    assert to_writer and "image_url" not in json.dumps(to_writer)
    assert all("base64" not in json.dumps(body) for body in to_writer)
    assert {url for urls in sent for url in urls} <= NUMBER_OF.keys()
    assert as_sent(SHOTS[1]) in {urls[0] for urls in sent if len(urls) > 1}
    assert [variant.accuracy for variant in found.variants][:1] == [1.0]
    for data in SHOTS.values():
        assert traces(folder.root, data) == []


@pytest.mark.slow
def test_pictures_of_examples_are_read_once_and_for_all(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(text_from="ocr")
    folder.examples(*(row(n, split="search" if n < 2 else "selection") for n in range(4)))

    def rule(path: str, body: dict[str, Any]) -> Answer:
        said = body["messages"][-1]["content"] if "messages" in body else ""
        return chat("invoice" if "Picture: invoice" in said else "error")

    folder.server.rule = rule
    with TinyArms.open(folder.root, {}) as arms:
        arms.evolve("shots", budget_calls=12, seed=3)
    asked = json.dumps([body for _, body in folder.server.seen])
    assert "image_url" not in asked and "invoice" in asked
    monkeypatch.setattr("tinyarms.loop.project.pictures.text_in", None)
    with TinyArms.open(folder.root, {}) as arms:
        arms.evolve("shots", budget_calls=12, seed=4, restart=True, force=True)
        with pytest.raises(TypeError):
            arms.run("shots", picture=SHOTS[9])
        arms.forget("somebody")
    context = folder.open()
    with context.store.read() as work:
        assert work.picture_texts.find(picture_hash(SHOTS[0]), reader_name()) is None
    context.close()


@pytest.mark.slow
def test_the_text_of_a_tasks_picture_is_kept_in_its_row_only_and_masked_there(
    folder: Folder,
) -> None:
    folder.write(text_from="ocr")
    (folder.root / "config").mkdir()
    (folder.root / "config" / "constants.yaml").write_text(
        "prompt_evolution: {privacy: {mask_tasks: true}}\n"
    )
    folder.server.rule = lambda path, body: chat("invoice")
    with TinyArms.open(folder.root, {}) as arms:
        task_id = arms.run("shots", picture=png(drawn("ada@example.org"))).task_id
    [(_, body)] = folder.server.seen
    assert "ada@example.org" in body["messages"][0]["content"]
    context = folder.open()
    with context.store.read() as work:
        task = work.tasks.get(task_id)
    context.close()
    assert task is not None and task.inputs["picture"].endswith("\n[email]")
    files = [path for path in folder.root.rglob("*") if path.is_file()]
    assert not any(b"ada@example.org" in path.read_bytes() for path in files)


@pytest.mark.slow
def test_the_options_of_a_ballot_see_the_picture_and_people_its_path_and_size(
    folder: Folder,
) -> None:
    (folder.root / "config").mkdir()
    (folder.root / "config" / "constants.yaml").write_text(
        "prompt_evolution: {ab_testing: {show_probability: 1, min_tasks: 0}}\n"
    )
    other = folder.root / "other.md"
    other.write_text("Error, or invoice?\n")

    def rule(path: str, body: dict[str, Any]) -> Answer:
        asked = json.dumps(body["messages"])
        return chat("invoice" if "Error, or invoice?" in asked else "error")

    folder.server.rule = rule
    path = folder.root / "examples" / "shots" / "3.png"
    with TinyArms.open(folder.root, {}) as arms:
        arms.create("shots", [other])
        folder.server.seen.clear()
        ids = [arms.run("shots", picture=given).ballot_id for given in (path, SHOTS[4])]
    with TinyArms.open(folder.root, {}) as arms:
        ballot = arms.ballot("shots")
    assert None not in ids and ballot is not None and ballot.id in ids
    assert ballot.inputs["picture"] in (
        "examples/shots/3.png, 200×80, landscape",
        "200×80, landscape",
    )
    assert {option.output for option in ballot.options} == {"error", "invoice"}
    sent = sorted(url for _, body in folder.server.seen for url in pictures_in(body))
    assert sent == sorted([as_sent(SHOTS[3]), as_sent(SHOTS[4])] * 2)


@pytest.mark.slow
def test_forgetting_a_user_takes_their_picture_out_of_prompts(folder: Folder) -> None:
    mine = folder.root / "mine.png"
    mine.write_bytes(png(drawn("mine", size=(90, 90))))
    NUMBER_OF[as_sent(mine.read_bytes())] = 0
    shows = folder.root / "shows.md"
    shows.write_text(
        "---\ndemonstrations:\n- inputs: {picture: mine.png}\n  output: invoice\n---\nWhat is it?\n"
    )
    with TinyArms.open(folder.root, {}) as arms:
        arms.run("shots", picture=mine, user="ada")
        arms.create("shots", [shows])
        arms.promote("shots", "A")
        arms.forget("ada")
        folder.server.seen.clear()
        arms.run("shots", picture=SHOTS[2])
        prompt = arms.show("shots").prompt
    [(_, body)] = folder.server.seen
    assert pictures_in(body) == [as_sent(SHOTS[2])]
    assert prompt.demonstrations[0].inputs == {"picture": "[forgotten]"}
    assert not any(b"mine.png" in p.read_bytes() for p in folder.root.glob("skills/*"))


@pytest.mark.slow
def test_the_doctor_shows_the_model_pictures_or_says_that_it_cannot_see(folder: Folder) -> None:
    with TinyArms.open(folder.root, {}) as arms:
        arms.doctor()
    assert any(pictures_in(body) for _, body in folder.server.seen)
    folder.edit_model(capabilities={"images": False})
    with TinyArms.open(folder.root, {}) as arms:
        findings = arms.doctor().findings
    blind = [finding for finding in findings if "cannot see pictures" in finding.what]
    assert any(finding.level == "error" for finding in blind)
    assert all("text_from: ocr" in finding.remedy for finding in blind)
