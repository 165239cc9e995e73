"""DSPy programs, Langfuse prompts and pydantic-evals datasets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.exchange.incoming.found import imported, listed_of, rows_of
from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.records import Check, Listed, Turn

PREDICTOR = {
    "traces": [],
    "train": [],
    "demos": [
        {"augmented": True, "message": "It is wrong.", "reasoning": "money", "team": "billing"},
        {"message": "no answer"},
    ],
    "signature": {
        "instructions": "Sort a message.",
        "fields": [
            {"prefix": "Message:", "description": "what they wrote"},
            {"prefix": "Reasoning: Let's think", "description": "${reasoning}"},
            {"prefix": "Team:", "description": "one of: billing, account or shipping"},
        ],
    },
    "lm": None,
}


def test_a_dspy_predictor_gives_its_prompt_and_demonstrations(tmp_path: Path) -> None:
    (tmp_path / "program.json").write_text(json.dumps(PREDICTOR))
    found = imported(tmp_path)
    [prompt] = found.prompts
    assert prompt.turns == (Turn("user", "Sort a message.\n\nMessage: {{message}}\nTeam:"),)
    assert [(d.inputs, d.output) for d in prompt.demonstrations] == [
        ({"message": "It is wrong."}, "billing")
    ]
    assert found.labels == ("billing", "account", "shipping")
    assert rows_of(found) == []
    assert listed_of(found) == ["1: the field reasoning", "1: demonstrations (1)"]


def test_of_a_dspy_program_with_steps_the_first_comes_and_the_others_are_listed(
    tmp_path: Path,
) -> None:
    program = {"first.predict": PREDICTOR, "second": {"predict": PREDICTOR}, "metadata": {}}
    path = tmp_path / "program.json"
    path.write_text(json.dumps(program, indent=1))
    assert any("the predictor second.predict" in line for line in listed_of(imported(path)))


def test_langfuse_prompts_come_in_the_version_in_production(tmp_path: Path) -> None:
    def version(number: int, labels: list[str], prompt: object, name: str = "qa") -> object:
        return {"name": name, "version": number, "prompt": prompt, "labels": labels}

    system = {"role": "system", "content": "Locale: {{ locale }}."}
    user = {"role": "user", "content": 'Q: {{q}} as {"a": 1}'}
    history = {"type": "placeholder", "name": "history"}
    prompts = [
        version(1, [], "old {{q}}"),
        version(2, ["production"], [system, history, user]),
        version(3, ["latest"], "new {{q}}"),
        version(1, [], "@@@langfusePrompt:name=rules|label=x@@@ {{q}}", "composed"),
        version(1, [], "{{#if q}}x{{/if}}", "logic"),
    ]
    (tmp_path / "prompts.json").write_text(json.dumps(prompts, indent=1))
    found = imported(tmp_path)
    [prompt] = found.prompts
    assert prompt.turns == (
        Turn("system", "Locale: {{locale}}."),
        Turn("user", 'Q: {{q}} as {"a": 1}'),
    )
    listed = " ".join(listed_of(found))
    for part in ("qa, version 1", "qa, version 3", "history", "@@@langfusePrompt"):
        assert part in listed


YAML = """\
# yaml-language-server: $schema=x_schema.json
cases:
- name: one
  inputs: {question: no, context: [a, ''], locale: null}
  metadata: {split: test}
  expected_output: {answer: "Lima", confidence: 0.5}
  evaluators:
  - Contains: {value: lima, case_sensitive: false}
  - LLMJudge: Says why.
  - MaxDuration: 3.0
- inputs: hello?
  expected_output: null
evaluators:
- EqualsExpected
- Made.Up
"""


def test_pydantic_evals_cases_have_their_checks(tmp_path: Path) -> None:
    (tmp_path / "qa.yaml").write_text(YAML)
    (tmp_path / "x_schema.json").write_text('{"properties": {"cases": [], "inputs": {}}}')
    found = imported(tmp_path)
    one, two = rows_of(found)
    assert one.inputs == {"question": "no", "context": '["a", ""]', "locale": ""}
    assert (one.expected, one.split) == ({"answer": "Lima", "confidence": 0.5}, "test")
    assert one.checks == (
        Check("equals", where="qa.yaml, line 14"),
        Check("icontains", "lima", where="qa.yaml, line 8"),
        Check("judge", "Says why.", where="qa.yaml, line 9"),
    )
    assert (two.inputs, two.expected, two.id) == ({"input": "hello?"}, None, None)
    assert two.checks == ()
    assert listed_of(found) == ["15: the evaluator Made.Up", "10: the evaluator MaxDuration"]


def test_json_is_read_as_the_yaml_form(tmp_path: Path) -> None:
    cases = [{"name": None, "inputs": {"q": "🎉"}, "expected_output": True, "evaluators": []}]
    (tmp_path / "qa.json").write_text(json.dumps({"cases": cases, "evaluators": []}, indent=1))
    [row] = rows_of(imported(tmp_path))
    assert (row.inputs, row.expected) == ({"q": "🎉"}, "true")


def test_two_datasets_are_refused_by_name(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(YAML)
    with pytest.raises(ImportRefused, match=r"one\.yaml, two\.yaml"):
        imported(tmp_path)


def test_a_case_or_an_example_that_cannot_come_in_is_a_row(tmp_path: Path) -> None:
    cases = tmp_path / "cases.yaml"
    cases.write_text("cases:\n- inputs: {x: a}\n- name: inputs are missing\n")
    program = tmp_path / "program.json"
    state = {**PREDICTOR, "train": [{"message": ""}]}
    program.write_text(json.dumps(state))
    for path in (cases, program):
        parts = [part for part in imported(path).rows() if isinstance(part, Listed)]
        assert [part.is_row for part in parts] == [True]


def test_a_program_of_the_first_dspy_comes_in(tmp_path: Path) -> None:
    state = {
        "demos": [{"question": "q", "rationale": "r", "answer": "a"}],
        "signature_instructions": "Answer briefly.",
        "signature_prefix": "Answer:",
    }
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"generate_answer": state}))
    found = imported(path)
    [prompt] = found.prompts
    assert prompt.turns[0].text == "Answer briefly.\n\nQuestion: {{question}}\nAnswer:"
    assert [(d.inputs, d.output) for d in prompt.demonstrations] == [({"question": "q"}, "a")]
    assert found.listed[0].what == "the field rationale"
