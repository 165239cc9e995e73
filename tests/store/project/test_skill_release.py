"""A release changes its own lines of `config.yaml` and no others."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tinyarms.core.errors import ConfigError
from tinyarms.release.plan import ConfigKeys, HistoryEntry
from tinyarms.store.project.skill_release import set_skill_release, with_skill_release

RELEASE = ConfigKeys(
    prompt_template="skills/a-v2.md",
    prompt_version=2,
    evolved_at="2024-11-10T08:00:00Z",
    previous_accuracy=0.78,
    current_accuracy=0.91,
    evolution_history=(
        HistoryEntry(
            version=1,
            active_period="2024-09-15 to 2024-11-10",
            accuracy=0.78,
            reason="Accuracy drop",
        ),
        HistoryEntry(
            version=2,
            active_since="2024-11-10",
            accuracy=0.91,
            source="SmolLM2 evolution (variant C)",
        ),
    ),
)
WRITTEN = {
    **vars(RELEASE),
    "evolution_history": [
        {key: value for key, value in vars(entry).items() if value is not None}
        for entry in RELEASE.evolution_history
    ],
}
"""What a reader of the file gets."""

CONFIG = """\
# My project.
models:
  tiny: {kind: "embedded", model: 'smollm2:135m'}   # the model

skills:
  a:
    description: "Name it"  # what it does
    prompt_template: skills/a.md     # where
    prompt_version: 1  # which

    # About the model.
    model: tiny
    output:
      labels:
        - "yes"
        - no   # in Norway

  # Before b.
  b:
    prompt_template: skills/b.md
# The end.
"""

RELEASED = """\
# My project.
models:
  tiny: {kind: "embedded", model: 'smollm2:135m'}   # the model

skills:
  a:
    description: "Name it"  # what it does
    prompt_template: skills/a-v2.md     # where
    prompt_version: 2  # which
    evolved_at: "2024-11-10T08:00:00Z"
    previous_accuracy: 0.78
    current_accuracy: 0.91
    evolution_history:
      - version: 1
        active_period: "2024-09-15 to 2024-11-10"
        accuracy: 0.78
        reason: "Accuracy drop"
      - version: 2
        active_since: "2024-11-10"
        accuracy: 0.91
        source: "SmolLM2 evolution (variant C)"

    # About the model.
    model: tiny
    output:
      labels:
        - "yes"
        - no   # in Norway

  # Before b.
  b:
    prompt_template: skills/b.md
# The end.
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def test_a_release_is_written_as_the_original_design_has_it(config: Path) -> None:
    config.write_text(CONFIG)
    for _ in range(2):
        set_skill_release(config, "a", RELEASE)
        assert config.read_text() == RELEASED


def test_the_next_release_keeps_comments_in_the_history(config: Path) -> None:
    noted = RELEASED.replace('reason: "Accuracy drop"', 'reason: "Accuracy drop"  # in May')
    config.write_text(noted)
    history = (*RELEASE.evolution_history, HistoryEntry(version=3))
    third = replace(RELEASE, prompt_version=3, evolution_history=history)
    set_skill_release(config, "a", third)
    assert config.read_text() == noted.replace("prompt_version: 2", "prompt_version: 3").replace(
        '(variant C)"\n', '(variant C)"\n      - version: 3\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "skills:\n  a:\n    prompt_template: x.md # where\n    # below\n\n  # b\n  b: {x: 1}\n",
        "skills:\n    a:\n        prompt_version: 1\n        prompt_template: x.md\n\n# end\n",
        "---\nskills:\n  a:\n    prompt_template: x.md\n    list:\n    - 1\n    - 2\n",
        "skills:\n  a:\n    evolution_history: []   # none\n\n  # b\n  b: 1\n",
        "skills:\n  a:\n    evolution_history:\n      - x: 1  # mine\n    # below\n  # b\n  b: 1\n",
        "skills:\n  a: {prompt_template: x.md, model: m}  # flow\n  b: 1\n",
        "skills:\n  a:\n    x: |\n      two\n      lines\n    y: >-\n      folded\n      up\n",
    ],
)
def test_whatever_the_file_looks_like_other_lines_stay(config: Path, text: str) -> None:
    config.write_text(text)
    set_skill_release(config, "a", RELEASE)
    once = config.read_text()
    set_skill_release(config, "a", RELEASE)
    assert config.read_text() == once
    written = YAML(typ="safe", pure=True).load(once)["skills"]["a"]
    assert {key: written[key] for key in WRITTEN} == WRITTEN
    released = ("prompt_template", "prompt_version", "evolution_history", "x: 1", "a: {")
    for line in text.splitlines():
        if not any(part in line for part in released):
            assert line in once.splitlines()
    for comment in ("# where", "# below", "# b", "# none", "# flow", "# end"):
        assert once.count(comment) == text.count(comment)


def test_comments_stay_before_what_they_are_about(config: Path) -> None:
    config.write_text("skills:\n  a:\n    prompt_template: x.md\n\n  # About b.\n  b: 1\n")
    set_skill_release(config, "a", RELEASE)
    assert config.read_text().endswith('(variant C)"\n\n  # About b.\n  b: 1\n')


def test_an_accuracy_that_is_not_known_is_null(config: Path) -> None:
    config.write_text(CONFIG)
    set_skill_release(config, "a", replace(RELEASE, previous_accuracy=None))
    skill = YAML(typ="safe", pure=True).load(config.read_text())["skills"]["a"]
    assert skill["previous_accuracy"] is None


def test_line_ends_stay(config: Path) -> None:
    config.write_bytes(CONFIG.replace("\n", "\r\n").encode())
    set_skill_release(config, "a", RELEASE)
    assert config.read_bytes() == RELEASED.replace("\n", "\r\n").encode()


def test_a_file_that_does_not_change_is_not_written(config: Path) -> None:
    config.write_text(RELEASED)
    before = config.stat().st_ino
    set_skill_release(config, "a", RELEASE)
    assert config.stat().st_ino == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("skills: {}\n", "no skills.a"),
        ("skills:\n", "no skills.a"),
        ("- a\n", "mapping"),
        ("", "mapping"),
        ("a: [1\nb: 2\n", "line 2: broken YAML"),
        ("a: 1\na: 2\n", "broken YAML: found duplicate key"),
    ],
)
def test_files_that_cannot_be_edited_stay_as_they_are(
    config: Path, text: str, message: str
) -> None:
    config.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        set_skill_release(config, "a", RELEASE)
    assert str(config) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert config.read_text() == text


def written_to(text: str) -> str:
    """The text after the release, twice: the second time changes nothing."""
    once = with_skill_release(text, "a", RELEASE, "config.yaml")
    assert with_skill_release(once, "a", RELEASE, "config.yaml") == once
    return once


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


ODD = """\
%YAML 1.2
---
# Mine \u00fc
models:
    small:   {kind:    openai, slots:     02,  base_url: "http://\\u00fc" }  # as I like it
list:   &kept
-   1
-   'two'   \u0020
skills:
    b:   { x :   *kept }
    a:
        description:   'it''s'
        prompt_version:     01   # which
        prompt_template:  'skills/a.md'
        inputs:
        -   text
        note: >+
            kept

        tail: "x"    \u0020
..."""


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_other_character_stays(line_break: str, mark: str) -> None:
    text = mark + ODD.replace("\n", line_break)
    release = written_to(text)
    changes = [
        line
        for line in difflib.ndiff(text.splitlines(keepends=True), release.splitlines(keepends=True))
        if line[0] in "-+"
    ]
    assert [line for line in changes if line[0] == "-"] == [
        f"-         prompt_version:     01   # which{line_break}",
        f"-         prompt_template:  'skills/a.md'{line_break}",
    ]
    assert f"+         prompt_version:     2   # which{line_break}" in changes
    assert f"+         prompt_template:  'skills/a-v2.md'{line_break}" in changes
    assert all(line.endswith(line_break) for line in changes)


@pytest.mark.parametrize(
    "text",
    [
        "skills:\n  a: &t {prompt_template: x, prompt_version: 1}  # c\n  b: *t\n",
        "skills:\n  b: &t {prompt_template: x}\n  a: *t   # c\n  c: {<<: *t, d: 1}\n",
        "skills:\n  b: &t\n    prompt_template: x\n  a:\n    <<: *t\n    d: 1\n",
        "skills:\n  b: &t {prompt_template: x}\n  c: &u {e: 1}\n  a: {<<: [*t, *u]}\n",
        "skills:\n  a: &t  # c\n    # d\n    prompt_template: x\n    t: |\n      1\n\n      2\n"
        "\n  b: *t\n  c:\n    <<: *t\n    t: 2\n",
        "skills: {a: &t {prompt_template: 'x'}, b: *t}\n",
        "skills:\n  a:\n    prompt_template: &p x.md\n  b: {prompt_template: *p}\n",
        "skills:\n  a:\n    prompt_template: x\n    evolution_history: &h\n      - version: 1\n"
        "  b: {evolution_history: *h}\n",
        "base: &t {prompt_template: x}\nskills: {b: *t, a: *t}\n",
        "base: &t\n  a: {prompt_template: x}\n  b: 1\nskills:\n  <<: *t\n  c: 2\n",
        "base: &t\n  a: {prompt_template: x}\n  b: 1\nskills: *t\n",
    ],
)
def test_what_is_shared_stays_and_the_skills_own_keys_stand_beside_it(text: str) -> None:
    skills = read(text)["skills"]
    release = written_to(text)
    assert read(release)["skills"] == {**skills, "a": {**skills["a"], **WRITTEN}}
    assert release.count("#") == text.count("#")
    history = (*RELEASE.evolution_history, HistoryEntry(version=3, source='q"\u2028\u00fc\\'))
    third = replace(RELEASE, prompt_version=3, evolution_history=history)
    again = read(with_skill_release(release, "a", third, "config.yaml"))["skills"]
    assert {**again, "a": None} == {**skills, "a": None}
    assert again["a"]["evolution_history"][-1] == {"version": 3, "source": 'q"\u2028\u00fc\\'}
