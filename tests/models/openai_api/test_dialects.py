from __future__ import annotations

from typing import get_args

import pytest

from tinyarms.models.openai_api.dialects import (
    Dialect,
    constraint_fields,
    extra_tokens,
    opening,
    unwrap,
)
from tinyarms.skills.contract import Constraint, JsonSchema, Labels, Pattern

LABELS = Labels(("no", "yes")).constraint()
PATTERN = Pattern("[a-z]{2,4}").constraint()
OBJECT = JsonSchema({"type": "object", "properties": {"a": {"type": "string"}}}).constraint()


def test_llama_cpp_takes_grammars_and_schemas() -> None:
    assert constraint_fields("llama.cpp", LABELS) == {"grammar": 'root ::= "no" | "yes"'}
    assert constraint_fields("llama.cpp", PATTERN) == {"grammar": PATTERN.grammar}
    assert constraint_fields("llama.cpp", OBJECT) == {"json_schema": OBJECT.schema}


def test_vllm_takes_structured_outputs() -> None:
    assert constraint_fields("vllm", LABELS) == {"structured_outputs": {"choice": ["no", "yes"]}}
    assert constraint_fields("vllm", PATTERN) == {"structured_outputs": {"regex": "[a-z]{2,4}"}}
    assert constraint_fields("vllm", OBJECT) == {"structured_outputs": {"json": OBJECT.schema}}


def test_ollama_takes_any_schema() -> None:
    for constraint in (LABELS, PATTERN, OBJECT):
        asked = constraint_fields("ollama", constraint)["response_format"]
        assert asked["type"] == "json_schema"
        assert asked["json_schema"]["schema"] == constraint.schema


def test_openai_takes_objects_only() -> None:
    for constraint in (LABELS, PATTERN):
        asked = constraint_fields("openai", constraint)["response_format"]["json_schema"]
        assert asked["strict"] is True
        assert asked["schema"]["properties"] == {"answer": constraint.schema}
        assert asked["schema"]["required"] == ["answer"]
        assert asked["schema"]["additionalProperties"] is False
    asked = constraint_fields("openai", OBJECT)["response_format"]["json_schema"]
    assert asked["schema"] == OBJECT.schema
    assert "strict" not in asked


@pytest.mark.parametrize("dialect", get_args(Dialect))
def test_what_is_not_in_the_asked_form_is_left_for_the_contract_to_judge(dialect: Dialect) -> None:
    for said in ("yes", "", "{", "7", "null", '{"other": "yes"}', '{"answer": 7}', '["yes"]'):
        assert unwrap(dialect, LABELS, said) == said


def test_the_answer_is_taken_out_of_what_a_json_server_puts_around_it() -> None:
    assert unwrap("ollama", LABELS, '"y\\u00e9s"') == "yés"
    assert unwrap("openai", PATTERN, '{"answer": "ab"}') == "ab"
    assert unwrap("openai", OBJECT, '{"answer": "ab"}') == '{"answer": "ab"}'
    assert unwrap("llama.cpp", LABELS, '"yes"') == '"yes"'


@pytest.mark.parametrize(
    ("dialect", "constraint", "reply", "before"),
    [
        ("ollama", LABELS, '"yes"', '"'),
        ("openai", LABELS, '{"answer": "yes"}', '{"answer": "'),
        ("openai", PATTERN, '{\n  "answer":"ab"\n}', '{\n  "answer":"'),
        ("openai", LABELS, "yes", ""),
        ("openai", OBJECT, '{"answer": "ab"}', ""),
        ("llama.cpp", LABELS, '"yes"', ""),
    ],
)
def test_what_stands_before_the_answer(
    dialect: Dialect, constraint: Constraint, reply: str, before: str
) -> None:
    assert opening(dialect, constraint, reply) == before


def test_room_is_made_for_what_is_put_around_an_answer() -> None:
    assert extra_tokens("openai", LABELS) == extra_tokens("ollama", PATTERN) > 0
    assert extra_tokens("llama.cpp", LABELS) == extra_tokens("vllm", PATTERN) == 0
    assert extra_tokens("openai", OBJECT) == 0
