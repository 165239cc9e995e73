"""Patterns of other people: `re`'s syntax, and an end to each search."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.core.errors import CheckTimeout, ContractViolation, NotScored
from tinyarms.skills import patterns
from tinyarms.skills.checks import Checks, check_entry
from tinyarms.skills.contract import JsonSchema, Pattern
from tinyarms.skills.example import Example
from tinyarms.skills.json_schemas import check_schema
from tinyarms.skills.patterns import check_pattern, found_in, matches_whole
from tinyarms.skills.scorers import make_scorer, score_of

RUNAWAY, TEXT = "^(a|aa)+$", "a" * 60 + "b"
"""Python's `re` would need some hours."""


@pytest.fixture(autouse=True)
def _short_limit(monkeypatch):
    monkeypatch.setattr(patterns, "LIMIT_S", 0.01)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+b", "a" * 33),
        ("([a-z]+)+-x", "a" * 40),
        (r"^(\w+\s?)*$", "a a " * 20 + "!"),
        ("(x+x+)+y", "x" * 40),
        (r"(?=(a+)+b)", "a" * 40),
    ],
)
def test_runaway_patterns_that_cannot_match_are_known_at_once(pattern, text):
    assert not found_in(pattern, text)
    assert not matches_whole(pattern, text)


def test_a_search_that_takes_too_long_ends_with_what_to_do():
    with pytest.raises(CheckTimeout, match=r"\^\(a\|aa\)\+\$ takes too long on 'aaa.*repeats"):
        found_in(RUNAWAY, TEXT)


@pytest.mark.parametrize(
    "contract",
    [
        Pattern("(a|aa)+"),
        JsonSchema({"pattern": RUNAWAY}),
        JsonSchema({"patternProperties": {RUNAWAY: {"type": "string"}}}),
        JsonSchema({"patternProperties": {RUNAWAY: {}}, "additionalProperties": False}),
        JsonSchema({"additionalProperties": False, "patternProperties": {RUNAWAY: {}}}),
        JsonSchema({"propertyNames": {"pattern": RUNAWAY}}),
        JsonSchema({"$schema": "http://json-schema.org/draft-04/schema#", "pattern": RUNAWAY}),
    ],
)
def test_an_output_that_nobody_can_check_breaks_its_contract(contract):
    text = TEXT if isinstance(contract, Pattern) else f'"{TEXT}"'
    if isinstance(contract, JsonSchema) and "pattern" not in contract.schema:
        text = f'{{"{TEXT}": "x"}}'
    with pytest.raises(ContractViolation, match="takes too long on"):
        contract.parse(text)


@pytest.mark.parametrize(
    "check",
    [
        check_entry("regex", RUNAWAY),
        check_entry("regex", RUNAWAY, negated=True),
        check_entry("is-json", {"pattern": RUNAWAY}),
        check_entry("is-json", {"pattern": RUNAWAY}, negated=True),
    ],
)
def test_an_output_on_which_a_check_takes_too_long_is_not_scored(check):
    output = f'"{TEXT}"' if "is-json" in check else TEXT
    example = Example("e1", {}, "", "test", required={check: 1.0})
    with pytest.raises(NotScored, match="takes too long on"):
        score_of(Checks(), example, output)


def test_an_output_on_which_the_scorer_regex_takes_too_long_is_not_scored():
    scorer = make_scorer("regex", {"pattern": RUNAWAY}, "here")
    with pytest.raises(NotScored, match="takes too long on"):
        score_of(scorer, Example("e1", {}, "", "test"), TEXT)


@pytest.mark.slow
def test_a_schema_whose_parts_name_each_other_many_times_over_ends():
    doubling = {
        f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n + 1}"}, {"$ref": f"#/$defs/s{n + 1}"}]}
        for n in range(30)
    }
    schema = {"$ref": "#/$defs/s0", "$defs": {**doubling, "s30": {"type": "string"}}}
    check_schema(schema)
    with pytest.raises(ContractViolation, match="against the schema takes too long"):
        JsonSchema(schema).parse('"x"')


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"pattern": r"\p{L}+"}, "is not a regular expression of Python: bad escape"),
        ({"properties": {"a": {"pattern": "("}}}, "missing"),
        ({"patternProperties": {"[": {}}}, "unterminated"),
        (
            {"allOf": [{"patternProperties": {"a": {}}}], "unevaluatedProperties": False},
            "cannot be together",
        ),
        ({"$ref": "http://127.0.0.1:9/schema"}, "Nothing is fetched"),
    ],
)
def test_a_schema_that_could_not_be_checked_is_refused_when_it_is_read(schema, words):
    with pytest.raises(ValueError, match=words):
        check_schema(schema)
    with pytest.raises(ValueError, match="cannot be used"):
        check_entry("is-json", schema)


def test_a_value_that_only_looks_like_a_pattern_is_none():
    check_schema({"default": {"pattern": "("}, "properties": {"pattern": {"enum": ["("]}}})


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(", "missing"),
        ("a{5000000000}", "too large"),
        ("(" * 5000 + ")" * 5000, "too deeply"),
        (r"\p{L}", "bad escape"),
        (r"(?<=a+)b", "fixed-width"),
    ],
)
def test_a_pattern_that_is_none_of_python_is_refused_with_the_reason(pattern, words):
    with pytest.raises(ValueError, match=words):
        check_pattern(pattern)


PARTS = ["a", "b", ".", r"\d", r"\w", r"\s", "[a-c]", "[^a]", "^", "$", r"\b", "(?:ab|c)", "é"]
pieces = st.lists(
    st.tuples(st.sampled_from(PARTS), st.sampled_from(["", "", "*", "+", "?", "{1,2}"])), max_size=5
)


@given(pieces, st.text("ab1c é_\n", max_size=12))
def test_it_finds_what_pythons_own_re_finds(parts, text):
    pattern = "".join(
        part + (often if part not in ("^", "$", r"\b") else "") for part, often in parts
    )
    assert found_in(pattern, text) == (re.search(pattern, text) is not None)
    assert matches_whole(pattern, text) == (re.fullmatch(pattern, text) is not None)
