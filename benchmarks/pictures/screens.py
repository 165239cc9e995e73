"""Screenshots: windows, web pages, dashboards, error dialogs, slides and notes in an app."""

from __future__ import annotations

import math
import random

from .canvas import Box, Sheet, theme
from .chrome import browser, desktop, window
from .scenes import Scene, spellings

_SITES = ("example", "test", "invalid")
"""Top-level domains that nobody can register."""


def settings(scene: Scene, rng: random.Random) -> Sheet:
    """A settings window with its sections at the left and the version at the bottom."""
    width, height = rng.choice(((860, 560), (760, 600), (980, 620)))
    sheet = _sheet(scene, rng, width, height)
    desktop(sheet, rng)
    frame = (40.0, 30.0, width - 40.0, height - 50.0)
    left, top, right, bottom = window(
        sheet, frame, f"{scene.name} – {scene.title}", scene, rng, menu=rng.random() < 0.5
    )
    colours = sheet.theme
    sheet.box((left, top, left + 170, bottom), colours.panel)
    for place, entry in enumerate(scene.language.menu[1:]):
        sheet.text(left + 20, top + 20 + place * 32, entry, 13, colours.faint)
    x = left + 200
    sheet.text(x, top + 16, _with_local(scene), 20, bold=True)
    for place, option in enumerate(rng.sample(scene.language.options, 4)):
        y = top + 64 + place * 44
        sheet.text(x, y, option, 14)
        is_on = rng.random() < 0.5
        switch = (right - 70, y, right - 34, y + 19)
        sheet.box(switch, colours.accent if is_on else colours.line, radius=9)
        sheet.circle(right - 44 if is_on else right - 60, y + 9.5, 7, (250, 250, 250))
        sheet.line([(x, y + 32), (right - 34, y + 32)], colours.line)
    about = f"{scene.language.version} {scene.shown_detail}"
    sheet.text(x, bottom - 84, about, 14)
    sheet.text(x, bottom - 60, f"© {scene.company}", 12, colours.faint)
    _buttons(sheet, right - 20, bottom - 42, (scene.language.buttons[0], "OK"))
    return sheet


def order(scene: Scene, rng: random.Random) -> Sheet:
    """A shop's page that confirms an order, with advertisements and a notice about cookies."""
    width, height = rng.choice(((1100, 760), (1280, 800), (960, 720)))
    sheet = _sheet(scene, rng, width, height)
    site = f"www.{spellings(scene.name)[0]}.{rng.choice(_SITES)}"
    tabs = [scene.name, *rng.sample(scene.language.footer, 2)]
    _, top, right, bottom = browser(sheet, f"https://{site}/{rng.randint(10, 99)}", tabs, rng)
    colours, words = sheet.theme, scene.language
    sheet.box((0, top, right, top + 56), colours.accent)
    sheet.text(36, top + 14, _with_local(scene), 22, colours.on_accent, bold=True)
    sheet.text(
        right - 36, top + 19, "   ".join(words.footer[:3]), 12, colours.on_accent, anchor="ra"
    )
    y = top + 84
    sheet.text(36, y, f"{scene.title} {words.number} {scene.shown_detail}", 22, bold=True)
    sheet.text(36, y + 36, scene.written_date, 13, colours.faint)
    y += 76
    for name, amount in _priced(scene, rng, 3):
        sheet.box((36, y, 84, y + 40), colours.panel, colours.line, radius=4)
        sheet.text(100, y + 9, name, 14)
        sheet.text(right - 330, y + 9, amount, 14, anchor="ra")
        y += 54
    sheet.line([(36, y), (right - 330, y)], colours.line)
    sheet.text(36, y + 12, words.paid, 13, colours.faint)
    y += 60
    for place, (name, amount) in enumerate(_priced(scene, rng, 4)):
        left = 36 + place * 150
        sheet.box((left, y, left + 136, y + 110), colours.panel, colours.line, radius=6)
        sheet.text(left + 12, y + 66, name, 11.5)
        sheet.text(left + 12, y + 86, amount, 11.5, colours.faint)
    column = (right - 290, top + 84, right - 30, top + 330)
    sheet.box(column, colours.panel, colours.line, radius=6)
    for place, text in enumerate(words.advertisements):
        sheet.text(column[0] + 20, column[1] + 24 + place * 70, text, 15, colours.accent, bold=True)
    sheet.text(36, bottom - 96, "   ·   ".join(words.footer), 12, colours.faint)
    sheet.box((0, bottom - 62, right, bottom), (46, 48, 56))
    sheet.text(36, bottom - 41, words.cookies[0], 13, (240, 240, 240))
    _button(sheet, right - 30, bottom - 48, words.cookies[1], filled=True)
    return sheet


def dashboard(scene: Scene, rng: random.Random) -> Sheet:
    """Tiles with figures and a chart; the product's version stands beside its name."""
    width, height = rng.choice(((1100, 680), (1280, 720), (900, 640)))
    sheet = _sheet(scene, rng, width, height)
    colours, words = sheet.theme, scene.language
    sheet.box((0, 0, width, 58), colours.panel, colours.line)
    name = _with_local(scene)
    sheet.text(28, 16, name, 20, bold=True)
    beside = 28 + sheet.length(name, 20) + 18
    sheet.box((beside, 17, beside + 52, 41), colours.accent, radius=10)
    sheet.text(beside + 26, 20, scene.shown_detail, 13, colours.on_accent, anchor="ma")
    sheet.text(width - 28, 20, scene.written_date, 13, colours.faint, anchor="ra")
    sheet.text(28, 76, scene.title, 18)
    tile = (width - 56 - 3 * 16) / 4
    shown = rng.sample(list(zip(words.metrics, _figures(rng), strict=True)), 4)
    for place, (metric, figure) in enumerate(shown):
        left = 28 + place * (tile + 16)
        sheet.box((left, 116, left + tile, 206), colours.panel, colours.line, radius=6)
        sheet.text(left + 14, 126, metric, 12, colours.faint)
        sheet.text(left + 14, 150, figure, 25, bold=True)
    chart = (28.0, 228.0, width - 28.0, height - 50.0)
    sheet.box(chart, colours.panel, colours.line, radius=6)
    _chart(sheet, chart, rng)
    sheet.text(28, height - 34, "  ·  ".join(words.footer), 11, colours.faint)
    return sheet


def error(scene: Scene, rng: random.Random) -> Sheet:
    """A small dialog in front of the desktop and another window."""
    width, height = rng.choice(((760, 480), (900, 560), (680, 440)))
    sheet = _sheet(scene, rng, width, height)
    desktop(sheet, rng)
    words, colours = scene.language, sheet.theme
    behind = (24.0, 20.0, width * 0.6, height * 0.55)
    window(sheet, behind, rng.choice(words.tasks), scene, rng, menu=True)
    left = (width - 500) / 2 + rng.randint(-30, 30)
    top = height * 0.3
    frame = (left, top, left + 500, top + 230)
    title = f"{_with_local(scene)} – {scene.title}"
    x, y, right, bottom = window(sheet, frame, title, scene, rng, menu=False)
    sheet.circle(x + 44, y + 46, 21, (206, 44, 44))
    sheet.text(x + 44, y + 28, "!", 25, (255, 255, 255), bold=True, anchor="ma")
    failure = rng.choice(words.failures).format(who=scene.name)
    y = sheet.paragraph(x + 88, y + 18, failure, 16, right - x - 110, bold=True)
    y = sheet.paragraph(x + 88, y + 4, words.advice, 12.5, right - x - 110)
    sheet.text(x + 88, y + 6, f"{words.code_word}: {scene.shown_detail}", 13, colours.faint)
    _buttons(sheet, right - 18, bottom - 42, words.buttons)
    return sheet


def slide(scene: Scene, rng: random.Random) -> Sheet:
    """A slide in 16:9, some with a chart."""
    sheet = _sheet(scene, rng, 960, 540)
    colours, words = sheet.theme, scene.language
    if rng.random() < 0.5:
        sheet.box((0, 0, 960, 96), colours.accent)
        sheet.text(48, 26, f"{scene.title} {scene.day.year}", 34, colours.on_accent, bold=True)
    else:
        sheet.box((0, 0, 16, 540), colours.accent)
        sheet.text(48, 34, f"{scene.title} {scene.day.year}", 36, bold=True)
    sheet.text(48, 112, _with_local(scene), 22, colours.accent, bold=True)
    has_chart = rng.random() < 0.5
    y = 172.0
    for point in rng.sample(words.points, 3):
        sheet.circle(58, y + 15, 4.5, colours.accent)
        y = sheet.paragraph(78, y, point, 21, 420 if has_chart else 800) + 14
    if has_chart:
        _chart(sheet, (560, 170, 912, 440), rng)
    sheet.line([(48, 492), (912, 492)], colours.line)
    sheet.text(48, 502, scene.company, 12, colours.faint)
    sheet.text(912, 502, f"{rng.randint(2, 28)} / 30", 12, colours.faint, anchor="ra")
    return sheet


def note(scene: Scene, rng: random.Random) -> Sheet:
    """A note in an app for notes, with the other notes at the left."""
    sheet = _sheet(scene, rng, 820, 560)
    colours, words = sheet.theme, scene.language
    frame = (0.0, 0.0, 820.0, 560.0)
    left, top, right, bottom = window(sheet, frame, words.tasks[-1], scene, rng, menu=True)
    sheet.box((left, top, left + 210, bottom), colours.panel, colours.line)
    for place, task in enumerate((scene.title, *words.points[:3], words.goods[0])):
        sheet.text(left + 16, top + 18 + place * 48, task[:18], 12.5, colours.faint)
    x = left + 240
    sheet.text(x, top + 24, f"{scene.title}: {scene.name}", 22, bold=True)
    sheet.text(x, top + 62, scene.written_date, 13, colours.faint)
    y = top + 100
    for task in rng.sample(words.tasks, 4):
        sheet.box((x, y + 3, x + 15, y + 18), None, colours.faint, radius=3)
        y = sheet.paragraph(x + 26, y, task, 15, right - x - 50) + 10
    return sheet


def _sheet(scene: Scene, rng: random.Random, width: float, height: float) -> Sheet:
    return Sheet(width, height, scene.scale, theme(rng, scene.is_dark))


def _with_local(scene: Scene) -> str:
    return f"{scene.local} {scene.name}".strip()


def _priced(scene: Scene, rng: random.Random, count: int) -> list[tuple[str, str]]:
    """Goods and what each costs."""
    return [
        (name, scene.language.price(rng.uniform(1, 90)))
        for name in rng.sample(scene.language.goods, count)
    ]


def _figures(rng: random.Random) -> tuple[str, ...]:
    """Values of a service, in the order of `Language.metrics`."""
    return (
        f"{rng.randint(2, 98)}k",
        f"{rng.randint(20, 900)} ms",
        f"{rng.uniform(97, 99.9):.1f} %",
        str(rng.randint(0, 60)),
        f"{rng.randint(100, 4900):,}",
        f"{rng.randint(3, 97)} %",
    )


def _chart(sheet: Sheet, area: Box, rng: random.Random) -> None:
    """Bars or a line with a scale at the left."""
    left, top, right, bottom = area
    colours = sheet.theme
    left, top, right, bottom = left + 46, top + 22, right - 20, bottom - 26
    for step in range(5):
        y = bottom - (bottom - top) * step / 4
        sheet.line([(left, y), (right, y)], colours.line)
        sheet.text(left - 8, y - 7, str(step * 25), 10, colours.faint, anchor="ra")
    count = 12
    phase = rng.uniform(0, 6)
    shares = [0.5 + 0.3 * math.sin(phase + n / 2) + rng.uniform(-0.15, 0.15) for n in range(count)]
    step_width = (right - left) / count
    if rng.random() < 0.5:
        for n, share in enumerate(shares):
            x = left + n * step_width + step_width * 0.2
            high = bottom - share * (bottom - top)
            sheet.box((x, high, x + step_width * 0.6, bottom), colours.accent)
    else:
        points = [
            (left + (n + 0.5) * step_width, bottom - share * (bottom - top))
            for n, share in enumerate(shares)
        ]
        sheet.line(points, colours.accent, 2.5)


def _buttons(sheet: Sheet, right: float, top: float, words: tuple[str, str]) -> None:
    """Two buttons; the second one is at the right and filled."""
    left = _button(sheet, right, top, words[1], filled=True)
    _button(sheet, left - 10, top, words[0], filled=False)


def _button(sheet: Sheet, right: float, top: float, words: str, *, filled: bool) -> float:
    """One button that ends at `right`; returns its left side."""
    colours = sheet.theme
    left = right - sheet.length(words, 13) - 30
    fill = colours.accent if filled else colours.panel
    sheet.box((left, top, right, top + 30), fill, colours.line, radius=5)
    ink = colours.on_accent if filled else colours.ink
    sheet.text((left + right) / 2, top + 6, words, 13, ink, anchor="ma")
    return left
