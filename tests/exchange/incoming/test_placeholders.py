"""Placeholders of other tools become `{{name}}`, and it is shown."""

from __future__ import annotations

import pytest

from tinyarms.exchange.incoming.placeholders import from_fstring, from_mustache, input_name


@pytest.mark.parametrize(
    ("text", "ours", "shown"),
    [
        ("a {{ name }} b", "a {{name}} b", 0),
        ("{{item.text}}", "{{item_text}}", 1),
        ("{{ row['text'] }}", "{{row_text}}", 1),
        ("{{- tone | trim | upper -}}", "{{tone}}", 1),
        ('{"a": 1} {{x}} { y }', '{"a": 1} {{x}} { y }', 0),
        ("{# note #}{{x}}", "{{x}}", 0),
        ("{{ größe }}", "{{grosse}}", 1),
    ],
)
def test_a_name_comes_in(text: str, ours: str, shown: int) -> None:
    found = from_mustache(text, "p")
    assert (found.text, len(found.rewritten), found.listed) == (ours, shown, ())


@pytest.mark.parametrize(
    "text",
    [
        *("{% if a %}b{% endif %}", "{{ a | default('x') }}", "{{ a[0] }}", "{{ a + b }}"),
        *("{{ env.KEY }}", "{{ f(x) }}", "{{ 'text' }}", "{{ }}", "{{ a", "{{>partial}}"),
    ],
)
def test_what_computes_something_is_listed_with_its_line(text: str) -> None:
    found = from_mustache(f"one\n{text}", "p", first_line=5)
    assert [part.where for part in found.listed][:1] == ["p, line 6"]


def test_fstrings_have_braces_of_their_own() -> None:
    found = from_fstring('{a} {b.c!r} {{"x": {d:>3}}}', "p")
    assert found.text == '{{a}} {{b_c}} {"x": {{d}}}'
    assert found.names == ("a", "b_c", "d")


@pytest.mark.parametrize(
    ("path", "name"),
    [("Größe (cm)", "Grosse_cm"), ("1st", "_1st"), ("日本", "u65e5u672c"), ("a-b", "a_b")],
)
def test_a_heading_becomes_a_name(path: str, name: str) -> None:
    assert input_name(path) == name
