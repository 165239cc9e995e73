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
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run, task
from tinyarms.loop.testing.ballots import prepare_ballot
from tinyarms.loop.testing.votes import vote
from tinyarms.skills.contract import Text
from tinyarms.skills.execution import ModelReply, build_request

LETTER = "Write to ada@example.org, card 4111111111111111"


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
    with (place.root / "replies.jsonl").open("w") as file:
        for prompt in (V1, BETTER):
            request = build_request(Text(), prompt, {"text": LETTER})
            reply = asdict(ModelReply(outputs[prompt.text], 20, 1, 5.0))
            file.write(json.dumps({"key": request.key("small"), "reply": reply}) + "\n")
    return begin(place)


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
