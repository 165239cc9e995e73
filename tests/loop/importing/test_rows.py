"""Rows of another tool as texts: their names of inputs."""

from __future__ import annotations

import pytest

from tinyarms.exchange.incoming.records import Row
from tinyarms.loop.importing.rows import as_inputs_of, text_row


def test_no_value_is_lost_because_its_name_is_like_another() -> None:
    with pytest.raises(ValueError, match="two of its values would be the input 'a_b'"):
        text_row(Row({"a-b": "x", "a_b": "y"}, "f, line 1"))
    with pytest.raises(ValueError, match="would be the input"):
        text_row(Row({"\u304c": "x", "\u304b": "y"}, "f, line 1"))
    assert text_row(Row({"a-b": "x", "a": {"b": "x"}}, "f, line 1")).inputs == {"a_b": "x"}


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ({"Text": "x"}, {"text": "x"}),
        ({"User_Query": "x"}, {"userQuery": "x"}),
        ({"text": "x", "TEXT": "y"}, {"text": "x", "TEXT": "y"}),
        ({"Te_xt": "x", "TEXT": "y"}, {"Te_xt": "x", "TEXT": "y"}),
        ({"other": "x"}, {"other": "x"}),
    ],
)
def test_names_of_a_skill_that_is_there_match_without_case(
    names: dict[str, str], found: dict[str, str]
) -> None:
    row = as_inputs_of(text_row(Row(names, "f, line 1")), ("text", "userQuery"))
    assert row.inputs == found
