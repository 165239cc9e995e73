"""Placeholders of other tools, rewritten to `{{name}}`."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from tinyarms.exchange.incoming.records import Listed, Rewritten

_NAME = r"[^\W\d]\w*"
_EXPRESSION = re.compile(r"\{\{(-?)(.*?)(-?)\}\}", re.DOTALL)
_BLOCK = re.compile(r"\{%.*?%\}", re.DOTALL)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_PATH = re.compile(rf"{_NAME}(?:\s*\.\s*{_NAME}|\s*\[\s*(?:'{_NAME}'|\"{_NAME}\")\s*\])*")
_DROPPED_FILTERS = frozenset(
    {"trim", "capitalize", "upper", "lower", "title", "safe", "string", "escape", "e", "dump"}
)
"""Filters of a template that change little of a text: they are left out, and it is shown."""


@dataclass(frozen=True)
class Template:
    """A text with placeholders of this tool."""

    text: str
    names: tuple[str, ...]
    """The names of its placeholders, in order of first appearance."""
    rewritten: tuple[Rewritten, ...] = ()
    listed: tuple[Listed, ...] = ()
    """Why it cannot be carried over; empty: it can."""


@lru_cache(maxsize=1024)
def input_name(path: str) -> str:
    """The name of the input for a path such as `item.ticket_text`, or for a column's heading.

    Examples
    --------
    >>> from tinyarms.exchange.incoming.placeholders import input_name
    >>> input_name("item.ticket_text"), input_name("Customer text"), input_name("2nd")
    ('item_ticket_text', 'Customer_text', '_2nd')
    """
    plain = "".join(
        char if char.isascii() or not char.isalnum() else f"u{ord(char):x}"
        for char in _without_marks(path)
    )
    name = re.sub(r"[^A-Za-z0-9_]+", "_", plain).strip("_")
    return f"_{name}" if not name or name[0].isdigit() else name


def _without_marks(text: str) -> str:
    """The letters without accents, so that `Größe` becomes `Grosse`."""
    import unicodedata

    apart = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(char for char in apart if not unicodedata.combining(char))


def from_mustache(text: str, where: str, *, first_line: int | None = None) -> Template:
    """A text with `{{ name }}` placeholders as Jinja, Nunjucks, Mustache and Langfuse write them.

    Filters that only trim or change the case are left out. Blocks, other filters, calls and
    computed values make a text that cannot be carried over.

    Parameters
    ----------
    where
        `file, line N` of the text, or the file alone if `first_line` is given.
    first_line
        The line of the file on which the text begins; then each placeholder has its own line.

    Examples
    --------
    >>> from tinyarms.exchange.incoming.placeholders import from_mustache
    >>> from_mustache("Tone: {{ tone | upper }} {{item.text}}", "p.txt").text
    'Tone: {{tone}} {{item_text}}'
    >>> from_mustache("{% if tone %}Formal{% endif %}", "p.txt").listed[0].what
    '{% if tone %}'
    """

    ends = [match.start() for match in re.finditer("\n", text)] if first_line is not None else []

    def place(position: int) -> str:
        if first_line is None:
            return where
        return f"{where}, line {first_line + bisect_left(ends, position)}"

    rewritten: list[Rewritten] = []
    listed: list[Listed] = []
    names: dict[str, None] = {}
    block = _BLOCK.search(_up_to_last(text, "%}"))
    if block is not None:
        why = "templates have no logic here"
        listed.append(Listed(place(block.start()), _short(block.group()), why))

    def replace(match: re.Match[str]) -> str:
        new = _placeholder(match.group(2))
        if new is None:
            why = "a placeholder holds only the name of an input here"
            listed.append(Listed(place(match.start()), _short(match.group()), why))
            return match.group()
        names[new] = None
        after = f"{{{{{new}}}}}"
        if _inner(match) != new:
            rewritten.append(Rewritten(place(match.start()), match.group(), after))
        return after

    filled = _substituted(_EXPRESSION, replace, _substituted(_COMMENT, "", text, "#}"), "}}")
    rest = _substituted(_EXPRESSION, "", filled, "}}")
    unclosed = rest.find("{{")
    if unclosed >= 0:
        position = max(text.rfind(rest[unclosed : unclosed + 20]), 0)
        listed.append(
            Listed(place(position), _short(rest[unclosed:]), "the placeholder has no end")
        )
    return Template(filled, tuple(names), tuple(rewritten), tuple(listed))


def _up_to_last(text: str, end: str) -> str:
    """The text up to the last end of a placeholder.

    Beyond it none is closed, and for each beginning a pattern would look for its end in vain.
    """
    return text[: text.rfind(end) + len(end)] if end in text else ""


def _substituted(
    pattern: re.Pattern[str], new: str | Callable[[re.Match[str]], str], text: str, end: str
) -> str:
    """The text with something else for each match of a pattern, which ends with `end`."""
    closed = _up_to_last(text, end)
    return pattern.sub(new, closed) + text[len(closed) :]


def _inner(match: re.Match[str]) -> str:
    """What is between the braces, or the whole where its form has to change."""
    whole = f"{match.group(1)}{match.group(2)}{match.group(3)}"
    return whole.strip()


def _placeholder(expression: str) -> str | None:
    """The name of the input that an expression shows; `None` if it computes something."""
    path, *filters = (part.strip() for part in expression.split("|"))
    if not _PATH.fullmatch(path) or not set(filters) <= _DROPPED_FILTERS:
        return None
    if path.startswith(("env.", "sample.", "loop.")):
        return None
    return input_name(re.sub(r"\s*\[\s*['\"]|['\"]\s*\]", ".", path))


def _short(text: str) -> str:
    from tinyarms.core.text import one_line, shorten

    return shorten(one_line(text[:1_000]), 80)
