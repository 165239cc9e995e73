from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tinyarms.core.errors import ConfigError
from tinyarms.store.project.skill_release import set_skill_release
from tinyarms.store.project.yaml_edit import edit_text, edit_yaml

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


def test_edit_yaml_changes_what_it_is_told(config: Path) -> None:
    config.write_text(CONFIG)
    edit_yaml(config, lambda data: data["skills"]["a"].update(model="other"))
    assert config.read_text() == CONFIG.replace("model: tiny", "model: other")


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


_keys = st.text("abcdef", min_size=1, max_size=4)
_comments = st.sampled_from(["", "  # why", "   # ünd"])
_scalars = st.sampled_from(["1", "'q'", '"d"', "plain text", "[1, 2]", "{k: v}", "no"])


@st.composite
def _documents(draw: st.DrawFn) -> str:
    indent, dash = draw(st.sampled_from([2, 4])), draw(st.sampled_from([0, 2]))
    lines = []
    for top in draw(st.lists(_keys, min_size=1, max_size=3, unique=True)):
        lines.append(f"{top}:{draw(_comments)}")
        for key in draw(st.lists(_keys, min_size=1, max_size=3, unique=True)):
            if draw(st.booleans()):
                lines += ["", f"{' ' * indent}# about {key}"]
            if draw(st.booleans()):
                lines.append(f"{' ' * indent}{key}: {draw(_scalars)}{draw(_comments)}")
            else:
                lines.append(f"{' ' * indent}{key}:{draw(_comments)}")
                lines += [
                    f"{' ' * (indent + dash)}- {draw(_scalars)}{draw(_comments)}" for _ in "xy"
                ]
    return "\n".join(lines) + "\n"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_documents())
def test_editing_nothing_changes_nothing(text: str) -> None:
    assert edit_text(text, lambda data: None, "x.yaml") == text
