from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.skills.contract import Contract, JsonSchema, Labels, Pattern, Text
from tinyarms.skills.same_output import comparable

JSON = JsonSchema({})


@pytest.mark.parametrize(
    ("contract", "one", "other"),
    [
        (JSON, '{"a": 1, "b": [2.0]}', '{"b":[2],"a":1.0}'),
        (JSON, '{"a": "caf\u00e9"}', '{"a": "cafe\u0301"}'),
        (JSON, "-0.0", "0"),
        (Text(), "one\r\ntwo", "one  \ntwo"),
        (Text(), "caf\u00e9", "cafe\u0301"),
        (Pattern("[a-z]+"), '"abc"', "abc"),
        (Labels(("good", "bad")), "GOOD", '"good"'),
    ],
)
def test_outputs_that_say_the_same_are_equal(contract: Contract, one: str, other: str) -> None:
    assert comparable(contract, contract.parse(one)) == comparable(contract, contract.parse(other))


@pytest.mark.parametrize(
    ("contract", "one", "other"),
    [
        (JSON, '{"a": 1}', '{"a": "1"}'),
        (JSON, '{"a": true}', '{"a": 1}'),
        (JSON, "[1, 2]", "[2, 1]"),
        (JSON, '{"a": null}', "{}"),
        (Text(), "one two", "one\ntwo"),
        (Text(), "Good", "good"),
    ],
)
def test_outputs_that_say_something_else_differ(contract: Contract, one: str, other: str) -> None:
    assert comparable(contract, contract.parse(one)) != comparable(contract, contract.parse(other))


def test_no_usable_output_is_like_no_other() -> None:
    assert comparable(Text(), None) is None
    assert comparable(Text(), "None") is not None


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=5,
)


@pytest.mark.slow
@given(JSON_VALUES)
def test_json_is_compared_by_its_value(value: object) -> None:
    written = (json.dumps(value), json.dumps(value, indent=2, ensure_ascii=False))
    assert len({comparable(JSON, JSON.parse(text)) for text in written}) == 1
