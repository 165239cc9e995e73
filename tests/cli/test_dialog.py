from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from tinyarms.cli.dialog import print_ballot, print_standings
from tinyarms.loop.testing.ballots import BallotView, OptionView
from tinyarms.loop.testing.vote_view import Bar

WHY = "file-naming is testing new prompts: choose the output you prefer."
BALLOT = BallotView(
    id="b1",
    skill="file-naming",
    why=WHY,
    task_id="t1",
    asked_at=datetime(2024, 11, 10, tzinfo=UTC),
    inputs={"file_name": "Screenshot-2024-10-27.png", "content": "スクリーンショット " * 4},
    options=(
        OptionView("A", "hero-section-mobile-mockup.png"),
        OptionView("B", "網站-標題-藍色-" * 4),
        OptionView("C", None),
    ),
    votes_so_far=15,
    votes_at_most=50,
)


SHORT = replace(
    BALLOT, options=tuple(OptionView(letter, f"short-{letter}.png") for letter in "ABC")
)


def drawn(
    width: int, encoding: str = "utf-8", ballot: BallotView = BALLOT, plain: bool = False
) -> list[str]:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, errors="replace")
    print_ballot(Console(file=file, width=width, highlight=False), ballot, plain)
    file.flush()
    return raw.getvalue().decode(encoding).splitlines()


@pytest.mark.parametrize("ballot", [BALLOT, SHORT])
@pytest.mark.parametrize(("width", "box"), [(40, 40), (80, 63), (200, 160)])
def test_the_box_is_closed_on_every_side(width: int, box: int, ballot: BallotView) -> None:
    lines = drawn(width, ballot=ballot)
    assert {cell_len(line) for line in lines} == {min(box, 63) if ballot is SHORT else box}
    assert lines[0].startswith("┌") and lines[0].endswith("┐")
    assert lines[-1].startswith("└") and lines[-1].endswith("┘")
    assert all(line[0] in "│├" and line[-1] in "│┤" for line in lines[1:-1])


def test_the_box_says_what_the_design_draws() -> None:
    text = "\n".join(line.strip("│ ") for line in drawn(80))
    assert "tinyArms: File naming — help us improve!" in text
    assert "File: Screenshot-2024-10-27.png" in text
    assert text.index("File: ") < text.index("content: ")
    assert WHY in " ".join(text.split())
    assert "Option A: hero-section-mobile-mockup.png" in text
    assert "Option C: (nothing usable)" in text
    assert "[A] [B] [C] [N]one [S]kip [Q]uit" in text
    assert "Votes so far: 15 of at most 50" in text


def test_options_stand_side_by_side_where_the_width_allows() -> None:
    """Where every output fits its column, or the columns are wide enough for running text."""
    row = next(line for line in drawn(80, ballot=SHORT) if "short-A" in line)
    assert row.index("short-A.png") < row.index("short-B.png") < row.index("short-C.png")
    wide = "\n".join(drawn(200))
    assert any("Option A" in line and "Option C" in line for line in wide.splitlines())
    for ballot, width in ((SHORT, 40), (BALLOT, 80)):
        assert not any(
            "Option A" in line and "Option B" in line for line in drawn(width, ballot=ballot)
        )


def test_plain_is_read_from_top_to_bottom() -> None:
    assert drawn(40, "ascii", SHORT, plain=True) == [
        WHY,
        "File: Screenshot-2024-10-27.png",
        f"content: {'?' * 9} {'?' * 9} {'?' * 9} {'?' * 9}",
        "Option A: short-A.png",
        "Option B: short-B.png",
        "Option C: short-C.png",
        "Press A, B, C, N for none of these, S to skip, Q to quit.",
        "Votes so far: 15 of at most 50",
    ]


def test_narrow_terminals_lose_nothing() -> None:
    text = "".join(line.strip("│ ") for line in drawn(40))
    assert "hero-section-mobile-mockup.png" in text
    assert "網站-標題-藍色-" * 3 in text
    assert "[A] [B] [C] [N]one [S]kip [Q]uit" in text
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


@pytest.mark.parametrize("width", [40, 80])
def test_what_is_known_of_an_option_stands_beside_its_bar(width: int) -> None:
    file = io.StringIO()
    bars = (Bar("A", 0.6, 12, (0.36, 0.8), 0.93), Bar("B", 0.4, 8, (0.2, 0.64), 0.07))
    print_standings(Console(file=file, width=width, highlight=False), bars)
    said = " ".join(file.getvalue().split())
    assert "60% (12 picks)" in said and "36% to 80%, P(best) 93%" in said
    assert max(map(len, file.getvalue().splitlines())) <= width
    plain = io.StringIO()
    print_standings(Console(file=plain, width=width, highlight=False), bars, plain=True)
    assert plain.getvalue().splitlines()[0] == ("Option A: 60% (12 picks), 36% to 80%, P(best) 93%")
