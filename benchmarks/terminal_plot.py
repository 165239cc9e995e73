"""Curves for a terminal: plain text, with a letter for each curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_ROWS = 20


def plot(title: str, xs: Sequence[float] | Any, curves: Mapping[str, Any]) -> str:
    """One column for each x in [0, 1], values in [0, 1]; a curve's name begins with its letter."""
    cells = [[" "] * len(xs) for _ in range(_ROWS + 1)]
    for name, values in curves.items():
        for column, value in enumerate(values):
            cells[_ROWS - round(float(value) * _ROWS)][column] = name[0]
    lines = [title]
    for row, line in enumerate(cells):
        label = f"{100 * (_ROWS - row) // _ROWS:>4} %" if row % 4 == 0 else " " * 6
        lines.append(f"{label} |{''.join(line)}".rstrip())
    lines.append(f"       +{'-' * len(xs)}")
    ticks = [" "] * (len(xs) + 8)
    for column in range(0, len(xs), 8):
        text = f"{100 * float(xs[column]):.0f}"
        ticks[column : column + len(text)] = text
    lines.append(f"        {''.join(ticks).rstrip()} %")
    return "\n".join([*lines, *curves])
