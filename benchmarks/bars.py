"""The report of a benchmark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A figure and its target."""

    name: str
    value: float | None
    """`None`: not measured."""
    target: str
    """As text, e.g. `>= 0.70`."""
    holds: bool


@dataclass(frozen=True)
class Report:
    """A table for people and the bars."""

    table: str
    bars: tuple[Bar, ...]


def table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """Aligned columns with two spaces between them."""
    cells = [head, *[tuple(str(cell) for cell in row) for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
