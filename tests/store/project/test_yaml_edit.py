from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinyarms.store.project.yaml_edit import append, edit_text, edit_yaml


def test_edit_yaml_changes_what_it_is_told(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    text = "# Mine.\nskills:\n  a:\n    model: tiny # which\n\n  # Before b.\n  b: {x: 'y'}\n"
    config.write_text(text)
    edit_yaml(config, lambda data: data["skills"]["a"].update(model="other"))
    assert config.read_text() == text.replace("model: tiny", "model: other")


ADDED = "  new:\n    a: 1\n    b:\n      - x\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("skills: {}\n", f"skills:\n{ADDED}"),
        ("skills:\n", f"skills:\n{ADDED}"),
        ("m: 1\n", f"m: 1\nskills:\n{ADDED}"),
        ("skills: {}  # none\n# end\nm: 1\n", f"skills:     # none\n{ADDED}# end\nm: 1\n"),
        ("skills:  # none\n\n# end\nm: 1\n", f"skills:  # none\n{ADDED}\n# end\nm: 1\n"),
        ("skills:\n  c: 1  # c\n# end\n", f"skills:\n  c: 1  # c\n{ADDED}# end\n"),
        ("skills: {c: 1}\n", "skills: {c: 1, new: {a: 1, b: [x]}}\n"),
    ],
)
def test_an_entry_is_added_below_what_is_there(before: str, after: str) -> None:
    entry = {"a": 1, "b": ["x"]}
    assert edit_text(before, lambda data: append(data, "skills", "new", entry), "f") == after


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


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_documents())
def test_editing_nothing_changes_nothing(text: str) -> None:
    assert edit_text(text, lambda data: None, "x.yaml") == text
