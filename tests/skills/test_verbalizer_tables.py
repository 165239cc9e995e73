"""A table of a verbalizer that is wrong is refused with its line, and a right one never is."""

from __future__ import annotations

import pytest

from tinyarms.skills.verbalizer_text import lines_of, table_of


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"\\ud800" 1 2\n', "line 1 must be a word"),  # ended in a UnicodeEncodeError
        ('"a\\u0000b" 1 2\n', "line 1 must be a word"),
        (
            '"x" 1e308 1e308\n"y" -1e308 -1e308\n',
            "line 1 must be .* above 1e",
        ),
        ('"x" 1 2\n"x" 3 4\n', "line 2 has the word of an earlier line"),
    ],
)
def test_what_cannot_be_a_table_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        table_of(text, columns=2)


@pytest.mark.slow
def test_a_fit_on_many_examples_can_be_read_back() -> None:
    table = {f"{number:012x}": (0.1, -0.1) for number in range(12_000)}
    assert table_of(lines_of(table), columns=2) == table
