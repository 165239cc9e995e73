from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from tinyarms.core.errors import ModelTimeout, PromptError
from tinyarms.skills.contract import JsonSchema, Labels, Pattern, Text
from tinyarms.skills.execution import (
    Message,
    ModelReply,
    ModelRequest,
    ask,
    build_request,
    execute,
    read_reply,
)
from tinyarms.skills.prompt import Demonstration, Prompt

LABELS = Labels(("positive", "negative"))


def reply(text: str, logprobs: Mapping[str, float] | None = None) -> ModelReply:
    return ModelReply(text, 10, 2, 5.0, label_logprobs=logprobs)


@dataclass
class Scripted:
    """A model that says what it is told to."""

    says: str
    name: str = "scripted"
    asked: list[ModelRequest] = field(default_factory=list)

    def complete(self, request: ModelRequest) -> ModelReply:
        self.asked.append(request)
        if self.says == "timeout":
            raise ModelTimeout("No answer.")
        return reply(self.says)


def test_without_demonstrations_it_is_one_turn() -> None:
    request = build_request(Text(), Prompt("Name it.\n\nFile: {{x}}\nName:"), {"x": "a cat"})
    assert request.messages == (Message("user", "Name it.\n\nFile: a cat\nName:"),)
    assert (request.completion, request.temperature, request.stop) == (None, 0.0, ())


def test_demonstrations_are_turns_and_the_instruction_comes_once() -> None:
    prompt = Prompt(
        "Name it.\n\nFile: {{x}}",
        (Demonstration({"x": "a cat"}, "cat"), Demonstration({"x": "a dog"}, "dog")),
    )
    assert build_request(Text(), prompt, {"x": "a cow"}).messages == (
        Message("user", "Name it.\n\nFile: a cat"),
        Message("assistant", "cat"),
        Message("user", "File: a dog"),
        Message("assistant", "dog"),
        Message("user", "File: a cow"),
    )


def test_without_variables_all_turns_look_alike() -> None:
    prompt = Prompt("Name it.", (Demonstration({"b": "2", "a": "1"}, "x"),))
    first, _, last = build_request(Text(), prompt, {"a": "3", "b": "4"}).messages
    assert first.content == "Name it.\n\nA: 1\nB: 2\nOutput:"
    assert last.content == "A: 3\nB: 4\nOutput:"


def test_an_input_that_looks_like_a_variable_stays_what_it_is() -> None:
    prompt = Prompt("Do.\n\n{{x}} {{y}}", (Demonstration({"x": "{{y}}", "y": "{{x}}"}, "z"),))
    messages = build_request(Text(), prompt, {"x": "{{y}}", "y": "1"}).messages
    assert [message.content for message in messages] == ["Do.\n\n{{y}} {{x}}", "z", "{{y}} 1"]


def test_a_missing_input_is_an_error() -> None:
    with pytest.raises(PromptError, match=r"needs \{\{x\}\}"):
        build_request(Text(), Prompt("{{x}}"), {"y": "1"})
    lacking = Prompt("{{x}}", (Demonstration({"y": "1"}, "z"),))
    with pytest.raises(PromptError, match=r"needs \{\{x\}\}"):
        build_request(Text(), lacking, {"x": "1"})


def test_the_contract_goes_into_the_request() -> None:
    prompt, inputs = Prompt("Do."), {"x": "1"}
    labels = build_request(LABELS, prompt, inputs)
    assert labels.want_labels == ("positive", "negative")
    assert labels.max_tokens == LABELS.max_tokens
    assert labels.constraint == LABELS.constraint()
    pattern = build_request(Pattern("a+", max_tokens=7), prompt, inputs)
    assert (pattern.max_tokens, pattern.want_labels) == (7, ())
    assert pattern.constraint is not None and pattern.constraint.regex == "a+"
    assert build_request(Text(), prompt, inputs).constraint is None


def test_the_key_is_of_all_that_decides_the_reply() -> None:
    base = build_request(LABELS, Prompt("Do."), {"x": "1"})
    changed = [
        base,
        replace(base, messages=(Message("system", base.messages[0].content),)),
        replace(base, messages=(Message("user", "Do!"),)),
        replace(base, messages=(), completion="Do."),
        replace(base, max_tokens=base.max_tokens + 1),
        replace(base, temperature=0.5),
        replace(base, seed=1),
        replace(base, stop=("\n",)),
        replace(base, constraint=None),
        replace(base, constraint=JsonSchema({"type": "string"}).constraint()),
        replace(base, want_labels=()),
    ]
    keys = {request.key("m") for request in changed} | {base.key("other")}
    assert len(keys) == len(changed) + 1
    assert base.key("m") == build_request(LABELS, Prompt("Do."), {"x": "1"}).key("m")
    # Calibration is applied to the reply, so prompts that differ in it share their replies.
    calibrated = Prompt("Do.", calibration={"positive": 1.0})
    assert base.key("m") == build_request(LABELS, calibrated, {"x": "1"}).key("m")


@pytest.mark.parametrize(
    ("calibration", "logprobs", "output"),
    [
        ({"negative": 2.0}, {"positive": -0.5, "negative": -1.0}, "negative"),
        ({"negative": 0.4}, {"positive": -0.5, "negative": -1.0}, "positive"),
        ({"positive": -1.0}, {"positive": -0.5, "negative": -1.0}, "negative"),
        ({"neither": 9.0}, {"positive": -0.5, "negative": -1.0}, "positive"),
        # Nothing to calibrate, or nothing known of the labels: what the model said.
        ({}, {"positive": -9.0, "negative": -0.1}, "positive"),
        ({"negative": 2.0}, None, "positive"),
        ({"negative": 2.0}, {}, "positive"),
    ],
)
def test_calibration_picks_the_label(
    calibration: dict[str, float], logprobs: dict[str, float] | None, output: str
) -> None:
    prompt = Prompt("Do.", calibration=calibration)
    run = read_reply(LABELS, prompt, reply("positive", logprobs))
    assert (run.output, run.violation) == (output, None)


def test_a_run_gives_the_output_in_canonical_form() -> None:
    model = Scripted(" POSITIVE\n")
    run = execute(model, LABELS, Prompt("Do."), {"x": "1"})
    assert (run.output, run.violation) == ("positive", None)
    assert run.reply.text == " POSITIVE\n"
    assert model.asked == [build_request(LABELS, Prompt("Do."), {"x": "1"})]


def test_a_violation_is_part_of_the_result() -> None:
    run = execute(Scripted("No idea."), LABELS, Prompt("Do."), {"x": "1"})
    assert run.output is None
    assert run.violation == "'No idea.' is none of: positive, negative."
    assert run.reply.text == "No idea."


def test_a_model_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(ModelTimeout):
        execute(Scripted("timeout"), LABELS, Prompt("Do."), {"x": "1"})


@dataclass
class Odd:
    """A model that answers with a given reply, however odd it is."""

    reply: ModelReply
    name: str = "odd"

    def complete(self, request: ModelRequest) -> ModelReply:
        return self.reply


REQUEST = ModelRequest((Message("user", "Is this good? " * 10),))
ESTIMATE = 35
"""The request has 140 bytes."""


@pytest.mark.parametrize("reported", [0, -5, -(10**9), 10**300, float("nan"), float("inf")])
def test_tokens_that_were_not_counted_are_estimated(reported: float) -> None:
    answer = ask(Odd(ModelReply("good", reported, reported, 5.0)), REQUEST)  # type: ignore[arg-type]
    assert (answer.prompt_tokens, answer.completion_tokens) == (ESTIMATE, 1)


def test_what_a_model_counts_is_believed() -> None:
    given = ModelReply("good", 20, 3, 5.0, cached_tokens=8, prompt_ms=2.0, generation_ms=0.0)
    assert ask(Odd(given), REQUEST) == given


def test_numbers_that_cannot_be_added_up_are_replaced() -> None:
    given = ModelReply("good", 20, 1, float("inf"), 90, prompt_ms=-3.0, generation_ms=float("nan"))
    answer = ask(Odd(given), REQUEST)
    assert (answer.latency_ms, answer.cached_tokens) == (0.0, 20)
    assert (answer.prompt_ms, answer.generation_ms) == (None, None)


@pytest.mark.parametrize(
    ("text", "kept"), [("a\ud83d", "a\ufffd"), ("\0b", "\ufffdb"), ("fine 😀", "fine 😀")]
)
def test_what_no_database_can_hold_is_replaced(text: str, kept: str) -> None:
    assert ask(Odd(reply(text)), REQUEST).text == kept
    assert execute(Odd(reply(text)), Text(), Prompt("Do."), {"x": "1"}).output == kept
