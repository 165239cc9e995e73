from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.skills.gbnf import accepts
from tinyarms.core.errors import ConfigError, ContractViolation
from tinyarms.skills.contract import Contract, JsonSchema, Labels, Pattern, Text

LABELS = Labels(("positive", "Not sure"))
PATTERN = Pattern("[a-z0-9]+(-[a-z0-9]+){1,5}")
SCHEMA = JsonSchema(
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "n": {"type": "integer"}},
        "required": ["name"],
    }
)


@pytest.mark.parametrize(
    ("contract", "text", "output"),
    [
        (LABELS, "positive", "positive"),
        (LABELS, " POSITIVE\n", "positive"),
        (LABELS, '"not sure"', "Not sure"),
        (PATTERN, "red-car", "red-car"),
        (PATTERN, ' "red-car-2"\n', "red-car-2"),
        (Pattern("a|b+"), "bb", "bb"),
        (SCHEMA, ' {"n": 1,\n "name": "é"}', '{"name": "é", "n": 1}'),
        (JsonSchema({"type": "array"}), "[1]", "[1]"),
        (Text(), "  Two\nlines. ", "Two\nlines."),
        (Text(), '"quoted"', '"quoted"'),
    ],
)
def test_an_output_that_keeps_the_contract(contract: Contract, text: str, output: str) -> None:
    assert contract.parse(text) == output
    assert contract.parse(output) == output


@pytest.mark.parametrize(
    ("contract", "text", "complaint"),
    [
        (LABELS, "", "is none of: positive, Not sure"),
        (LABELS, "positive.", "is none of"),
        (LABELS, "It is positive", "is none of"),
        (LABELS, '"positive', "is none of"),
        (LABELS, "x" * 500, "^'x{199}…' is none of"),
        (PATTERN, "", "does not match"),
        (PATTERN, "Red-Car", "does not match"),
        (PATTERN, "red", "does not match"),
        (PATTERN, "a-b-c-d-e-f-g", "does not match"),
        (PATTERN, "red-car.", "does not match"),
        (PATTERN, "red-car\nIt is.", "does not match"),
        (Pattern("a|b"), "ab", "does not match"),
        (SCHEMA, "name", "is not JSON"),
        (SCHEMA, '{"name": "a"} Sure!', "is not JSON"),
        (SCHEMA, "{}", "the value lacks the key name"),
        (SCHEMA, '{"name": 1}', "name is 1, and must be text"),
        (SCHEMA, "[]", "and must be a mapping"),
        (Text(), " \n", "is empty"),
    ],
)
def test_an_output_that_violates_it(contract: Contract, text: str, complaint: str) -> None:
    with pytest.raises(ContractViolation, match=complaint):
        contract.parse(text)


def test_labels_ask_for_one_of_them() -> None:
    asked = LABELS.constraint()
    assert asked.choices == ("positive", "Not sure")
    assert asked.schema == {"type": "string", "enum": ["positive", "Not sure"]}
    assert asked.grammar is not None
    assert accepts(asked.grammar, "Not sure")
    assert not accepts(asked.grammar, "not sure")


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True))
def test_all_three_forms_of_a_pattern_ask_for_the_same(text: str) -> None:
    asked = PATTERN.constraint()
    assert asked.grammar is not None and asked.schema is not None and asked.regex is not None
    kept = re.fullmatch(PATTERN.pattern, text) is not None
    assert accepts(asked.grammar, text) == kept
    # JSON schema searches, so its pattern needs its own ends, around all alternatives.
    assert bool(re.search(asked.schema["pattern"], text)) == kept
    assert bool(re.fullmatch(asked.regex, text)) == kept


def test_the_schema_of_a_pattern_holds_all_its_alternatives() -> None:
    schema = Pattern("a|b").constraint().schema
    assert schema is not None
    assert [bool(re.search(schema["pattern"], text)) for text in ("a", "b", "ac", "cb")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_json_schema_asks_for_itself_and_text_for_nothing() -> None:
    asked = SCHEMA.constraint()
    assert (asked.schema, asked.grammar, asked.choices) == (SCHEMA.schema, None, ())
    assert Text().constraint() is None


def test_a_pattern_that_no_grammar_can_express_is_found_when_it_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="no grammar can express"):
        Pattern("(?=a).*").constraint()


def test_each_contract_in_words() -> None:
    assert LABELS.wording() == "Answer with exactly one of: positive, Not sure."
    assert PATTERN.pattern in PATTERN.wording()
    assert SCHEMA.wording() == "Answer with a JSON object that has the keys name, n."
    assert JsonSchema({"type": "array"}).wording() == "Answer in JSON."
    assert Text().wording() == ""


def test_only_labels_have_labels() -> None:
    others: list[Contract] = [Pattern("a+"), JsonSchema({"type": "object"}), Text()]
    assert Labels(("no", "yes")).labels == ("no", "yes")
    assert [contract.labels for contract in others] == [(), (), ()]


def test_each_contract_names_its_kind() -> None:
    kinds = [contract.kind for contract in (LABELS, PATTERN, SCHEMA, Text())]
    assert kinds == ["labels", "pattern", "json_schema", "text"]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["name", "n", "x"]), st.text(max_size=5) | st.integers()))
def test_equal_json_values_have_one_form(value: dict[str, str | int]) -> None:
    anything = JsonSchema({})
    backwards = dict(reversed(value.items()))
    assert anything.parse(json.dumps(value)) == anything.parse(json.dumps(backwards, indent=2))
    assert json.loads(anything.parse(json.dumps(value))) == value


def test_a_schema_is_checked_without_the_network() -> None:
    contract = JsonSchema({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}})
    assert contract.parse("3") == "3"
    with pytest.raises(ContractViolation):
        contract.parse('"three"')


@pytest.mark.parametrize(
    ("text", "violation"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 2_000 + "1" + "}" * 2_000, "nested too deeply"),
        ("9" * 5_000, "a number JSON cannot hold"),
        ("1e999", "a number JSON cannot hold"),
        ("NaN", "a number JSON cannot hold"),
        ('{"a": -Infinity}', "a number JSON cannot hold"),
    ],
)
def test_json_that_cannot_be_kept_breaks_the_contract(text: str, violation: str) -> None:
    with pytest.raises(ContractViolation, match=violation):
        JsonSchema({}).parse(text)


def test_half_a_surrogate_pair_in_json_is_replaced() -> None:
    assert JsonSchema({}).parse('{"a\\udc00": "\\ud83d", "b": "\\u0000"}') == (
        '{"a\ufffd": "\ufffd", "b": "\\u0000"}'
    )


PERSON = {
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "home": {"$ref": "#/$defs/place"},
        "trips": {"items": {"$ref": "#/$defs/place"}},
    },
    "$defs": {"place": {"properties": {"town": {}, "land": {}}}},
}


@pytest.mark.parametrize(
    ("schema", "said", "output"),
    [
        (PERSON, '{"age": 94, "name": "Ann"}', '{"name": "Ann", "age": 94}'),
        (PERSON, '{"b": 1, "a": 2, "age": 94}', '{"age": 94, "a": 2, "b": 1}'),
        (
            PERSON,
            '{"trips": [{"land": "c", "town": "d"}], "home": {"land": "a", "town": "b"}}',
            '{"home": {"town": "b", "land": "a"}, "trips": [{"town": "d", "land": "c"}]}',
        ),
        ({}, '{"b": 1, "a": {"d": 1, "c": 2}}', '{"a": {"c": 2, "d": 1}, "b": 1}'),
        ({"$ref": "#/$defs/a", "$defs": {"a": {}}}, "[1]", "[1]"),
    ],
)
def test_json_has_the_order_of_keys_of_its_schema(
    schema: dict[str, object], said: str, output: str
) -> None:
    """A grammar of the schema keeps this order, so demonstrations must have it too."""
    assert JsonSchema(schema).parse(said) == output
    assert JsonSchema(schema).parse(output) == output
