from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinyarms.store.project.yaml_edit import edit_text, edit_yaml


def test_edit_yaml_changes_what_it_is_told(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    text = "# Mine.\nskills:\n  a:\n    model: tiny # which\n\n  # Before b.\n  b: {x: 'y'}\n"
    config.write_text(text)
    edit_yaml(config, lambda data: data["skills"]["a"].update(model="other"))
    assert config.read_text() == text.replace("model: tiny", "model: other")


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
