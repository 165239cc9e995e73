"""Properties of every kind of output contract."""

from __future__ import annotations

import json
import re
from typing import get_args

import jsonschema
import pytest

from tests.skills.gbnf import accepts
from tinyarms.core.errors import ContractViolation
from tinyarms.evolution.operators.without_model.wording import contract_wordings
from tinyarms.models.openai_api.dialects import Dialect, constraint_fields, unwrap
from tinyarms.skills.contract import Contract
from tinyarms.store.project.skill_model import CONTRACT_EXAMPLES, OutputModel

OUTPUTS = {
    "labels": ("shipping", "returns"),
    "pattern": ("red-bridge", "Red Bridge"),
    "json_schema": ('{"city": "Bonn"}', '{"city": 1}'),
    "text": ("Any text.", "  "),
}
"""Kind → an output that keeps the example of the kind, in its canonical form, and one that breaks
it."""
each_kind = pytest.mark.parametrize("kind", CONTRACT_EXAMPLES)


def contract_of(kind: str, max_tokens: int | None = None) -> Contract:
    entry = {kind: CONTRACT_EXAMPLES[kind], "max_tokens": max_tokens}
    return OutputModel.model_validate(entry).contract()


@each_kind
def test_the_config_declares_it(kind: str) -> None:
    assert contract_of(kind).kind == kind
    assert contract_of(kind).max_tokens >= 1
    assert contract_of(kind, 7).max_tokens == 7


@each_kind
def test_a_canonical_output_stays_as_it_is(kind: str) -> None:
    output = OUTPUTS[kind][0]
    assert contract_of(kind).parse(output) == output
    assert contract_of(kind).parse(f" {output}\n") == output


@each_kind
@pytest.mark.parametrize("place", [1, None])
def test_another_output_is_a_violation_said_in_one_line(kind: str, place: int | None) -> None:
    output = "" if place is None else OUTPUTS[kind][place]
    with pytest.raises(ContractViolation) as violation:
        contract_of(kind).parse(output)
    assert violation.value.message.endswith(".") and "\n" not in violation.value.message


@each_kind
def test_what_a_server_enforces_lets_the_output_pass(kind: str) -> None:
    constraint, output = contract_of(kind).constraint(), OUTPUTS[kind][0]
    if constraint is None:
        return
    is_text = bool(constraint.choices) or constraint.regex is not None
    assert constraint.schema is not None
    jsonschema.validate(output if is_text else json.loads(output), constraint.schema)
    if constraint.grammar is not None:
        assert accepts(constraint.grammar, output)
        assert not accepts(constraint.grammar, OUTPUTS[kind][1])
    if constraint.regex is not None:
        assert re.fullmatch(constraint.regex, output)
    assert not constraint.choices or output in constraint.choices


@each_kind
@pytest.mark.parametrize("dialect", get_args(Dialect))
def test_every_server_can_be_told(kind: str, dialect: Dialect) -> None:
    constraint, output = contract_of(kind).constraint(), OUTPUTS[kind][0]
    if constraint is None:
        return
    fields = json.loads(json.dumps(constraint_fields(dialect, constraint)))
    assert fields
    if fields.get("response_format", {}).get("json_schema", {}).get("strict"):
        assert fields["response_format"]["json_schema"]["schema"]["type"] == "object"
        assert unwrap(dialect, constraint, json.dumps({"answer": output})) == output
    assert contract_of(kind).parse(unwrap(dialect, constraint, output)) == output


@each_kind
def test_its_wordings_are_sentences(kind: str) -> None:
    contract = contract_of(kind)
    for wording in (contract.wording(), *contract_wordings(contract)):
        assert "\n" not in wording and (wording[-1:] in ".:?" or not wording)
    assert "" not in contract_wordings(contract)
    assert len(set(contract.labels)) == len(contract.labels) != 1
