from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import PromptError
from tinyarms.skills.template import (
    check_variables,
    foreign_marks,
    foreign_marks_problem,
    join_frame,
    render,
    render_turn,
    split_frame,
    standard_frame,
    variables,
)


def test_variables_are_listed_once_in_order() -> None:
    assert variables("{{b}} {{ a }} {{b}} {{not-one}} {{1}} {c}") == ("b", "a")


@pytest.mark.parametrize(
    ("text", "instruction", "frame"),
    [
        ("Name it.", "Name it.", ""),
        ("Name it.\nBriefly.\n\nFile: {{x}}\nName:", "Name it.\nBriefly.", "File: {{x}}\nName:"),
        ("Name {{x}} briefly.\nNow.", "", "Name {{x}} briefly.\nNow."),
        ("One.\n{{x}}\nTwo.\n{{y}}", "One.", "{{x}}\nTwo.\n{{y}}"),
        ("", "", ""),
    ],
)
def test_the_frame_begins_at_the_first_line_with_a_variable(
    text: str, instruction: str, frame: str
) -> None:
    assert split_frame(text) == (instruction, frame)


_LINES = st.lists(st.sampled_from(["One.", "Two.", "", "  Three.", "{{x}}", "And {{y}}:"]))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(_LINES)
def test_joining_undoes_splitting(lines: list[str]) -> None:
    instruction, frame = split_frame("\n".join(lines))
    assert split_frame(join_frame(instruction, frame)) == (instruction, frame)
    assert not variables(instruction)
    assert bool(frame) == bool(variables("\n".join(lines)))


def test_a_template_without_variables_gets_the_standard_frame() -> None:
    assert standard_frame(["content"]) == "Input: {{content}}\nOutput:"
    assert render("Name it.", {"file_name": "a.png", "content": "A cat."}) == (
        "Name it.\n\nFile name: a.png\nContent: A cat.\nOutput:"
    )


def test_variables_are_filled_with_the_text_as_it_is() -> None:
    hostile = r"\1 \g<0> $x {{y}} {% if %} {{ x }}"
    assert render("Say {{x}} and {{ x }}, {{y}}.", {"x": hostile, "y": "Y"}) == (
        f"Say {hostile} and {hostile}, Y."
    )


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    st.text(st.sampled_from("{}xy \n"), max_size=12),
    st.text(st.sampled_from("{}xy \n"), max_size=12),
)
def test_the_text_of_an_input_is_never_filled_again(x: str, y: str) -> None:
    inputs = {"x": x, "y": y}
    assert render("Do.\n\nX={{x}} Y={{ y }};", inputs) == f"Do.\n\nX={x} Y={y};"
    assert render("Do.", inputs) == f"Do.\n\nX: {x}\nY: {y}\nOutput:"


def test_a_turn_shows_only_the_frame() -> None:
    assert render_turn("Do.\n\nIn: {{x}}", {"x": "1"}) == "In: 1"
    assert render_turn("Do.", {"x": "1"}) == "Input: 1\nOutput:"


def test_a_variable_that_was_not_given_is_an_error() -> None:
    with pytest.raises(PromptError, match=r"needs \{\{z\}\}, which was not given\. Given: x\."):
        render("{{x}} {{z}}", {"x": "1"})
    with pytest.raises(PromptError, match="Given: nothing"):
        render("{{z}}", {})


def test_a_variable_that_is_no_input_is_an_error() -> None:
    check_variables("{{x}} {{ y }}", ["x", "y", "z"], "a.md")
    with pytest.raises(PromptError, match=r"^a\.md: .* \{\{q\}\}.* Its inputs are: x, y\.$"):
        check_variables("{{x}} {{q}}", ["x", "y"], "a.md")


@pytest.mark.parametrize(
    ("template", "given", "filled"),
    [
        ("Name it.", {"b": "2"}, "Name it.\n\nB: 2\nOutput:"),
        ("A: {{a}}\nB: {{b}}\nName:", {"a": "1"}, "A: 1\nName:"),
        ("A: {{a}}\nB: {{b}}", {"a": "1"}, "A: 1"),
        ("{{a}} and {{b}}:", {"b": "2"}, " and 2:"),
        ("Both {{a}} {{b}}\nName:", {}, "Name:"),
    ],
)
def test_an_input_that_is_not_given_leaves_no_trace(
    template: str, given: dict[str, str], filled: str
) -> None:
    assert render(template, given, ("a", "b")) == filled


def test_only_inputs_of_the_skill_may_be_absent() -> None:
    with pytest.raises(PromptError, match=r"needs \{\{c\}\}"):
        render("{{c}}", {"a": "1"}, ("a", "b"))


def test_a_later_turn_drops_what_is_absent_too() -> None:
    assert render_turn("Name it.", {"b": "2"}, ("a", "b")) == "B: 2\nOutput:"


@pytest.mark.parametrize(
    "mark",
    [
        *("{a}", "${a}", "<<a>>", "<< a >>", "{{user-name}}", "{{input.a}}", "{{a|upper}}"),
        *("{{#if a}}", "{{/if}}", "{{{a}}}", "{% if a %}", "{# a #}", "{{ a b }}"),
    ],
)
def test_placeholders_of_other_tools_are_told(mark: str) -> None:
    assert foreign_marks(f"Sort {mark}: {{{{a}}}}", ["a"]) == (mark,)
    assert f"The prompt has {mark}, which" in foreign_marks_problem(f"Sort {mark}.", ["a"])


def test_braces_that_name_no_input_are_text() -> None:
    text = 'Answer {"a": {b}} or {}, $a, ${HOME}, <b>a</b>, {{a}} {{ a }}'
    assert foreign_marks(text, ["a"]) == ()
    assert foreign_marks_problem(text, ["a"]) == ""
