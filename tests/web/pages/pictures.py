"""Compares screenshots coarsely: how a machine smooths its letters does not count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SQUARE = 8
"""Side of a square in pixels. Higher: smaller changes go unseen."""
STEP = 24
"""Difference of a square's mean colour, of 255, that counts. Higher: paler changes go unseen."""
AT_LEAST, SHARE = 12, 0.001
"""A picture differs from this number of squares on, or from this share of them if that is more."""
COLOURS = 128
"""Colours of a stored picture. Fewer: smaller files, and colours are off by more."""


def keep(picture: Path, golden: Path) -> None:
    """Store a screenshot as the golden one."""
    Image.open(picture).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        golden, optimize=True
    )


def squares(picture: Path) -> NDArray[np.float64]:
    """The mean colour of each square: rows × columns × 3."""
    pixels = np.asarray(Image.open(picture).convert("RGB"), dtype=np.float64)
    rows, columns = (size // SQUARE for size in pixels.shape[:2])
    cut = pixels[: rows * SQUARE, : columns * SQUARE]
    return cut.reshape(rows, SQUARE, columns, SQUARE, 3).mean(axis=(1, 3))


def difference(picture: Path, golden: Path) -> str | None:
    """How a screenshot differs from the golden one, in words; `None`: it does not."""
    sizes = [Image.open(each).size for each in (picture, golden)]
    if sizes[0] != sizes[1]:
        return "it is {} × {} pixels in place of {} × {}".format(*sizes[0], *sizes[1])
    apart = np.abs(squares(picture) - squares(golden)).max(axis=2) > STEP
    found, most = int(apart.sum()), max(AT_LEAST, SHARE * apart.size)
    if found < most:
        return None
    row, column = np.argwhere(apart)[0] * SQUARE
    return f"{found} of {apart.size} squares differ, the first at x {column}, y {row}"
