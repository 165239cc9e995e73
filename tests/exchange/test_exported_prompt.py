"""The exported Python file accepts what the contract accepts, and gives the same text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import ContractViolation, UsageError
from tinyarms.exchange.outgoing.chat import PromptToExport
from tinyarms.exchange.outgoing.python_file import python_file
from tinyarms.skills.contract import Contract, JsonSchema, Labels, Pattern, Text
from tinyarms.skills.json_schemas import check_schema
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.skills.skill import Skill

BEGIN = datetime(2026, 11, 28, tzinfo=UTC)


def exported(contract: Contract) -> Callable[[str], str]:
    skill = Skill("review", "Judge a review.", ("text",), "tiny", contract, "exact")
    version = PromptVersion("review", 1, Prompt("Go."), None, "initial", BEGIN, "skills/r.md")
    names: dict[str, Any] = {"__name__": "exported"}
    exec(python_file(PromptToExport(skill, version, "tiny", BEGIN)), names)
    return names["parse"]  # type: ignore[no-any-return]


def both(contract: Contract, replies: Iterable[str]) -> Iterator[tuple[str | None, str | None]]:
    """What the contract makes of each reply, and what the exported file does; `None`: refused."""
    parse = exported(contract)
    for reply in replies:
        try:
            ours: str | None = contract.parse(reply)
        except ContractViolation:
            ours = None
        try:
            theirs: str | None = parse(reply)
        except ValueError:
            theirs = None
        yield ours, theirs


NAME_FIRST = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"$ref": "#/$defs/age"}},
    "$defs": {"age": {"properties": {"years": {}, "days": {}}}},
}
KEYS = {
    "properties": {"a": {"type": "integer"}},
    "patternProperties": {"^x": {"type": "string"}},
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 2,
    "propertyNames": {"maxLength": 3},
    "dependentRequired": {"a": ["xa"]},
    "dependentSchemas": {"xb": {"required": ["xc"]}},
}
ITEMS = {
    "prefixItems": [{"type": "integer"}],
    "items": {"type": "string"},
    "minItems": 1,
    "maxItems": 3,
    "uniqueItems": True,
    "contains": {"const": "q"},
    "maxContains": 1,
}
ITEMS_OF = {"type": "array", "items": {"enum": [1, True, "1", None, [0], {"a": 1.0}]}}
LOGIC = {
    "anyOf": [{"type": "string", "pattern": "^a+$"}, {"type": "number", "multipleOf": 0.5}],
    "not": {"const": 2},
    "if": {"type": "number"},
    "then": {"minimum": 0, "exclusiveMaximum": 9},
    "else": {"minLength": 2, "maxLength": 4},
    "oneOf": [{"type": "string"}, {"type": "integer"}, {"maximum": 3}],
}
TREE = {
    "$ref": "#/$defs/n~1o~0de",
    "$defs": {
        "n/o~de": {
            "type": "object",
            "required": ["v"],
            "properties": {"v": {}, "next": {"items": {"$ref": "#/$defs/n~1o~0de"}}},
        }
    },
}
OLD = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$ref": "#/definitions/One",
    "definitions": {"One": {"type": "object", "properties": {"dependencies": {"type": "array"}}}},
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "name first": NAME_FIRST,
    "keys": KEYS,
    "items": ITEMS,
    "items of": ITEMS_OF,
    "logic": LOGIC,
    "tree": TREE,
    "old": OLD,
    "any": {},
    "multiple": {"multipleOf": 0.5},
    "whole": {"type": ["integer", "null"]},
}
REPLIES = [
    '{"name": "Ann", "age": {"z": 1, "days": 2, "years": 3}, "b": 1, "a": 2}',
    '{"age": 94, "name": "Ann"}',
    '{"name": 7}',
    *('{"a": 1, "xa": "s"}', '{"a": 1}', '{"a": 1.0, "xa": "s"}', '{"xb": ""}', "{}", '{"y": 1}'),
    *('{"xb": "", "xc": ""}', '{"xlong": ""}', '{"xa": 1}', '{"xa": "", "xb": "", "xc": ""}'),
    *('[1, "q"]', '["q"]', "[]", '[1, "q", "q"]', '[1, "q", "r", "s"]', '[1.0, "q"]', "[1, 1]"),
    *("[true]", "[1]", "[1.0]", '["1"]', "[null]", "[[0]]", "[[false]]", '[{"a": 1}]', "[0]"),
    *('"aa"', '"a"', '"aaaaa"', "2", "2.5", "-1", "9", "4", "0.25", "4.0", "true", "null", "1.5"),
    *('{"v": 1, "next": [{"v": 2, "next": [{}]}]}', '{"v": 1, "next": [{"v": 2}]}'),
    *('{"dependencies": []}', '{"dependencies": 1}', "NaN", "[-Infinity]", "1e999", "not JSON"),
    *('{"a": "\\ud83d"}', '"\\u0000"', "[" * 100_000, "9" * 5000, ' {"name":"x"} ', '"é"'),
    '{"name": 1, "name": "twice"}',
]


@pytest.mark.parametrize("name", SCHEMAS)
def test_json_is_checked_and_ordered_as_the_contract_does(name: str) -> None:
    contract = JsonSchema(SCHEMAS[name])
    check_schema(contract.schema)
    for reply, (ours, theirs) in zip(REPLIES, both(contract, REPLIES), strict=True):
        assert ours == theirs, reply


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.sampled_from(["", "aa"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abx"), inner, max_size=3)
    ),
    max_leaves=6,
)
TYPES = ("string", "number", "integer", "boolean", "null", "array", "object")


def some_schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=2)
    named = st.dictionaries(st.sampled_from("abx"), inner, max_size=2)
    sizes = st.integers(0, 2)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.lists(st.sampled_from(TYPES), min_size=1, max_size=4, unique=True),
            "enum": st.lists(VALUES, min_size=1, max_size=3),
            "const": VALUES,
            "minimum": st.integers(-2, 2),
            "multipleOf": st.sampled_from([1, 2, 0.5]),
            "pattern": st.sampled_from(["^a", "a$", "^$"]),
            "maxLength": sizes,
            "items": inner,
            "prefixItems": several,
            "contains": inner,
            "minContains": sizes,
            "uniqueItems": st.booleans(),
            "properties": named,
            "patternProperties": st.dictionaries(st.just("^[ab]"), inner, max_size=1),
            "additionalProperties": inner,
            "required": st.lists(st.sampled_from("abx"), max_size=2, unique=True),
            "allOf": several,
            "anyOf": several,
            "oneOf": several,
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
            "$ref": st.just("#/$defs/a"),
        },
    )


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(
    st.recursive(st.booleans() | st.just({}), some_schemas, max_leaves=5),
    st.lists(VALUES, min_size=4, max_size=8),
)
def test_any_schema_is_read_as_the_contract_reads_it(part: Any, values: list[Any]) -> None:
    schema = {"allOf": [part], "$defs": {"a": {"type": ["integer", "string", "array"]}}}
    for ours, theirs in both(JsonSchema(schema), map(json.dumps, values)):
        assert ours == theirs


@pytest.mark.parametrize(
    ("contract", "replies"),
    [
        (Labels(("To do", "Café", "don’t")), ["“to\u00a0DO”", "Cafe\u0301", "don't", "to", "\"'"]),
        (Pattern("(?:foo){e<=1}"), ["fox", "foo{e<=1}"]),
        (Pattern("[[:alpha:]]+"), ["ab", "a]]", ":]"]),
        (Pattern(r"[a[]{1,2}\{{,2}"), ["a{", "[[{{", "a", "b"]),
        (Pattern("a{,}b{x}"), ["aab{x}", "b{x}", "bx"]),
        (Pattern("[a-z]+"), ['"abc"', " abc\n", '"', "", "ab1", '""abc""']),
        (Text(), [" x ", "", " \n", "a\nb"]),
    ],
)
def test_other_contracts_are_read_alike(contract: Contract, replies: list[str]) -> None:
    accepted = list(both(contract, replies))
    assert all(ours == theirs for ours, theirs in accepted)
    assert {ours is None for ours, _ in accepted} == {True, False}


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"allOf": [{}], "unevaluatedProperties": False}, "unevaluatedProperties"),
        ({"$defs": {"a": {"$anchor": "x"}}, "$ref": "#x"}, r"\$ref"),
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, r"\$schema"),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{}]}, "items"),
        ({"properties": {"a": {"$id": "x"}}}, r"\$id"),
    ],
)
def test_a_schema_that_the_file_cannot_check_is_refused(schema: Any, named: str) -> None:
    check_schema(schema)
    with pytest.raises(UsageError, match=f"cannot check `{named}"):
        exported(JsonSchema(schema))
