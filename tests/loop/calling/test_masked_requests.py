"""Masking in requests to a writer or a judge on another machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.loop.calling.test_in_flight import caller
from tests.loop.place import Place
from tinyarms.loop.calling.caller import Caller
from tinyarms.skills.execution import Message, ModelReply, ModelRequest

LETTER = "Improve the prompt. Example: my password is hunter2secret99, call +49 30 1234567."
MASKED = "Improve the prompt. Example: my password is [password], call [phone]."


@dataclass
class Listening:
    """A model that keeps what it is sent."""

    slots: int = 1
    name: str = "writer"
    sent: list[ModelRequest] = field(default_factory=list)

    def complete(self, request: ModelRequest) -> ModelReply:
        self.sent.append(request)
        return ModelReply("A better prompt.", 20, 4, 5.0)

    def close(self) -> None:
        pass


def writing(place: Place, base_url: str, privacy: str) -> tuple[Caller, Listening]:
    def add(config: Any) -> None:
        config["models"]["writer"] = {"kind": "openai", "model": "w", "base_url": base_url}

    place.edit_config(add)
    place.setting(f"{{privacy: {privacy}, evolution: {{writer_model: writer}}}}")
    context = place.open()
    model = Listening()
    made = caller(context, Listening(name="small"), "session-1")  # type: ignore[arg-type]
    context._models["writer"] = model
    return made, model


@pytest.mark.slow
@pytest.mark.parametrize(
    ("base_url", "privacy", "sent"),
    [
        ("https://api.example.org/v1", "{}", MASKED),
        ("https://api.example.org/v1", "{mask: []}", LETTER),
        ("http://127.0.0.1:9/v1", "{}", LETTER),
    ],
)
def test_private_parts_are_masked_before_another_machine_is_sent_them(
    place: Place, base_url: str, privacy: str, sent: str
) -> None:
    made, model = writing(place, base_url, privacy)
    made.write("rewrite", (), ModelRequest(completion=LETTER))
    made.judge("writer", "", ModelRequest(messages=(Message("user", LETTER),)))
    assert [model.sent[0].completion, model.sent[1].messages[0].content] == [sent, sent]


@pytest.mark.slow
def test_a_session_that_resumes_asks_for_nothing_again(place: Place) -> None:
    made, model = writing(place, "https://api.example.org/v1", "{}")
    made.write("rewrite", (), ModelRequest(completion=LETTER))
    made.last_index = -1
    again = made.write("rewrite", (), ModelRequest(completion=LETTER))
    assert again is not None
    assert again.text == "A better prompt."
    assert len(model.sent) == 1
