"""Translate regular expressions and labels to GBNF, the grammar format of llama.cpp's server."""

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
_OPPOSITES = {
    c.CATEGORY_NOT_DIGIT: c.CATEGORY_DIGIT,
    c.CATEGORY_NOT_WORD: c.CATEGORY_WORD,
    c.CATEGORY_NOT_SPACE: c.CATEGORY_SPACE,
}
_EDGES = (c.AT_BEGINNING, c.AT_BEGINNING_STRING, c.AT_END, c.AT_END_STRING)


def labels_grammar(labels: Sequence[str]) -> str:
    """A grammar that allows exactly the labels.

    Examples
    --------
    >>> from tinyarms.skills.grammar import labels_grammar
    >>> print(labels_grammar(["good", "bad"]))
    root ::= "good" | "bad"
    """
    return "root ::= " + " | ".join(_quote(label) for label in labels)


def pattern_grammar(pattern: str) -> str:
    """A grammar that allows what `re.fullmatch(pattern, …)` accepts.

    `\\d`, `\\w` and `\\s` stand for ASCII characters only. The function translates literals,
    classes, groups, alternatives and repeats; anything else (look-around, back references, flags)
    raises `ConfigError`.

    Examples
    --------
    >>> from tinyarms.skills.grammar import pattern_grammar
    >>> print(pattern_grammar("[a-z]+(-[a-z]+){1,4}"))
    root ::= ([a-z]){1,} (("-" ([a-z]){1,})){1,4}
    """
    try:
        tree = _parser.parse(pattern)
    except re.error as error:
        raise ConfigError(
            f"The pattern {pattern!r} is not a regular expression: {error}."
        ) from error
    if tree.state.flags & ~re.UNICODE:
        raise _unsupported("a flag", pattern)
    return f"root ::= {_sequence(tree, pattern)}"


def _sequence(tree: Any, pattern: str) -> str:
    parts = [_item(op, arg, pattern) for op, arg in tree]
    return " ".join(part for part in parts if part) or '""'


def _item(op: Any, arg: Any, pattern: str) -> str:
    if op is c.AT and arg in _EDGES:  # A contract always covers the whole output.
        return ""
    if op is c.LITERAL:
        return _quote(chr(arg))
    if op is c.NOT_LITERAL:
        return f"[^{_escape(chr(arg))}]"
    if op is c.ANY:
        return "[^\\n]"
    if op is c.IN:
        return _char_class(arg, pattern)
    if op is c.SUBPATTERN:
        _, flags_on, flags_off, body = arg
        if flags_on or flags_off:
            raise _unsupported("a flag", pattern)
        return f"({_sequence(body, pattern)})"
    if op is c.BRANCH:
        return "(" + " | ".join(_sequence(branch, pattern) for branch in arg[1]) + ")"
    if op in (c.MAX_REPEAT, c.MIN_REPEAT):
        low, high, body = arg
        endless = high is c.MAXREPEAT
        if endless and body.getwidth()[0] == 0:  # llama.cpp would report left recursion.
            raise _unsupported("an endless repeat of a part that may be empty", pattern)
        return f"({_sequence(body, pattern)}){{{low},{'' if endless else high}}}"
    raise _unsupported(str(op).lower(), pattern)


def _char_class(items: Any, pattern: str) -> str:
    negated = items[0][0] is c.NEGATE
    members = items[1:] if negated else items
    opposites = [arg for op, arg in members if op is c.CATEGORY and arg in _OPPOSITES]
    plain = "".join(_member(op, arg, pattern) for op, arg in members)
    if not opposites:
        return f"[{'^' if negated else ''}{plain}]"
    if not negated:
        classes = [f"[^{_CATEGORIES[_OPPOSITES[arg]]}]" for arg in opposites]
        return "(" + " | ".join([f"[{plain}]", *classes] if plain else classes) + ")"
    if plain or len(opposites) > 1:
        raise _unsupported("a negated class that contains a negated class", pattern)
    return f"[{_CATEGORIES[_OPPOSITES[opposites[0]]]}]"


def _member(op: Any, arg: Any, pattern: str) -> str:
    if op is c.LITERAL:
        return _escape(chr(arg))
    if op is c.RANGE:
        return f"{_escape(chr(arg[0]))}-{_escape(chr(arg[1]))}"
    if op is c.CATEGORY and arg in _CATEGORIES:
        return _CATEGORIES[arg]
    if op is c.CATEGORY and arg in _OPPOSITES:
        return ""
    raise _unsupported(str(arg).lower(), pattern)


def _unsupported(feature: str, pattern: str) -> ConfigError:
    return ConfigError(
        f"The pattern {pattern!r} uses {feature}, which no grammar can express.",
        "Use literals, classes, groups, alternatives and repeats.",
    )


def _quote(text: str) -> str:
    return '"' + "".join(_escape(char, '\\"') for char in text) + '"'


def _escape(char: str, special: str = "\\[]^-") -> str:
    # By code point: only newer versions of llama.cpp know `\-`, and none knows `\^`.
    return f"\\x{ord(char):02X}" if char in special or ord(char) < 0x20 else char
