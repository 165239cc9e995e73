"""Placeholders of other tools become `{{name}}`, and it is shown."""

from __future__ import annotations

import pytest

from tinyarms.exchange.incoming.placeholders import from_mustache, input_name
from tinyarms.exchange.incoming.templates import Unfilled, filled


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


@pytest.mark.parametrize(
    ("path", "name"),
    [("Größe (cm)", "Grosse_cm"), ("1st", "_1st"), ("日本", "u65e5u672c"), ("a-b", "a_b")],
)
def test_a_heading_becomes_a_name(path: str, name: str) -> None:
    assert input_name(path) == name


@pytest.mark.parametrize("mark", ["{{", "{%", "{#", "{{a ", "{{- "])
def test_marks_without_an_end_are_looked_at_once(mark: str) -> None:
    # Looked for anew from each mark, the end would take minutes here.
    template = from_mustache(mark * 100_000, "p.txt")
    assert template.names == ()
    assert [part.why for part in template.listed] == (
        ["the placeholder has no end"] if mark.startswith("{{") else []
    )
    closed = from_mustache(f"{{{{a}}}} {mark * 100_000}", "p.txt")
    assert closed.names == ("a",)


def test_a_placeholder_has_the_line_on_which_it_begins() -> None:
    template = from_mustache("a\n{{ b | trim }} {{c d}}\n\n{{e f", "p.txt", first_line=3)
    assert [part.where for part in (*template.rewritten, *template.listed)] == [
        *("p.txt, line 4", "p.txt, line 4", "p.txt, line 6"),
    ]


@pytest.mark.slow
def test_a_filled_template_has_a_bound() -> None:
    with pytest.raises(Unfilled, match="more than 1,000,000 characters"):
        filled("{{b}}" * 2_000, {"b": "b" * 100_000})
    with pytest.raises(Unfilled, match="more than 1,000,000 characters"):
        filled("{{a}}" * 10, {"a": "{{b}}" * 10, "b": "{{c}}" * 100, "c": "c" * 101})
    assert filled("{{b}} {{n}} {% x", {"b": "{{c}}", "c": "d", "n": 5.0}) == "d 5 {% x"
