"""What surrounds the content of a screenshot: the desktop, a window's frame, a browser's bars."""

from __future__ import annotations

import random

from .canvas import Box, Sheet
from .scenes import Scene

TITLE_BAR = 30.0
"""Height of a window's title bar, in points."""
_MENU_BAR = 24.0
_ADDRESS_BAR = 38.0
_LIGHTS = ((255, 95, 86), (255, 189, 46), (39, 201, 63))


def desktop(sheet: Sheet, rng: random.Random) -> None:
    """A wallpaper of a few wide bands and a bar with the time."""
    base = [rng.randint(40, 150) for _ in range(3)]
    bands = 24
    for band in range(bands):
        red, green, blue = (min(255, value + band * 4) for value in base)
        top = sheet.height * band / bands
        sheet.box((0, top, sheet.width, top + sheet.height / bands + 1), (red, green, blue))
    bar = sheet.height - 28
    sheet.box((0, bar, sheet.width, sheet.height), (28, 30, 38))
    time = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}"
    sheet.text(sheet.width - 12, bar + 6, time, 12, (235, 235, 235), anchor="ra")
    for place in range(rng.randint(3, 7)):
        colour = tuple(rng.randint(60, 220) for _ in range(3))
        left = 12 + place * 30
        sheet.box((left, bar + 5, left + 18, bar + 23), (colour[0], colour[1], colour[2]), radius=4)


def window(
    sheet: Sheet, area: Box, title: str, scene: Scene, rng: random.Random, menu: bool
) -> Box:
    """A window's frame with its title; returns what is left for the content."""
    left, top, right, bottom = area
    colours = sheet.theme
    sheet.box((left + 4, top + 6, right + 4, bottom + 6), (20, 20, 24), radius=8)
    sheet.box(area, colours.ground, colours.line, radius=8)
    sheet.box((left, top, right, top + TITLE_BAR), colours.panel, colours.line, radius=8)
    if rng.random() < 0.5:
        for place, light in enumerate(_LIGHTS):
            sheet.circle(left + 18 + place * 18, top + TITLE_BAR / 2, 5.5, light)
        sheet.text((left + right) / 2, top + 7, title, 12, colours.faint, anchor="ma")
    else:
        sheet.text(left + 12, top + 7, title, 12, colours.ink)
        for place, sign in enumerate(("×", "□", "–")):
            sheet.text(right - 20 - place * 30, top + 5, sign, 14, colours.ink, anchor="ma")
    top += TITLE_BAR
    if menu:
        x = left + 14
        for entry in scene.language.menu:
            sheet.text(x, top + 4, entry, 11.5, colours.ink)
            x += sheet.length(entry, 11.5) + 16
        top += _MENU_BAR
    return left, top, right, bottom


def browser(sheet: Sheet, address: str, tabs: list[str], rng: random.Random) -> Box:
    """A browser's tabs and address over the whole sheet; returns what is left for the page."""
    colours = sheet.theme
    sheet.box((0, 0, sheet.width, TITLE_BAR), colours.line)
    x = 10.0
    for place, tab in enumerate(tabs):
        width = min(190.0, sheet.length(tab, 11) + 40)
        if place == 0:
            sheet.box((x, 5, x + width, TITLE_BAR), colours.panel, radius=5)
        sheet.text(x + 10, 9, tab, 11, colours.ink if place == 0 else colours.faint)
        sheet.text(x + width - 14, 8, "×", 11, colours.faint)
        x += width + 6
    sheet.box((0, TITLE_BAR, sheet.width, TITLE_BAR + _ADDRESS_BAR), colours.panel, colours.line)
    sheet.text(14, TITLE_BAR + 9, "←   →", 14, colours.faint)
    field = (84, TITLE_BAR + 6, sheet.width - 60, TITLE_BAR + _ADDRESS_BAR - 6)
    sheet.box(field, colours.ground, colours.line, radius=12)
    sheet.text(100, TITLE_BAR + 11, address, 12, colours.faint)
    sheet.circle(sheet.width - 30, TITLE_BAR + _ADDRESS_BAR / 2, 10, colours.accent)
    return 0, TITLE_BAR + _ADDRESS_BAR, sheet.width, sheet.height
