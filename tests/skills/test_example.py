from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import ExampleError
from tinyarms.skills.contract import Contract, JsonSchema, Labels, Pattern, Text
from tinyarms.skills.example import Example, assign_split, format_example, parse_examples

_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_EXAMPLES = st.builds(
    Example,
    id=_WORDS.filter(bool),
    inputs=st.fixed_dictionaries({"a": _WORDS, "b": _WORDS}),
    expected=_WORDS,
    split=st.sampled_from(["search", "selection", "test"]),
    origin=st.sampled_from(["gold", "collected"]),
    kind=_WORDS,
    required=st.dictionaries(_WORDS, st.floats(0.1, 9), max_size=2),
    forbidden=st.lists(_WORDS, max_size=2).map(tuple),
)


def _row(**changes: Any) -> str:
    return json.dumps({"inputs": {"x": "1"}, "expected": "a"} | changes)


def _parse(*lines: str) -> list[Example]:
    return parse_examples(lines, ("x",), "ex.jsonl")


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(_EXAMPLES)
def test_a_row_reads_back_as_the_example(example: Example) -> None:
    read = parse_examples([format_example(example)], ("a", "b"), "ex.jsonl")
    is_gold = example.origin == "gold"
    assert read == [example if is_gold else replace(example, split="search")]


def test_what_is_left_out_has_a_default() -> None:
    [example] = _parse(_row())
    assert (example.origin, example.kind, example.required, example.forbidden) == (
        "gold",
        "",
        {},
        (),
    )
    assert example.split == assign_split({"x": "1"})
    assert example.id == _parse(_row(expected="b"))[0].id
    assert example.id != _parse(_row(inputs={"x": "2"}))[0].id


def test_inputs_come_in_the_order_of_the_skill() -> None:
    row = _row(inputs={"b": "2", "a": "1"})
    [example] = parse_examples([row], ("a", "b"), "ex.jsonl")
    assert list(example.inputs) == ["a", "b"]


def test_an_expected_json_value_is_in_canonical_form() -> None:
    assert _parse(_row(expected={"b": 1, "a": "é"}))[0].expected == '{"a": "é", "b": 1}'


def test_blank_lines_count_but_are_no_examples() -> None:
    with pytest.raises(ExampleError, match=r"^ex\.jsonl, line 4: "):
        _parse("", _row(), "  ", "{")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "not an example"),
        ("[]", "not an example"),
        ('"text"', "not an example"),
        ("null", "not an example"),
        ('{"inputs": {"x": "1"}}', "not an example .*expected"),
        ('{"expected": "a"}', "not an example .*inputs"),
        (_row(inputs=["x"]), "not an example"),
        (_row(inputs={"x": None}), "the input x is not text"),
        (_row(inputs={"x": 1}), "the input x is not text"),
        (_row(inputs={"y": "1"}), r"its inputs are y\. The skill's inputs are x\."),
        (_row(inputs={"x": "1", "y": "1"}), r"its inputs are x, y\."),
        (_row(inputs={}), r"its inputs are none\."),
        (_row(split="train"), "split 'train'"),
        (_row(split=["test"]), "is unknown"),
        (_row(origin="silver"), "origin 'silver'"),
        (_row(required=["a"]), "not an example"),
        (_row(required={"a": "much"}), "not an example .*much"),
        (_row(required={"a": 0}), "0 is not a weight"),
        (_row(required={"a": float("nan")}), "NaN is no JSON value"),
        (_row(forbidden="img"), "forbidden is not a list of words"),
        (_row(forbidden=[1]), "forbidden is not a list of words"),
    ],
)
def test_a_broken_row_is_named_by_its_line(line: str, complaint: str) -> None:
    with pytest.raises(ExampleError, match=rf"^ex\.jsonl, line 2: .*{complaint}") as caught:
        _parse(_row(inputs={"x": "0"}), line)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("second", [_row(id="one", inputs={"x": "2"}), _row(id="one")])
def test_an_id_may_stand_once(second: str) -> None:
    with pytest.raises(ExampleError, match=r"line 2: the id one occurs twice"):
        _parse(_row(id="one"), second)


def test_rows_without_ids_may_have_the_same_inputs() -> None:
    rows = _parse(_row(), _row(expected="b"), _row())
    assert [example.expected for example in rows] == ["a", "b", "a"]
    assert len({example.id for example in rows}) == 3
    assert rows[0].id == _parse(_row())[0].id


LABELS = Labels(("calendar", "reminder"))
SCHEMA = JsonSchema({"type": "object", "required": ["a"]})


@pytest.mark.parametrize(
    ("contract", "expected", "message"),
    [
        (LABELS, "null", r"line 2: the expected output is null, which is no text"),
        (LABELS, "3", r'line 2: the expected output is 3, which is no text\. Write "3"'),
        (LABELS, '["reminder"]', r"which is no text"),
        (LABELS, '"remider"', r"'remider' is none of: .*Did you mean 'reminder'\?"),
        (LABELS, '"account"', r"'account' is none of.*Answer with exactly one of"),
        (LABELS, '""', r"'' is none of"),
        (LABELS, "NaN", r"NaN is no JSON value"),
        (LABELS, "-Infinity", r"-Infinity is no JSON value"),
        (Text(), "7", r"which is no text"),
        (Text(), '" "', r"The output is empty"),
        (Pattern("[a-z]+"), '"B 2"', r"does not match"),
        (SCHEMA, "{}", r"the value lacks the key a"),
        (SCHEMA, "null", r"the value is null, and must be a mapping"),
    ],
)
def test_an_answer_outside_the_contract_is_refused_with_its_line(
    contract: Contract, expected: str, message: str
) -> None:
    rows = [
        json.dumps({"inputs": {"x": "0"}, "expected": _right(contract)}),
        f'{{"inputs": {{"x": "1"}}, "expected": {expected}}}',
    ]
    with pytest.raises(ExampleError, match=message) as caught:
        parse_examples(rows, ("x",), "ex.jsonl", contract, may_be_empty=False)
    assert str(caught.value).startswith("ex.jsonl, line 2: ")
    assert "\n" not in str(caught.value)


def _right(contract: Contract) -> Any:
    return {"labels": "reminder", "json_schema": {"a": 1}}.get(contract.kind, "abc")


def test_all_wrong_answers_of_a_file_are_counted() -> None:
    rows = [_row(inputs={"x": str(n)}, expected="remider") for n in range(8)]
    with pytest.raises(ExampleError, match=r"line 1: .*The same is wrong in 7 more rows\."):
        parse_examples(rows, ("x",), "ex.jsonl", LABELS)


@pytest.mark.parametrize(
    ("contract", "expected", "stored"),
    [
        (LABELS, " “Reminder” ", "reminder"),
        (SCHEMA, {"b": 1, "a": "é"}, '{"a": "é", "b": 1}'),
        (SCHEMA, '{"b":1,"a":2}', '{"a": 2, "b": 1}'),
        (JsonSchema({"type": "string"}), "plain", '"plain"'),
        (JsonSchema({}), None, "null"),
        (Text(), " some text\n", "some text"),
        (Text(), "", ""),
    ],
)
def test_an_answer_takes_the_form_that_outputs_have(
    contract: Contract, expected: Any, stored: str
) -> None:
    [example] = parse_examples([_row(expected=expected)], ("x",), "ex.jsonl", contract)
    assert example.expected == stored
    assert parse_examples([format_example(example)], ("x",), "ex.jsonl", contract) == [example]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"expected": ' + "[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"inputs": {"x": "1"}, "inputs": {"x": "2"}, "expected": "a"}', "'inputs' occurs twice"),
        ('{"inputs": {"x": "1", "x": "2"}, "expected": "a"}', "key 'x' occurs twice"),
        (_row(inputs={"x": "y" * 5_000_000}), r"has 5,000,\d+ characters\. At most 1,000,000"),
        ('{"inputs": {"x": "\\ud83d"}, "expected": "a", "id": "1"}', "half of a surrogate pair"),
        ('{"inputs": {"x": "1"}, "expected": "\\ud83d"}', "half of a surrogate pair"),
        ('{"inputs": {"x": "1"}, "expected": ' + "9" * 5000 + "}", "not an example"),
    ],
    ids=["brackets", "in a row", "braces", "key", "inner key", "huge", "half", "answer", "digits"],
)
def test_a_row_that_cannot_be_held_is_one_line_with_its_number(line: str, complaint: str) -> None:
    with pytest.raises(ExampleError, match=rf"^ex\.jsonl, line 2: .*{complaint}") as caught:
        _parse(_row(inputs={"x": "0"}), line)
    assert len(str(caught.value)) < 400


def test_a_collected_row_is_for_searches_only() -> None:
    assert _parse(_row(split="test", origin="collected"))[0].split == "search"


def test_a_file_without_examples_is_an_error() -> None:
    with pytest.raises(ExampleError, match=r"^ex\.jsonl: there are no examples"):
        _parse("", " ")


def test_the_split_of_an_example_never_moves() -> None:
    # Asserted one by one: a split that moves leaks test examples into the search.
    assert [assign_split({"x": str(n)}) for n in range(8)] == [
        "test",
        "search",
        "search",
        "search",
        "selection",
        "test",
        "selection",
        "test",
    ]
    assert assign_split({"a": "1", "b": "2"}) == assign_split({"b": "2", "a": "1"})


def test_the_hash_splits_30_20_50() -> None:
    n = 4000
    counts = Counter(assign_split({"content": f"file {i}"}) for i in range(n))
    # Four standard deviations of a binomial.
    for split, share in (("search", 0.3), ("selection", 0.2), ("test", 0.5)):
        assert abs(counts[split] / n - share) < 4 * (share * (1 - share) / n) ** 0.5
