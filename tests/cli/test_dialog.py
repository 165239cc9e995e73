from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from tinyarms.cli.dialog import print_ballot, print_standings
from tinyarms.loop.views import BallotView, Bar, OptionView

BALLOT = BallotView(
    id="b1",
    skill="file-naming",
    task_id="t1",
    inputs={"file_name": "Screenshot-2024-10-27.png", "content": "スクリーンショット " * 4},
    options=(
        OptionView("A", "hero-section-mobile-mockup.png"),
        OptionView("B", "網站-標題-藍色-" * 4),
        OptionView("C", None),
    ),
    votes_so_far=15,
    votes_at_most=50,
)


def drawn(width: int, encoding: str = "utf-8") -> list[str]:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, errors="replace")
    print_ballot(Console(file=file, width=width, highlight=False), "file-naming", BALLOT)
    file.flush()
    return raw.getvalue().decode(encoding).splitlines()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_box_is_closed_on_every_side(width: int) -> None:
    lines = drawn(width)
    assert {cell_len(line) for line in lines} == {min(width, 63)}
    assert lines[0].startswith("┌") and lines[0].endswith("┐")
    assert lines[-1].startswith("└") and lines[-1].endswith("┘")
    assert all(line[0] in "│├" and line[-1] in "│┤" for line in lines[1:-1])


def test_the_box_says_what_the_design_draws() -> None:
    text = "\n".join(line.strip("│ ") for line in drawn(80))
    assert "tinyArms: File naming — help us improve!" in text
    assert "file_name: Screenshot-2024-10-27.png" in text
    assert "Which do you prefer?" in text
    assert "Option A: hero-section-mobile-mockup.png" in text
    assert "Option C: (nothing usable)" in text
    assert "[A] [B] [C] [S]kip [Q]uit" in text
    assert "Votes so far: 15 of at most 50" in text


def test_narrow_terminals_lose_nothing() -> None:
    text = "".join(line.strip("│ ") for line in drawn(40))
    assert "hero-section-mobile-mockup.png" in text
    assert "網站-標題-藍色-" * 3 in text
    assert "[A] [B] [C] [S]kip [Q]uit" in text
    assert "Votes so far: 15 of at most 50" in text


def test_without_unicode_the_box_is_ascii() -> None:
    lines = drawn(80, "ascii")
    assert set(lines[0]) == {"+", "-"}
    assert all(line[0] in "|+" for line in lines[1:])


@pytest.mark.parametrize(("encoding", "full"), [("utf-8", "█"), ("ascii", "#")])
def test_the_bars_are_said_in_words_too(encoding: str, full: str) -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    bars = (Bar("A", 0.75, 3), Bar("B", 0.25, 1), Bar("C", None, 0))
    print_standings(Console(file=file, width=40, highlight=False), bars)
    file.flush()
    a, b, c = raw.getvalue().decode(encoding).splitlines()
    assert a.startswith("Option A ") and a.endswith(" 75% (3 picks)")
    assert b.startswith("Option B ") and b.endswith(" 25% (1 pick)")
    assert c.startswith("Option C ") and c.endswith("- (0 picks)")
    assert a.count(full) == 3 * b.count(full) > 0
    assert c.count(full) == 0
    assert max(map(len, (a, b, c))) <= 40
