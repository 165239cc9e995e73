"""Read YAML and JSON as a person wrote them, with lines, in bounded time.

Nothing is constructed from tags, a scalar that looks like a number stays the text that was written,
and an alias costs what it stands for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from tinyarms.core.errors import ImportRefused
from tinyarms.core.text import shorten
from tinyarms.exchange.incoming.source import json_value
from tinyarms.exchange.tables.json_text import MAX_DEPTH

MAX_BYTES = 2_000_000
"""Most characters of a YAML file. Higher: longer waits, since the parser is slow."""
MAX_VALUES = 500_000
"""Most values of a file, where each alias counts with all that it stands for."""
_CORE = "tag:yaml.org,2002:"
_CORE_TAGS = frozenset(f"{_CORE}{name}" for name in ("str", "int", "float", "bool", "null", "map"))
_TAGS = _CORE_TAGS | {f"{_CORE}seq", "!"}
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DEEP = re.compile(rf"[\[{{](?:\s*[\[{{]){{{MAX_DEPTH}}}")
_BLANK_LINES = "more indented follow up line than first in a block scalar"
"""How the parser refuses a block that begins with a line of blanks, which other parsers read."""
_BLANKS = re.compile(r"^[ ]+$", re.MULTILINE)
_MOST_DIGITS = 400
"""Longest number that is read as one; a longer one stays a text."""


class Plain(str):
    """A scalar that was written without quotes, as it was written."""

    __slots__ = ()


class YamlMap(dict[str, Any]):
    """A mapping, with the line on which it and each of its values begins."""

    line: int = 0

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """The line of a key; that of the mapping if it lacks the key."""
        return self.lines.get(key, self.line)


class YamlList(list[Any]):
    """A list, with the line on which it and each of its items begins."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


def read_yaml(text: str, where: str) -> Any:
    """The value of a YAML text: `YamlMap`, `YamlList`, text, `Plain` or `None`.

    Raises `ImportRefused`, which begins with `where`, for broken YAML, a tag of a language, a key
    twice, a second document, an alias of what contains it, and for too much of anything.
    """
    if len(text) > MAX_BYTES:
        raise ImportRefused(
            f"{where}: has more than {MAX_BYTES:,} characters of YAML.",
            "Write its rows as JSON lines, which are read one by one.",
        )
    deep = _DEEP.search(text)
    if deep is not None:
        # The parser would look far ahead for a key.
        line = text.count("\n", 0, deep.start()) + 1
        raise ImportRefused(
            f"{where}, line {line}: has more than {MAX_DEPTH} levels.", "Flatten it."
        )
    try:
        try:
            return _Reader(text, where).document()
        except MarkedYAMLError as error:
            if error.context != _BLANK_LINES:
                raise
            return _Reader(_BLANKS.sub("", text), where).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = where if mark is None else f"{where}, line {mark.line + 1}"
        problem = str(error.problem or error.context).splitlines()[0]
        raise ImportRefused(f"{place}: broken YAML: {problem}.") from error
    except (YAMLError, ValueError) as error:
        problem = str(error).strip().splitlines()[0]
        position = getattr(error, "position", None)  # of a character that no YAML may have
        place = where
        if position is not None:
            place = f"{where}, line {text.count(chr(10), 0, position) + 1}"
        raise ImportRefused(f"{place}: broken YAML: {shorten(problem, 120)}.") from error


def read_json(text: str, where: str) -> Any:
    """The value of a JSON text, in the same form. Raises `ImportRefused`.

    JSON without tabs is YAML, except for the escapes of characters beyond U+FFFF.
    """
    json_value(text, where)
    return _with_pairs_joined(read_yaml(text.replace("\t", " "), where))


def typed(value: Any) -> Any:
    """The JSON value: numbers, truth values and texts by the core schema of YAML 1.2.

    Examples
    --------
    >>> from tinyarms.exchange.incoming.yaml_text import read_yaml, typed
    >>> typed(read_yaml("{a: no, b: 3, c: 0.5, d: true, e: '3'}", "x.yaml"))
    {'a': 'no', 'b': 3, 'c': 0.5, 'd': True, 'e': '3'}
    """
    if isinstance(value, dict):
        return {str(key): typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return _scalar(value) if isinstance(value, Plain) else value


def _scalar(text: Plain) -> Any:
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text[0] in "tT"
    if len(text) <= _MOST_DIGITS:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            number = float(text)
            return number if abs(number) != float("inf") else str(text)
    return str(text)


class _Reader:
    def __init__(self, text: str, where: str) -> None:
        self._where = where
        self._anchors: dict[str, tuple[Any, int]] = {}
        # Pure: the C parser reads YAML 1.1, where `no` is false.
        self._events: Iterator[Any] = iter(YAML(typ="safe", pure=True).parse(text))

    def document(self) -> Any:
        value: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refusal(event, "a second document begins", "Keep one document.")
            elif isinstance(event, _VALUES):
                value, _ = self._value(event, 1)
        return value

    def _value(self, event: Any, depth: int) -> tuple[Any, int]:
        """A value, and the number of values that it stands for."""
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if depth > MAX_DEPTH:
            raise self._refusal(event, f"has more than {MAX_DEPTH} levels", "Flatten it.")
        if event.tag is not None and event.tag not in _TAGS:
            raise self._refusal(
                event, f"the tag {shorten(str(event.tag), 60)} is not read", "Remove it."
            )
        if isinstance(event, ScalarEvent):
            value: Any = _text(event)
            size = 1
        elif isinstance(event, MappingStartEvent):
            value, size = self._mapping(event, depth)
        else:
            value, size = self._sequence(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = value, size
        return value, size

    def _alias(self, event: Any) -> tuple[Any, int]:
        if event.anchor not in self._anchors:
            raise self._refusal(
                event, f"*{event.anchor} has no anchor before it, or contains itself", "Correct it."
            )
        return self._anchors[event.anchor]

    def _mapping(self, start: Any, depth: int) -> tuple[YamlMap, int]:
        found = YamlMap(start.start_mark.line + 1)
        merged: list[Any] = []
        size = 1
        for event in self._events:
            if not isinstance(event, _VALUES):
                break
            key, _ = self._value(event, depth + 1)
            if not isinstance(key, str) and key is not None:
                raise self._refusal(event, "a key is no text", "Write a text.")
            name = "" if key is None else str(key)
            if name in found:
                raise self._refusal(
                    event, f"the key {shorten(name, 60)!r} occurs twice", "Drop one."
                )
            value, values = self._value(next(self._events), depth + 1)
            size = self._bounded(size + values + 1, event)
            if name == "<<" and isinstance(key, Plain):
                merged += value if isinstance(value, YamlList) else [value]
                continue
            found[name] = value
            found.lines[name] = event.start_mark.line + 1
        for other in merged:
            if isinstance(other, YamlMap):
                for name, value in other.items():
                    found.setdefault(name, value)
                    found.lines.setdefault(name, other.line_of(name))
        return found, size

    def _sequence(self, start: Any, depth: int) -> tuple[YamlList, int]:
        found = YamlList(start.start_mark.line + 1)
        size = 1
        for event in self._events:
            if not isinstance(event, _VALUES):
                break
            value, values = self._value(event, depth + 1)
            size = self._bounded(size + values, event)
            found.append(value)
            found.lines.append(event.start_mark.line + 1)
        return found, size

    def _bounded(self, size: int, event: Any) -> int:
        if size > MAX_VALUES:
            raise self._refusal(event, f"stands for more than {MAX_VALUES:,} values", "Shorten it.")
        return size

    def _refusal(self, event: Any, problem: str, hint: str) -> ImportRefused:
        return ImportRefused(f"{self._where}, line {event.start_mark.line + 1}: {problem}.", hint)


_VALUES = (AliasEvent, ScalarEvent, MappingStartEvent, SequenceStartEvent)


def _text(event: Any) -> str | None:
    tag = event.tag
    if event.style is None and tag in (None, f"{_CORE}null") and event.value in _NULL:
        return None
    is_plain = event.style is None and tag != f"{_CORE}str"
    return Plain(event.value) if is_plain else str(event.value)


def _with_pairs_joined(value: Any) -> Any:
    """Texts in which two halves of a surrogate pair are one character, in place."""
    if isinstance(value, YamlMap):
        for key in list(value):
            value[key] = _with_pairs_joined(value[key])
    elif isinstance(value, YamlList):
        value[:] = [_with_pairs_joined(item) for item in value]
    elif isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value
