"""Reads a YAML text as plain values: texts, numbers, lists and mappings, each with its line.

It is YAML 1.2, where `no` and `on` are texts. Dates are texts too. What a file of settings has no
use for is a problem of one place, and the rest of the file stays usable: a key that occurs twice,
an alias inside of what it stands for, infinity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode

from tinyarms.core.text import one_line, shorten
from tinyarms.core.yaml_nodes import MAX_DEPTH, MERGE, Node, read_nodes
from tinyarms.core.yaml_syntax import YamlProblem, syntax_problem

Place = tuple[str | int, ...]
"""Keys and positions that lead from the top of the file to a value."""

MAX_VALUES = 20_000
"""Most values after each alias is replaced by what it stands for. Higher: a small file with aliases
inside aliases keeps the program busy for longer."""
LARGEST_NUMBER = 2**63
"""Whole numbers must be smaller than this, because no database column holds larger ones."""
_TAG = "tag:yaml.org,2002:"
_TAGS = {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")}


@dataclass(frozen=True)
class Document:
    """The values of a YAML text, as far as they can be used."""

    values: dict[str, Any]
    """The top mapping, without the values that have a problem."""
    lines: Mapping[Place, int]
    """The line of each key and item, from 1."""
    written: Mapping[Place, tuple[str, bool]]
    """The characters of each scalar, and whether its value is a text."""
    holders: frozenset[str]
    """Keys of the top mapping below which there is an anchor."""
    problems: tuple[YamlProblem, ...]
    """What is wrong at one place each, in the order of the file."""

    def line(self, place: Place) -> int:
        """The line of a place, or else of the nearest place around it."""
        for end in range(len(place), 0, -1):
            if place[:end] in self.lines:
                return self.lines[place[:end]]
        return 1

    def shown(self, place: Place) -> str | None:
        """A scalar as a message shows it: a text in quotes, a number as it is written; `None` if
        there is no scalar at this place."""
        if place not in self.written:
            return None
        characters, is_text = self.written[place]
        return f"'{shorten(one_line(characters), 60)}'" if is_text else characters


def read_document(text: str, *, texts_only: bool = False) -> Document:
    """Read a YAML text whose top is a mapping; an empty text is an empty mapping.

    `texts_only`: every scalar is a text, so a label `no` or `1.0` stays what it is. Raises
    `YamlProblem` where nothing of the text can be read.
    """
    try:
        root = read_nodes(text)
    except (YAMLError, RecursionError, ValueError) as error:
        raise syntax_problem(error, text) from error
    if root is None or (root.kind == "scalar" and root.plain and root.value in ("", "~", "null")):
        return Document({}, {}, {}, frozenset(), ())
    if root.kind != "mapping":
        raise YamlProblem("must be a mapping of keys to values", root.line)
    reader = _Reader(texts_only)
    values = reader.mapping(root, ())
    holders = frozenset(key.value for key, value in root.pairs if value.has_anchor)
    return Document(values, reader.lines, reader.written, holders, tuple(reader.problems))


@dataclass
class _Reader:
    texts_only: bool
    lines: dict[Place, int] = field(default_factory=dict)
    written: dict[Place, tuple[str, bool]] = field(default_factory=dict)
    problems: list[YamlProblem] = field(default_factory=list)
    _open: set[int] = field(default_factory=set)
    """The nodes that are being read, by their `id`."""
    _sizes: dict[int, int] = field(default_factory=dict)
    """Number of values of each node that an alias stands for, by its `id`."""
    _count: int = 0

    def __post_init__(self) -> None:
        yaml = YAML(typ="safe", pure=True)
        self._resolver, self._constructor = yaml.resolver, yaml.constructor

    def mapping(self, node: Node, place: Place) -> dict[str, Any]:
        """The mapping, without the keys and values that have a problem."""
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        unusable: set[str | int] = set()
        # The merge keys first, so that the lines and characters of own keys replace theirs.
        for key_node, value_node in node.pairs:
            if _is_merge(key_node):
                merged = self._merged(value_node, place) | merged
        for key_node, value_node in node.pairs:
            if _is_merge(key_node):
                continue
            try:
                key = self._key(key_node, place)
                inner = (*place, key)
                if key in own:
                    first = self.lines[inner]
                    raise self._problem(
                        inner,
                        key_node,
                        f"the key occurs twice, first in line {first}",
                        "Remove one of the two.",
                    )
                self.lines[inner] = key_node.line
                own[key] = None
                own[key] = self._value(value_node, inner)
            except YamlProblem as problem:
                self.problems.append(problem)
                unusable.update(problem.place[len(place) : len(place) + 1])
        return {key: value for key, value in (merged | own).items() if key not in unusable}

    def _merged(self, node: Node, place: Place) -> dict[str, Any]:
        """The keys that a merge key includes; of several mappings the first one counts."""
        merged: dict[str, Any] = {}
        parts = node.resolved.items if node.resolved.kind == "sequence" else [node]
        for part in parts:
            try:
                value = self._value(part, place)
                if not isinstance(value, dict):
                    raise self._problem(place, part, "`<<` must name a mapping")
            except YamlProblem as problem:
                self.problems.append(problem)
            else:
                merged = value | merged
        return merged

    def _value(self, node: Node, place: Place) -> Any:
        self._count += 1
        if node.target is not None:
            self._check_alias(node, node.target, place)
            return self._value(node.target, place)
        if node.kind == "scalar":
            value = self._scalar(node, place)
            self.written[place] = node.value, isinstance(value, str)
            return value
        if node.tag is not None and node.tag not in _TAGS:
            raise self._unknown_tag(node, place)
        before = self._count
        self._open.add(id(node))
        try:
            if node.kind == "mapping":
                return self.mapping(node, place)
            return list(self._items(node, place))
        finally:
            self._open.remove(id(node))
            self._sizes[id(node)] = self._count - before

    def _items(self, node: Node, place: Place) -> Iterator[Any]:
        for number, item in enumerate(node.items):
            inner = (*place, number)
            self.lines[inner] = item.line
            yield self._value(item, inner)

    def _check_alias(self, node: Node, target: Node, place: Place) -> None:
        """Raises `YamlProblem` if the alias has no end, or stands for too much."""
        if id(target) in self._open:
            raise self._problem(
                place,
                node,
                f"the alias *{target.anchor} is inside of what it stands for",
                "Write its value out.",
            )
        size = self._sizes.get(id(target), 1)
        if self._count + size > MAX_VALUES:
            raise self._problem(
                place,
                node,
                f"the aliases stand for more than {MAX_VALUES:,} values",
                "Use fewer of them.",
            )
        if len(self._open) >= MAX_DEPTH:
            raise self._problem(place, node, f"it is nested deeper than {MAX_DEPTH} levels")

    def _key(self, node: Node, place: Place) -> str:
        # Not `node.resolved`: this is done for each key of a file.
        key = node if node.target is None else node.target
        if key.kind != "scalar":
            raise self._problem(place, node, "a key must be a text, not a list or a mapping")
        value = self._scalar(key, (*place, key.value))
        if isinstance(value, str):
            return value
        shown = key.value or "(nothing)"
        raise self._problem(
            (*place, key.value),
            node,
            f"the key {shown} is not a text",
            f'In quotes it is one: "{key.value}".',
        )

    def _scalar(self, node: Node, place: Place) -> Any:
        if self.texts_only:
            return node.value
        implied = self._resolver.resolve(ScalarNode, node.value, (node.plain, False))
        tag = node.tag or str(implied)
        if tag in (f"{_TAG}str", f"{_TAG}timestamp", f"{_TAG}merge", "!"):
            return node.value
        if tag not in _TAGS:
            raise self._unknown_tag(node, place)
        try:
            value = self._constructor.construct_object(ScalarNode(tag, node.value))
        except (ValueError, OverflowError, KeyError, YAMLError) as error:
            shown = shorten(node.value, 40)
            if node.tag is None:
                raise self._problem(place, node, f"the number {shown} is too large") from error
            raise self._problem(place, node, f"{shown} is not what its tag says") from error
        if isinstance(value, float) and not math.isfinite(value):
            raise self._problem(
                place,
                node,
                f"{shorten(node.value, 40)} is not a finite number",
                "Leave the key out where there is no limit.",
            )
        if isinstance(value, int) and abs(value) >= LARGEST_NUMBER:
            raise self._problem(place, node, f"the number {shorten(node.value, 40)} is too large")
        return value

    def _unknown_tag(self, node: Node, place: Place) -> YamlProblem:
        tag = shorten((node.tag or "").replace(_TAG, "!!"), 40)
        close = get_close_matches(
            tag, [name.replace(_TAG, "!!") for name in _TAGS], n=1, cutoff=0.8
        )
        hint = f"Did you mean {close[0]}?" if close else "Remove it."
        return self._problem(place, node, f"the tag {tag} is unknown", hint)

    def _problem(self, place: Place, node: Node, message: str, hint: str = "") -> YamlProblem:
        return YamlProblem(message, node.line, place, hint)


def _is_merge(key: Node) -> bool:
    return key.plain and key.value == MERGE
