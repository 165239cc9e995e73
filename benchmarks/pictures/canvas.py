"""A sheet to draw on: points instead of pixels, one font, a light or a dark theme."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in points."""
FONT_PACKAGE = "noto_cjk_sans_jp_regular"
_FONT_FILE = "NotoSansCJKjp-Regular.otf"
_BOLD = 0.028
"""Width of the stroke that makes letters bold, as a share of their size."""
_FOLLOWING = "、。，；：！？,.;:!?)」"
"""Signs that never begin a line."""


@dataclass(frozen=True)
class Theme:
    """The colours of a window or a page."""

    ground: Colour
    panel: Colour
    line: Colour
    ink: Colour
    faint: Colour
    accent: Colour
    on_accent: Colour = (255, 255, 255)


_ACCENTS: tuple[Colour, ...] = (
    *((38, 98, 217), (13, 122, 95), (154, 52, 142), (190, 70, 24), (70, 82, 180)),
)


def theme(rng: random.Random, is_dark: bool) -> Theme:
    """A light or a dark theme with an accent that is drawn."""
    accent = rng.choice(_ACCENTS)
    if is_dark:
        return Theme(
            (24, 26, 31), (36, 39, 46), (64, 68, 78), (232, 234, 238), (150, 155, 166), accent
        )
    return Theme(
        (255, 255, 255), (244, 245, 247), (214, 217, 222), (28, 30, 36), (112, 118, 130), accent
    )


PAPER = Theme(
    (253, 253, 250), (240, 240, 236), (180, 180, 176), (30, 30, 34), (84, 84, 90), (60, 60, 66)
)


class Sheet:
    """An image with a size in points; `scale` pixels make a point."""

    def __init__(self, width: float, height: float, scale: float, theme: Theme) -> None:
        self.width, self.height, self.scale, self.theme = width, height, scale, theme
        size = (round(width * scale), round(height * scale))
        self.image = Image.new("RGB", size, theme.ground)
        self._draw = ImageDraw.Draw(self.image)

    def box(
        self,
        area: Box,
        fill: Colour | None = None,
        outline: Colour | None = None,
        radius: float = 0,
    ) -> None:
        """A rectangle, with round corners if it has a radius."""
        self._draw.rounded_rectangle(
            self._pixels(area), radius * self.scale, fill, outline, max(1, round(self.scale))
        )

    def circle(self, x: float, y: float, radius: float, fill: Colour) -> None:
        self._draw.ellipse(self._pixels((x - radius, y - radius, x + radius, y + radius)), fill)

    def line(self, points: list[tuple[float, float]], colour: Colour, width: float = 1) -> None:
        pixels = [(x * self.scale, y * self.scale) for x, y in points]
        self._draw.line(pixels, colour, max(1, round(width * self.scale)), joint="curve")

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        colour: Colour | None = None,
        *,
        bold: bool = False,
        anchor: str = "la",
    ) -> None:
        """One line of text; `anchor` is Pillow's: `la` left, `ma` middle, `ra` right."""
        self._draw.text(
            (x * self.scale, y * self.scale),
            words,
            colour or self.theme.ink,
            font(round(size * self.scale)),
            anchor,
            stroke_width=_BOLD * size * self.scale if bold else 0,
        )

    def paragraph(
        self, x: float, y: float, words: str, size: float, width: float, *, bold: bool = False
    ) -> float:
        """Lines of text that are no wider than `width`; returns the lower end, in points."""
        for row in self._rows(words, size, width):
            self.text(x, y, row, size, bold=bold)
            y += size * 1.5
        return y

    def length(self, words: str, size: float) -> float:
        """The width of a line of text, in points."""
        return font(round(size * self.scale)).getlength(words) / self.scale

    def _rows(self, words: str, size: float, width: float) -> list[str]:
        rows = [""]
        for piece in _pieces(words):
            if self.length(rows[-1] + piece.rstrip(), size) > width and rows[-1]:
                rows.append("")
            rows[-1] += piece
        return [row.strip() for row in rows]

    def _pixels(self, area: Box) -> Box:
        left, top, right, bottom = (round(value * self.scale) for value in area)
        return left, top, right, bottom


def _pieces(words: str) -> list[str]:
    """Where a line may break: after a space, and around Chinese and Japanese letters."""
    pieces = [""]
    for letter in words:
        is_free = ord(letter) >= 0x2E80 and letter not in _FOLLOWING
        if is_free and pieces[-1]:
            pieces.append("")
        pieces[-1] += letter
        if letter == " ":
            pieces.append("")
    return [piece for piece in pieces if piece]


@cache
def font(pixels: int) -> ImageFont.FreeTypeFont:
    """The font in a size. Ends the program with one line if it is not installed."""
    return ImageFont.truetype(font_path(), pixels)


@cache
def font_path() -> Path:
    try:
        with as_file(files(FONT_PACKAGE) / _FONT_FILE) as path:
            return path
    except ModuleNotFoundError:
        sys.exit("The pictures need a font: pip install noto-cjk-sans-jp-regular")
