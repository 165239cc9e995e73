"""Fill templates with the variables of a row."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tinyarms.exchange.incoming.placeholders import from_mustache, input_name
from tinyarms.exchange.tables.table import Json, as_text

_PLACEHOLDER = re.compile(r"\{\{([A-Za-z_][A-Za-z0-9_]*)\}\}")
_LITERAL = re.compile(r"\{\{-?\s*(?:'([^'\n]*)'|\"([^\"\n]*)\")\s*-?\}\}")
"""How Nunjucks writes braces that stay: `{{ '{{name}}' }}`."""
_MARK = "\ue000"
"""A character for private use: it stands around the number of a literal while others are filled."""
_MARKED = re.compile(f"{_MARK}(\\d{{1,7}}){_MARK}")
MOST_CHARACTERS = 1_000_000
"""Most characters of a filled template, and of a row that is filled. Higher: longer inputs, if a
model accepts them."""
_ROUNDS = 5
"""Most times that a variable may refer to another one that refers to another one."""


class Unfilled(ValueError):
    """A template that cannot be filled; its text says why."""


def filled(text: str, variables: Mapping[str, Json], *, are_settled: bool = False) -> str:
    """The text with the variables of a row in place of its placeholders. Raises `Unfilled`.

    `are_settled`: whether the variables refer to no others, so that braces in them are theirs.
    """
    if "{{" not in text and "{%" not in text:
        return text
    text = text.replace(_MARK, "")
    literals: list[str] = []
    for _ in range(1 if are_settled else _ROUNDS):
        text = _without_literals(text, literals)
        if "{{" not in text and "{%" not in text:
            return _with_literals(text, literals)
        template = from_mustache(text, "")
        if template.listed:
            raise Unfilled(f"{template.listed[0].what}: {template.listed[0].why}")
        if not template.names:
            return _with_literals(template.text, literals)
        missing = [name for name in template.names if name not in variables]
        if missing:
            raise Unfilled(f"it needs {{{{{missing[0]}}}}}, which the row does not have")
        text = _with_values(template.text, variables)
    if are_settled:
        return _with_literals(text, literals)
    raise Unfilled("its variables refer to each other in a circle")


def _without_literals(text: str, literals: list[str]) -> str:
    """The text with a mark for each literal; these are added to `literals`."""

    def mark(match: re.Match[str]) -> str:
        literals.append(match[1] or match[2] or "")
        return f"{_MARK}{len(literals) - 1}{_MARK}"

    return _LITERAL.sub(mark, text)


def _with_literals(text: str, literals: list[str]) -> str:
    def literal(match: re.Match[str]) -> str:
        number = int(match[1])
        return literals[number] if number < len(literals) else match[0]

    return _MARKED.sub(literal, text) if literals else text


def _with_values(text: str, variables: Mapping[str, Json]) -> str:
    """The text with the values once. Raises `Unfilled` before it becomes too long."""
    length = len(text)

    def value(match: re.Match[str]) -> str:
        nonlocal length
        found = as_text(variables[match.group(1)]) or ""
        length += len(found)
        if length > MOST_CHARACTERS:
            raise Unfilled(f"it would have more than {MOST_CHARACTERS:,} characters")
        return found

    return _PLACEHOLDER.sub(value, text)


def flat(variables: Mapping[str, Json]) -> dict[str, Json]:
    """The variables by the names that placeholders have: `item.text` is `item_text`."""
    found: dict[str, Json] = {}
    waiting = list(reversed(list(variables.items())))
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(f"{path}.{key}", item) for key, item in reversed(list(value.items()))]
        elif value is not None:
            found[input_name(path)] = value
    return found
