"""YAML and JSON as a person wrote them, with lines, in bounded time."""

from __future__ import annotations

import pytest

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.yaml_text import read_json, read_yaml, typed

_BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


def test_a_scalar_stays_as_it_was_written() -> None:
    text = "{a: Yes, b: no, c: 1.50, d: 2024-01-02, e: null, f: 'null', g: 0x1F, h: .nan, i: 1e999}"
    assert read_yaml(text, "x") == {
        **{"a": "Yes", "b": "no", "c": "1.50", "d": "2024-01-02", "e": None, "f": "null"},
        **{"g": "0x1F", "h": ".nan", "i": "1e999"},
    }
    assert typed(read_yaml("[1, 0.5, true, no, '1', 1e999, ~]", "x")) == [
        *(1, 0.5, True, "no", "1", "1e999", None),
    ]


def test_lines_merges_and_anchors() -> None:
    found = read_yaml("base: &b\n  x: 1\nrow:\n  <<: *b\n  y: 2\nagain: *b\n", "x")
    assert found["row"] == {"x": "1", "y": "2"}
    assert (found.line_of("row"), found["row"].line_of("y"), found["row"].line_of("x")) == (3, 5, 2)
    assert found["again"] is found["base"]


def test_json_has_lines_and_joined_surrogates() -> None:
    found = read_json('{\n\t"a": "\\ud83d\\ude00 \\/",\n\t"b": [1.0]\n}', "x")
    assert (found["a"], found.line_of("b"), found["b"]) == ("😀 /", 3, ["1.0"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_BOMB, "line 6: stands for more than"),
        ("[" * 100_000, "line 1: has more than 100 levels"),
        ("\n".join(" " * n + "a:" for n in range(300)), "line 100: has more than 100 levels"),
        ("a: &x [*x]", "line 1: *x has no anchor before it, or contains itself"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]", "line 2: the tag "),
        ("a: 1\na: 2", "line 2: the key 'a' occurs twice"),
        ("a: 1\n---\nb: 2", "line 2: a second document begins"),
        ("a:\n\tb: 1", "line 2: broken YAML"),
        ("a: 'x", "broken YAML"),
        ("? [a]\n: b", "line 1: a key is no text"),
        ("a: \x00", "broken YAML"),
        ("a: \udcff", "broken YAML"),
        ("a: " + "x" * 2_100_000, "characters of YAML"),
    ],
)
def test_what_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ImportRefused) as caught:
        read_yaml(text, "x.yaml")
    assert caught.value.message.startswith("x.yaml") and message in caught.value.message
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', "[NaN]", "[" * 5000, "{", "[1] [2]"])
def test_json_that_is_refused(text: str) -> None:
    with pytest.raises(ImportRefused, match=r"^x\.json"):
        read_json(text, "x.json")


def test_a_character_that_no_yaml_has_is_named_with_its_line() -> None:
    with pytest.raises(ImportRefused, match=r"x, line 3: broken YAML: unacceptable character"):
        read_yaml("a: 1\nb: 2\nc: '\0'\n", "x")
