"""Pages from templates. Everything is escaped; numbers come with what they are over."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from tinyarms.core.text import counted, visible
from tinyarms.web.assets.drawings import gate, spark
from tinyarms.web.assets.figures import between, percent

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
        "commands": commands,
        "breakable": breakable,
    }
    made.globals |= {"spark": spark, "gate": gate, "HTMX": HTMX, "ECHARTS": ECHARTS}
    return made


def render(template: str, **facts: Any) -> Markup:
    """A part of a page."""
    return Markup(environment().get_template(template).render(facts))


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


_PAGES = {
    "vote": "vote",
    "evolve": "evolution",
    "results": "test",
    "review": "test",
    "approve": "test",
    "history": "history",
    "rollback": "history",
    "stats": "",
}
"""The page where a person does what `tinyarms prompt VERB SKILL` does, by the verb."""
_COMMAND = re.compile(r"`?(tinyarms (?:(prompt) ([a-z]+)|[a-z]+)(?: (?:--)?[\w:-]*\w)*)`?")


def commands(text: str) -> Markup:
    """A sentence with its commands as code, and linked where a page does the same.

    >>> commands("Wait: tinyarms prompt stats a")
    Markup('Wait: <a href="/skills/a"><code>tinyarms prompt stats a</code></a>')
    """
    parts, at = [], 0
    for found in _COMMAND.finditer(text):
        said = Markup("<code>{}</code>").format(found[1])
        words_of = found[1].split()
        if found[2] and found[3] in _PAGES and len(words_of) == 4:
            path = "/".join(filter(None, ("/skills", words_of[3], _PAGES[found[3]])))
            said = Markup('<a href="{}">{}</a>').format(path, said)
        parts += [escape(visible(text[at : found.start()])), said]
        at = found.end()
    return Markup("").join([*parts, escape(visible(text[at:]))])


def breakable(name: str) -> Markup:
    """A name of a setting that may be broken after its dots and underscores.

    >>> breakable("server.max_body_mb")
    Markup('server.<wbr>max_<wbr>body_<wbr>mb')
    """
    return Markup("<wbr>").join(re.findall(r"[^._]*[._]+|[^._]+", name))
