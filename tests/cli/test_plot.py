from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tinyarms.cli.plot import bar_lines, legend, plot_lines
from tinyarms.cli.svg import standings_svg
from tinyarms.loop.reporting.standings import StandingsView

VIEW = StandingsView(
    leads={"A": (1, 2, 3, 4), "B": (0, 0, -1, -1)},
    promote_at=(6,) * 10,
    keep_below=(None,) * 5 + (-2,) * 5,
    ends=(),
)
LONG = StandingsView(
    leads={"A": tuple(range(300))}, promote_at=(400,) * 1000, keep_below=(None,) * 1000, ends=()
)


def test_each_letter_stands_at_its_lead() -> None:
    rows = {line[:5].strip(): line[7:] for line in plot_lines(VIEW, 80)[:-1]}
    assert rows["+6"] == "=========="
    assert rows["+4"] == "   A" and rows["+1"] == "A"
    assert rows["0"] == "BB........" and rows["-1"] == "  BB"
    assert rows["-2"] == "     -----"
    assert plot_lines(VIEW, 80)[-1].split() == ["1", "10", "votes"]


def test_those_at_the_same_place_share_a_mark() -> None:
    both = StandingsView({"A": (1,), "B": (1,)}, (3,), (None,), ())
    assert any(line.endswith("|*") for line in plot_lines(both, 40))
    assert "*: several" in legend(both) and "keep" not in legend(both)


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("view", [VIEW, LONG])
def test_it_fits_the_terminal_and_is_plain(view: StandingsView, width: int) -> None:
    lines = plot_lines(view, width)
    assert max(map(len, lines)) <= width
    assert len(lines) <= 15
    assert "\n".join(lines).isascii()


def test_without_votes_there_is_nothing_to_draw() -> None:
    assert plot_lines(StandingsView({"A": ()}, (6,), (None,), ()), 80) == []
    assert plot_lines(StandingsView({}, (), (), ()), 80) == []


def test_the_picture_is_an_svg_that_says_what_it_shows() -> None:
    root = ElementTree.fromstring(standings_svg(VIEW, "naming <files>: lead"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    assert root.findtext(f"{space}title") == "naming <files>: lead"
    said = root.findtext(f"{space}desc")
    assert said == "Lead over 4 votes: variant A at +4; variant B at -1."
    lines = root.findall(f"{space}polyline")
    assert len(lines) == 4
    texts = [text.text for text in root.findall(f"{space}text")]
    assert {"A +4", "B -1", "promotes", "all below: keep", "votes", "lead"} <= set(texts)
    a, b = lines[2:]
    assert a.get("stroke-dasharray") != b.get("stroke-dasharray")
    points = [tuple(map(float, point.split(","))) for point in a.get("points", "").split()]
    assert len(points) == 5
    assert all(earlier[1] > later[1] for earlier, later in pairwise(points))


@pytest.mark.parametrize("view", [LONG, StandingsView({}, (), (), ())])
def test_every_test_can_be_drawn(view: StandingsView) -> None:
    ElementTree.fromstring(standings_svg(view, "lead"))


def test_a_bar_is_as_long_as_its_share() -> None:
    rows = [("Jan", 0.5, "n=10"), ("Feb", 1.0, "n=200"), ("March", None, "n=0")]
    lines = bar_lines(rows, 40)
    assert [line.count("#") for line in lines] == [10, 20, 0]
    assert [line.split("|")[0].split() for line in lines] == [
        ["Jan", "50%"],
        ["Feb", "100%"],
        ["March", "-"],
    ]
    assert all(len(line) <= 40 and line.isascii() for line in lines)
    assert bar_lines([], 40) == []
