"""Tasks are stored masked if the settings require it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.loop.place import BETTER, NAMES_COUNT_AT_ONCE, SKILL, V1, Place
from tests.loop.steps import begin
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving import task_ballots
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run, task
from tinyarms.loop.testing.ballots import next_ballot, prepare_ballot
from tinyarms.loop.testing.votes import vote
from tinyarms.skills.contract import Text
from tinyarms.skills.execution import ModelReply, build_request
from tinyarms.skills.prompt import Prompt

pytestmark = pytest.mark.usefixtures("patient_writer")

LETTER = "Write to ada@example.org, card 4111111111111111"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("privacy", "kept"),
    [
        ("{}", LETTER),
        ("{mask_tasks: true}", "Write to [email], card [card]"),
        ("{mask_tasks: true, mask: [contact]}", "Write to [email], card 4111111111111111"),
        ("{mask_tasks: true, mask: []}", LETTER),
    ],
)
def test_inputs_are_masked_before_they_are_stored_if_a_setting_says_so(
    place: Place, privacy: str, kept: str
) -> None:
    place.setting(f"{{privacy: {privacy}}}")
    context = place.open()
    with task(context, SKILL, task_id="t1", user="ada@example.org") as running:
        assert LETTER in running.messages(text=LETTER)[-1]["content"]
        running.finish({"text": LETTER}, "good")
    with context.store.read() as work:
        stored = work.tasks.get("t1")
    assert stored is not None
    assert (stored.inputs, stored.output, stored.user) == (
        {"text": kept},
        "good",
        "ada@example.org",
    )


def test_a_quoted_reply_is_masked_before_it_is_shortened(place: Place) -> None:
    place.setting("{privacy: {mask_tasks: true}}")
    context = place.open()
    with task(context, SKILL, task_id="t1") as running:
        running.finish({"text": "a"}, f"{'x' * 45} ada.lovelace@example.org")
    with context.store.read() as work:
        stored = work.tasks.get("t1")
    assert stored is not None and stored.violation is not None
    assert "[email]" in stored.violation and "ada" not in stored.violation


SECRETS = ("ada@example.org", "bob@example.net", "4111111111111111")
MASKED = "{ab_testing: {min_tasks: 0}, privacy: {mask_tasks: true}}"


def bytes_of(root: Path) -> bytes:
    """Everything that the project stores, but for the model's recording."""
    files = {f for f in root.rglob("*") if f.is_file() and f.name != "replies.jsonl"}
    assert {root / "tinyarms.db", root / "tinyarms.db-wal"} <= files
    return b"".join(path.read_bytes() for path in files)


def letters(place: Place, setting: str, outputs: dict[str, str]) -> Context:
    """A live test of a skill that writes texts. `outputs`: instruction → its reply to `LETTER`."""
    place.setting(setting)

    def change(config: Any) -> None:
        config["skills"][SKILL] |= {"output": {"text": True}, "scorer": "exact"}

    place.edit_config(change)
    (place.root / "replies.jsonl").write_text("")
    for prompt in (V1, BETTER):
        record_reply(place, prompt, LETTER, outputs[prompt.text])
    return begin(place)


def record_reply(place: Place, prompt: Prompt, text: str, said: str) -> None:
    request = build_request(Text(), prompt, {"text": text})
    row = {"key": request.key("small"), "reply": asdict(ModelReply(said, 20, 1, 5.0))}
    with (place.root / "replies.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "found"), [(MASKED, False), (NAMES_COUNT_AT_ONCE, True)])
def test_nothing_stored_of_a_task_has_its_private_parts(
    place: Place, setting: str, found: bool
) -> None:
    outputs = {V1.text: f"Dear {SECRETS[0]}", BETTER.text: f"Sorry, {SECRETS[2]}"}
    context = letters(place, setting, outputs)
    feedback(context, "early", correction=f"Dear {SECRETS[1]}", user="u")
    for task_id in ("early", "late"):
        result = run(context, SKILL, {"text": LETTER}, task_id=task_id, user="u")
        assert result.output == f"Dear {SECRETS[0]}"
    for _ in range(2):
        late = feedback(context, "late", correction=f"Dear {SECRETS[1]}", user="u", feedback_id="f")
        assert late.success is False
    with task(context, SKILL, task_id="broken", user="u") as running:
        running.finish({"text": LETTER}, " ")
    ballot = prepare_ballot(context, SKILL, {"text": LETTER}, "late", "u")
    vote(context, ballot.id, "A", user="u")
    with context.store.read() as work:
        stored = [work.tasks.get(task_id) for task_id in ("early", "late")]
        assert not [e for e in work.examples.all(SKILL) if e.origin == "collected"]
    assert [row and row.success for row in stored] == [False, False]
    assert {option.output for option in ballot.options} == (
        set(outputs.values()) if found else {"Dear [email]", "Sorry, [card]"}
    )
    content = bytes_of(place.root)
    for secret in SECRETS:
        assert (secret.encode() in content) is found


@pytest.mark.slow
def test_a_task_sent_again_is_answered_and_asked_about_with_masks(place: Place) -> None:
    """What was masked is not stored, so neither the answer nor a ballot can show it again."""
    context = letters(
        place,
        "{ab_testing: {min_tasks: 0, show_probability: 1}, privacy: {mask_tasks: true}}",
        {V1.text: f"Dear {SECRETS[0]}", BETTER.text: f"Sorry, {SECRETS[2]}"},
    )
    with pytest.MonkeyPatch.context() as killed:
        # The process ends after the task is stored and before its ballot is.
        killed.setattr(task_ballots, "_prepare", lambda *_: None)
        first = run(context, SKILL, {"text": LETTER}, task_id="t", user="u")
        context.finish_background()
        with context.store.read():
            pass  # It is stored now.
    assert first.output == f"Dear {SECRETS[0]}" and first.ballot_id is not None
    masked = "Write to [email], card [card]"
    for prompt, reply in ((V1, "Dear [email]"), (BETTER, "Sorry, [card]")):
        record_reply(place, prompt, masked, reply)
    again = place.open()
    repeated = run(again, SKILL, {"text": LETTER}, task_id="t", user="u")
    again.finish_background()
    assert (repeated.output, repeated.ballot_id) == ("Dear [email]", first.ballot_id)
    ballot = next_ballot(again, SKILL, "u")
    assert ballot is not None
    assert ballot.inputs == {"text": masked}
    assert {option.output for option in ballot.options} == {"Dear [email]", "Sorry, [card]"}
    content = bytes_of(place.root)
    assert not any(secret.encode() in content for secret in SECRETS)
