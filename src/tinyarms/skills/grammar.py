"""Regular expression or labels → GBNF, the grammar format of llama.cpp's server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from tinyarms.core.errors import ConfigError

_CATEGORIES = {
    c.CATEGORY_DIGIT: "0-9",
    c.CATEGORY_WORD: "a-zA-Z0-9_",
    c.CATEGORY_SPACE: " \\t\\n",
}


def labels_grammar(labels: Sequence[str]) -> str:
    """A grammar that allows exactly the labels."""
    return "root ::= " + " | ".join(_quote(label) for label in labels)


def pattern_grammar(pattern: str) -> str:
    """A grammar that allows what `re.fullmatch(pattern, …)` accepts.

    Literals, classes, groups, alternatives and repeats are understood; anything else
    (look-around, back references) raises `ConfigError`.
    """
    try:
        tree = _parser.parse(pattern)
    except re.error as error:
        raise ConfigError(f"The pattern {pattern!r} is no regular expression: {error}.") from error
    return f"root ::= {_sequence(tree, pattern)}"


def _sequence(tree: Any, pattern: str) -> str:
    parts = [_item(op, arg, pattern) for op, arg in tree]
    return " ".join(part for part in parts if part) or '""'


def _item(op: Any, arg: Any, pattern: str) -> str:
    if op is c.AT:  # ^ and $: a contract is always about the whole output
        return ""
    if op is c.LITERAL:
        return _quote(chr(arg))
    if op is c.ANY:
        return "[^\\n]"
    if op is c.IN:
        return _char_class(arg, pattern)
    if op is c.SUBPATTERN:
        return f"({_sequence(arg[3], pattern)})"
    if op is c.BRANCH:
        return "(" + " | ".join(_sequence(branch, pattern) for branch in arg[1]) + ")"
    if op in (c.MAX_REPEAT, c.MIN_REPEAT):
        low, high, body = arg
        inner = _sequence(body, pattern)
        upper = "" if high is c.MAXREPEAT else str(high)
        return f"({inner}){{{low},{upper}}}"
    raise _unsupported(op, pattern)


def _char_class(items: Any, pattern: str) -> str:
    inside = ""
    for op, arg in items:
        if op is c.NEGATE:
            inside += "^"
        elif op is c.LITERAL:
            inside += _escape_in_class(chr(arg))
        elif op is c.RANGE:
            inside += f"{_escape_in_class(chr(arg[0]))}-{_escape_in_class(chr(arg[1]))}"
        elif op is c.CATEGORY and arg in _CATEGORIES:
            inside += _CATEGORIES[arg]
        else:
            raise _unsupported(op, pattern)
    return f"[{inside}]"


def _unsupported(op: Any, pattern: str) -> ConfigError:
    return ConfigError(
        f"The pattern {pattern!r} uses {str(op).lower()}, which no grammar can express.",
        "Use literals, classes, groups, alternatives and repeats.",
    )


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _escape_in_class(char: str) -> str:
    return f"\\{char}" if char in "\\]^-" else char
