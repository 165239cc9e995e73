"""The index of the decisions has every note, with its own number and date."""

from __future__ import annotations

import re

from tests.docs.markdown import ROOT

_FOLDER = ROOT / "docs" / "decisions"
_ROW = re.compile(r"^\| (\d+) \| \[(.+)\]\((\d{4}-.+\.md)\) \| (.+) \| (\d{4}-\d\d-\d\d) \|$", re.M)
_STATUS = re.compile(r"^(?:In force|Superseded by \[\d+\]\(.+\))")


def test_every_note_is_in_the_index_once_in_order() -> None:
    rows = _ROW.findall((_FOLDER / "README.md").read_text(encoding="utf-8"))
    notes = sorted(path.name for path in _FOLDER.glob("[0-9]*.md"))
    assert [name for _, _, name, _, _ in rows] == notes
    assert [int(number) for number, *_ in rows] == list(range(1, len(notes) + 1))
    for number, _, name, status, date in rows:
        text = (_FOLDER / name).read_text(encoding="utf-8")
        assert text.startswith(f"# {number}. "), name
        found = re.search(r"^(\d{4}-\d\d-\d\d)", text, re.MULTILINE)
        assert found is not None and found[1] == date, name
        assert _STATUS.match(status), f"{name}: the status is {status}"
        assert int(name[:4]) == int(number)


def test_a_status_names_other_notes_by_their_own_numbers() -> None:
    index = (_FOLDER / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"\[(\d+)\]\((\d{4})-.+?\.md\)", index)
    assert named
    assert all(int(shown) == int(number) for shown, number in named)
