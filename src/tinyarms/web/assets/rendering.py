"""Pages from templates. Everything is escaped; numbers come with what they are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tinyarms.core.text import counted, visible
from tinyarms.loop.reporting.course import CourseView

FOLDER = Path(__file__).parent
HTMX, ECHARTS = "htmx-2.0.11.min.js", "echarts-5.6.0.common.min.js"
FILES = {
    "style.css": FOLDER / "style.css",
    "app.js": FOLDER / "app.js",
    "charts.js": FOLDER / "charts.js",
    "icon.svg": FOLDER / "icon.svg",
    HTMX: FOLDER / "vendor" / HTMX,
    ECHARTS: FOLDER / "vendor" / ECHARTS,
}
"""The files that pages use, by the name under `/assets/`."""


@cache
def environment() -> Environment:
    """The templates, with their filters. A fact that a page lacks is an error, no empty text."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "percent": percent,
        "between": between,
        "day": day,
        "moment": moment,
        "words": words,
        "counted": lambda n, noun: counted(n, noun),
        "number": number,
        "signed": lambda n: f"{n:+d}" if n else "0",
        "dollars": dollars,
        "duration": duration,
        "visible": visible,
    }
    made.globals |= {"spark": spark, "HTMX": HTMX, "ECHARTS": ECHARTS}
    return made


def render(template: str, **facts: Any) -> Markup:
    """A part of a page."""
    return Markup(environment().get_template(template).render(facts))


def percent(share: float | None) -> str:
    """A share in [0, 1] in words.

    >>> percent(0.8333), percent(None)
    ('83%', 'not known')
    """
    return "not known" if share is None else f"{share:.0%}"


def between(interval: Sequence[float] | None) -> str:
    """An interval of shares in words.

    >>> between((0.76, 0.894))
    '76% to 89%'
    """
    return "" if interval is None else f"{interval[0]:.0%} to {interval[1]:.0%}"


def day(at: datetime | None) -> Markup:
    """The day of a moment, in UTC, as an element that programs can read too."""
    return _time(at, "{0.day} {0:%b %Y}")


def moment(at: datetime | None) -> Markup:
    """A moment to the minute, in UTC."""
    return _time(at, "{0.day} {0:%b %Y, %H:%M} UTC")


def _time(at: datetime | None, form: str) -> Markup:
    if at is None:
        return Markup("never")
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(utc.isoformat(), form.format(utc))


def words(name: str) -> str:
    """A name of the program in words.

    >>> words("cross_demonstrations")
    'cross demonstrations'
    """
    return name.replace("_", " ")


def number(n: float) -> str:
    """A number with its thousands apart.

    >>> number(1234567)
    '1,234,567'
    """
    return f"{n:,.0f}"


def dollars(amount: float | None) -> str:
    """US dollars in words.

    >>> dollars(0.0), dollars(0.034), dollars(None)
    ('free', '$0.034', 'not known')
    """
    if amount is None:
        return "not known"
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.3f}" if amount else "free"


def duration(seconds: float | None) -> str:
    """A length of time in words.

    >>> duration(42), duration(600), duration(9000)
    ('42 s', '10 min', '2.5 h')
    """
    if seconds is None:
        return "not known"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


_WIDTH, _HEIGHT, _TOP = 240.0, 56.0, 3.0


def spark(course: CourseView) -> Markup:
    """A small picture of a skill's accuracy: the line, its 95 % interval, and the releases."""
    known = [point for point in course.points if point.interval is not None]
    if not known:
        return Markup("")
    begin = min(course.points[0].begins, known[0].begins)
    span = max((known[-1].ends - begin).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return round((at - begin).total_seconds() / span * _WIDTH, 1)

    def y(share: float) -> float:
        return round(_TOP + (1 - share) * (_HEIGHT - 2 * _TOP), 1)

    places = [(x(p.begins + (p.ends - p.begins) / 2), p) for p in known]
    line = " ".join(f"{at},{y(p.accuracy or 0.0)}" for at, p in places)
    high = [f"{at},{y(p.interval[1])}" for at, p in places if p.interval]
    low = [f"{at},{y(p.interval[0])}" for at, p in reversed(places) if p.interval]
    marks = Markup("").join(
        Markup('<line class="mark" x1="{0}" x2="{0}" y1="0" y2="{1}"/>').format(x(r.at), _HEIGHT)
        for r in course.releases
        if r.at >= begin
    )
    last_x, last = places[-1]
    return Markup(
        '<svg class="spark" viewBox="0 0 {w:g} {h:g}" preserveAspectRatio="none" role="img" '
        'aria-label="{said}">{marks}<polygon class="band" points="{band}"/>'
        '<polyline class="line" points="{line}"/>'
        '<circle class="dot" cx="{x}" cy="{y}" r="2.5"/></svg>'
    ).format(
        w=_WIDTH,
        h=_HEIGHT,
        said=f"Share right over the last {course.days} days, now {percent(last.accuracy)}.",
        marks=marks,
        band=" ".join([*high, *low]),
        line=line,
        x=last_x,
        y=y(last.accuracy or 0.0),
    )
