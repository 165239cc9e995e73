from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import PromptError
from tinyarms.skills.prompt import Demonstration, Prompt, Retrieval
from tinyarms.skills.prompt_file import format_prompt_file, parse_prompt_file

# Words that YAML would rather read as something else, and its own marks.
_TRICKY = [
    "no",
    "true",
    "null",
    "~",
    "1.0",
    "007",
    "2024-01-01",
    "---",
    "- a",
    "a: b",
    "# c",
    "",
    "\x85",
]
_ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=20)
_TEXT = st.one_of(
    st.sampled_from(_TRICKY), _ANY, st.lists(_ANY | st.sampled_from(_TRICKY)).map("\n".join)
)
_NAME = st.sampled_from(["content", "file_name", "no", "1"])
_PROMPTS = st.builds(
    Prompt,
    # No prompt file may have the character NUL.
    text=_TEXT.map(lambda text: text.replace("\0", "").strip()).filter(bool),
    demonstrations=st.lists(
        st.builds(Demonstration, st.dictionaries(_NAME, _TEXT, max_size=2), _TEXT), max_size=2
    ).map(tuple),
    calibration=st.dictionaries(
        _TEXT, st.floats(-20, 20, allow_nan=False).map(lambda bias: round(bias, 4)), max_size=3
    ),
    retrieve=st.none()
    | st.builds(
        Retrieval,
        demonstrations=st.integers(0, 64),
        nearest_last=st.booleans(),
        prior_weight=st.floats(0, 20).map(lambda weight: round(weight, 4)),
        snapshot=st.sampled_from(["0" * 64, "5d41402abc4b2a76b9719d911017c592", "1e5"]),
    ),
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(_PROMPTS)
def test_a_prompt_file_reads_back_as_the_prompt(prompt: Prompt) -> None:
    read = parse_prompt_file(format_prompt_file(prompt), "a.md")
    assert read == prompt
    assert read.hash == prompt.hash
    assert Prompt.from_dict(prompt.to_dict()) == prompt


def test_a_long_text_with_control_characters_keeps_each_space() -> None:
    text = (
        "\n\n\n\n\n0\n0\n0000\n000\x1f\x1f\n00\x1f\n0000000\n000\x1f\x1f\n00000\x1f\x1f\x1f\x1f0 0"
    )
    prompt = Prompt("no", (Demonstration({"content": "no", "file_name": text}, "no"),))
    assert parse_prompt_file(format_prompt_file(prompt), "a.md") == prompt


def test_a_plain_prompt_is_a_plain_file() -> None:
    assert format_prompt_file(Prompt("Name it.\n")) == "Name it.\n"


def test_the_front_matter_as_people_write_it() -> None:
    read = parse_prompt_file(
        "---\n"
        "note: for people\n"
        "demonstrations:\n"
        "  - inputs: {content: yes}\n"
        "    output: no\n"
        "calibration: {no: -0.5, 1: 2}\n"
        "---\n"
        "\nName it.\n\n---\n{{content}}\n",
        "a.md",
    )
    assert read == Prompt(
        "Name it.\n\n---\n{{content}}",
        (Demonstration({"content": "yes"}, "no"),),
        {"no": -0.5, "1": 2.0},
    )


def test_text_of_several_lines_stands_in_one() -> None:
    content = format_prompt_file(Prompt("Do.", (Demonstration({"x": "a\nb"}, "c"),)))
    assert '    x: "a\\nb"\n' in content


def test_what_is_said_of_a_prompt_goes_first_and_changes_nothing() -> None:
    prompt = Prompt("Name it.", calibration={"a": 0.25})
    content = format_prompt_file(prompt, {"version": 2, "source": "evolution"})
    assert content.startswith("---\nversion: 2\nsource: evolution\ncalibration:\n")
    assert parse_prompt_file(content, "a.md") == prompt


@pytest.mark.parametrize("content", ["---\n---\nName it.\n", "---\n# nothing\n---\nName it."])
def test_the_front_matter_may_be_empty(content: str) -> None:
    assert parse_prompt_file(content, "a.md") == Prompt("Name it.")


def test_line_ends_of_other_systems_do_not_matter() -> None:
    content = "---\ncalibration: {a: 1}\n---\nOne.\nTwo.\n"
    there = parse_prompt_file(content.replace("\n", "\r\n"), "a.md")
    assert there == parse_prompt_file(content, "a.md")
    assert there.hash == Prompt("One.\nTwo.", calibration={"a": 1.0}).hash


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "the prompt is empty"),
        ("---\na: 1\n---\n \n", "the prompt is empty"),
        ("---\na: 1\n---", "the prompt is empty"),
        ("---\na: 1\nName it.", "the front matter has no end"),
        ("---\na: [1\n---\nName it.", "line 2: front matter: broken YAML at the key a: a bracket"),
        ("---\na: 1\na: 2\n---\nName it.", "line 3: front matter: a: the key occurs twice"),
        ("---\n- a\n---\nName it.", "must be a mapping"),
        ("---\njust text\n---\nName it.", "must be a mapping"),
        ("---\ndemonstrations: text\n---\nName it.", "line 2: demonstrations: must be a list"),
        (
            "---\ndemonstrations: [{inputs: {a: b}}]\n---\nName it.",
            r"demonstrations\.0\.output: is missing",
        ),
        ("---\ndemonstrations: [{inputs: a, output: b}]\n---\nName it.", "must be a mapping"),
        (
            "---\ndemonstrations: [{inputs: {a: [b]}, output: c}]\n---\nName it.",
            r"inputs\.a: must be text",
        ),
        (
            "---\ndemonstrations: [{inputs: {a: b}, output: {c: d}}]\n---\nName it.",
            r"output: must be text",
        ),
        ("---\ncalibration: [a]\n---\nName it.", "calibration: must be a mapping"),
        (
            "---\ncalibration: {a: much}\n---\nName it.",
            r"line 2: calibration\.a: must be a finite number",
        ),
        ("---\ncalibration: {a: nan}\n---\nName it.", r"calibration\.a: must be a finite number"),
        ("---\nx: &a [*a]\n---\nName it.", "inside of what it stands for"),
        ("Name\nit\0.", "line 2: it has the character NUL"),
    ],
)
def test_a_broken_file_is_named(content: str, complaint: str) -> None:
    with pytest.raises(PromptError, match=rf"^skills/a\.md[,:] .*{complaint}") as caught:
        parse_prompt_file(content, "skills/a.md")
    assert "\n" not in str(caught.value)


def test_the_hash_is_of_all_that_changes_the_output() -> None:
    shown = Demonstration({"x": "1"}, "a")
    prompts = [
        Prompt("Name it."),
        Prompt("Name it!"),
        Prompt("Name it.", (shown,)),
        Prompt("Name it.", (shown, shown)),
        Prompt("Name it.", (Demonstration({"x": "1"}, "b"),)),
        Prompt("Name it.", calibration={"a": 0.5}),
        Prompt("Name it.", calibration={"a": -0.5}),
    ]
    assert len({prompt.hash for prompt in prompts}) == len(prompts)
    assert Prompt("Name it.", (), {"a": 1.0, "b": 2.0}).hash == (
        Prompt("Name it.", (), {"b": 2.0, "a": 1.0}).hash
    )
    # It stands in databases, so it may never change.
    assert Prompt("Name it.").hash[:16] == "b59231754611005c"


@pytest.mark.parametrize(
    ("retrieve", "message"),
    [
        ("{demonstrations: 4}", r"retrieve\.snapshot: is missing"),
        ("{demonstrations: -1, snapshot: ab}", "must be a whole number from 0 to 64"),
        ("{demonstrations: 1000, snapshot: ab}", "must be a whole number from 0 to 64"),
        (
            "{demonstrations: four, snapshot: ab}",
            r"retrieve\.demonstrations: must be a finite number",
        ),
        ("{prior_weight: -1, snapshot: ab}", "must be 0 or more"),
        ("{prior_weight: nan, snapshot: ab}", "must be a finite number"),
        ("{nearest_last: maybe, snapshot: ab}", "must be true or false"),
        ("{size: 4, snapshot: ab}", r"retrieve\.size: unknown key"),
        ("[4]", "retrieve: must be a mapping"),
    ],
)
def test_a_memory_that_cannot_be_is_named(retrieve: str, message: str) -> None:
    with pytest.raises(PromptError, match=message) as raised:
        parse_prompt_file(f"---\nretrieve: {retrieve}\n---\nName it.\n", "a.md")
    assert "a.md" in raised.value.message
    assert "retrieve: {" in raised.value.hint
