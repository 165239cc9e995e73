"""The standings of a live test as a plain-text plot, for a terminal or a text file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from tinyarms.loop.reporting.standings import StandingsView

_ROWS = 13
_LABEL = 5
_SHARED = "*"


def plot_lines(view: StandingsView, width: int) -> list[str]:
    """The lead of each variant, drawn by its letter, over the votes; at most `width` columns of
    ASCII.

    `=` is the lead that promotes; if all leads are below `-`, the test ends. Empty before the first
    vote.
    """
    votes = max(map(len, view.leads.values()), default=0)
    if votes == 0:
        return []
    last = max(votes, len(view.promote_at))
    per_column = ceil(last / (width - _LABEL - 2))
    known = [*_known(view.promote_at), *_known(view.keep_below), 0]
    known += [lead for leads in view.leads.values() for lead in leads]
    top, bottom = max(known), min(known)
    per_row = ceil((top - bottom + 1) / _ROWS)
    rows = (top - bottom) // per_row + 1
    grid = [[" "] * ceil(last / per_column) for _ in range(rows)]

    def draw(path: Sequence[int | None], mark: str) -> None:
        for column, value in enumerate(_sampled(path, per_column)):
            if value is None:
                continue
            row = (top - value) // per_row
            there = grid[row][column]
            grid[row][column] = _SHARED if there.isalpha() and mark.isalpha() else mark

    draw([0] * last, ".")
    draw(view.keep_below, "-")
    draw(view.promote_at, "=")
    for letter, leads in view.leads.items():
        draw(leads, letter)
    lines = [
        f"{_signed(top - row * per_row):>{_LABEL}} |{''.join(cells)}".rstrip()
        for row, cells in enumerate(grid)
    ]
    axis = f"{'':{_LABEL}} 1{last:>{len(grid[0])}} votes"
    return [*lines, axis if len(axis) <= width else axis.removesuffix(" votes")]


def bar_lines(rows: Sequence[tuple[str, float | None, str]], width: int) -> list[str]:
    """A line for each (label, share in [0, 1] or `None`, note): a bar that is full at 1.

    At most `width` wide if labels and notes are short, plain ASCII.
    """
    label = max((len(name) for name, _, _ in rows), default=0)
    note = max((len(said) for _, _, said in rows), default=0)
    full = max(10, width - label - note - 10)
    lines = []
    for name, share, said in rows:
        known = "-" if share is None else f"{share:.0%}"
        bar = "#" * round((share or 0.0) * full)
        lines.append(f"{name:<{label}} {known:>4} |{bar:<{full}}| {said}".rstrip())
    return lines


def legend(view: StandingsView) -> str:
    """The legend of the plot."""
    parts = [f"{', '.join(view.leads)}: lead of each variant"]
    if len(view.leads) > 1:
        parts.append(f"{_SHARED}: several")
    if any(_known(view.promote_at)):
        parts.append("=: promotes")
    if any(value is not None for value in view.keep_below):
        parts.append("-: all below it keep the incumbent")
    return "; ".join(parts) + "."


def _signed(lead: int) -> str:
    return f"{lead:+d}" if lead else "0"


def _known(values: Sequence[int | None]) -> list[int]:
    return [value for value in values if value is not None]


def _sampled(path: Sequence[int | None], step: int) -> Iterator[int | None]:
    """The last value of every `step`."""
    for begin in range(0, len(path), step):
        yield path[min(begin + step, len(path)) - 1]
