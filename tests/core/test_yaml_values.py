"""A document knows where each of its values is written."""

from __future__ import annotations

import pytest

from tinyarms.core.yaml_values import read_document

BASE = "base: &base\n  name: shared\n  share: 0.5\n"


@pytest.mark.parametrize(
    ("keys", "line"),
    [("  <<: *base\n  name: mine\n", 6), ("  name: mine\n  <<: *base\n", 5)],
)
def test_an_own_key_is_told_with_its_own_line_and_characters(keys: str, line: int) -> None:
    document = read_document(f"{BASE}skill:\n{keys}")
    assert document.values["skill"] == {"name": "mine", "share": 0.5}
    assert document.line(("skill", "name")) == line
    assert document.shown(("skill", "name")) == "'mine'"
    assert (document.line(("skill", "share")), document.shown(("skill", "share"))) == (3, "0.5")
    assert document.problems == ()
