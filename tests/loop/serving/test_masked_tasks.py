"""Tasks are stored masked if the settings require it."""

from __future__ import annotations

import pytest

from tests.loop.place import SKILL, Place
from tinyarms.loop.serving.tasks import task

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
