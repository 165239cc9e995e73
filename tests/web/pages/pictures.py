"""Compares screenshots coarsely: how a machine smooths its letters does not count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SQUARE = 8
"""Side of a square in pixels. Higher: smaller changes go unseen."""
STEP = 32
"""Difference of a square's mean colour, of 255, that counts. Higher: paler changes go unseen."""
AT_LEAST = 12
"""A picture differs from this number of such squares on. Higher: larger changes go unseen."""
ROUNDED = 8
"""Colours of a stored picture are rounded to this, of 255. Higher: smaller files, off by more."""


def keep(picture: Path, golden: Path) -> None:
    """Store a screenshot as the golden one."""
    with Image.open(picture) as opened:
        few = opened.convert("RGB").point(lambda v: v // ROUNDED * ROUNDED + ROUNDED // 2)
    few.save(golden, optimize=True)


def squares(picture: Path) -> NDArray[np.float64]:
    """The mean colour of each square: rows × columns × 3."""
    with Image.open(picture) as opened:
        pixels = np.asarray(opened.convert("RGB"), dtype=np.float64)
    rows, columns = (size // SQUARE for size in pixels.shape[:2])
    cut = pixels[: rows * SQUARE, : columns * SQUARE]
    return cut.reshape(rows, SQUARE, columns, SQUARE, 3).mean(axis=(1, 3))


def difference(picture: Path, golden: Path) -> str | None:
    """How a screenshot differs from the golden one, in words; `None`: it does not."""
    with Image.open(picture) as seen, Image.open(golden) as wanted:
        if seen.size != wanted.size:
            return "it is {} × {} pixels in place of {} × {}".format(*seen.size, *wanted.size)
    apart = np.abs(squares(picture) - squares(golden)).max(axis=2) > STEP
    found = int(apart.sum())
    if found < AT_LEAST:
        return None
    row, column = np.argwhere(apart)[0] * SQUARE
    return f"{found} of {apart.size} squares differ, the first at x {column}, y {row}"
