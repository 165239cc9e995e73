"""The parts of a YAML text, each with its position, so that one can be changed or named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

MAX_NODES = 10_000
"""Most values, keys and aliases of a text. Higher: larger files; 10,000 take about a second."""
MAX_DEPTH = 100
"""Most lists and mappings inside each other. Higher: what walks through them may fail."""
MERGE = "<<"
"""The merge key: the keys of its value are included in the mapping."""
_MAX_OPEN = 300
"""Most brackets that a line leaves open, quoted ones included. Higher: the parser looks ahead over
all of them for seconds."""
_END_OF_LINE = re.compile(r"\r\n|\n|\r|\Z")


@dataclass
class Node:
    """A part of a YAML text. Positions are character indices; `end` is exclusive."""

    kind: Literal["scalar", "alias", "mapping", "sequence"]
    start: int
    """Start, including anchor and tag."""
    end: int
    column: int
    """Column in which it starts."""
    line: int = 1
    """Line in which it starts, from 1."""
    flow: bool = False
    """Whether it is in flow style (braces or brackets)."""
    anchor: str | None = None
    value: str = ""
    """The text of a scalar."""
    tag: str | None = None
    """The tag that is written before it, such as `!!str`, in its long form."""
    plain: bool = False
    """Whether it is a scalar without quotes, so that its text decides what it is."""
    target: Node | None = None
    """The node that an alias refers to."""
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    """Keys and values of a mapping, in order."""
    items: list[Node] = field(default_factory=list)
    """Items of a sequence."""
    has_anchor: bool = False
    """Whether it or a part of it has an anchor."""

    @property
    def resolved(self) -> Node:
        """The node itself, or the node that it is an alias of."""
        return self if self.target is None else self.target

    def pair(self, key: str) -> tuple[Node, Node] | None:
        """The key of this name and its value, if the mapping itself contains it."""
        return next((pair for pair in self.pairs if pair[0].value == key), None)


class TooLarge(YAMLError):
    """The text has more values than `MAX_NODES`, or they are nested deeper than `MAX_DEPTH`."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


class SecondDocument(YAMLError):
    """The text has a second document, which begins in `line`."""

    def __init__(self, line: int) -> None:
        super().__init__("a second document begins here")
        self.line = line


def read_nodes(text: str) -> Node | None:
    """The root of the only document; `None` if it is empty. Raises `YAMLError`."""
    _check_brackets(text)
    return _Reader(text).root()


def _check_brackets(text: str) -> None:
    depth, line = 0, 1
    for found in re.finditer(r"[\[\]{}\n]", text):
        if found.group() == "\n":
            depth, line = 0, line + 1
        else:
            depth = max(0, depth + (1 if found.group() in "[{" else -1))
        if depth > _MAX_OPEN:
            raise TooLarge(line, f"it is nested deeper than {MAX_DEPTH} levels")


def end_of_line(text: str, position: int) -> int:
    """The end of the line that contains `position`, before its line break."""
    found = _END_OF_LINE.search(text, position)
    return len(text) if found is None else found.start()


def after_colon(text: str, key: Node) -> int:
    """The position after the colon that follows a key."""
    return text.find(":", key.end) + 1


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._anchors: dict[str, Node] = {}
        # Pure: the positions of the C parser count bytes.
        self._events: Iterator[Any] = iter(YAML(typ="safe", pure=True).parse(text))
        self._count = 0
        self._depth = 0

    def root(self) -> Node | None:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, AliasEvent | ScalarEvent | MappingStartEvent | SequenceStartEvent):
                root = self._node(event)
            elif isinstance(event, DocumentStartEvent) and root is not None:
                raise SecondDocument(event.start_mark.line + 1)
        return root

    def _node(self, event: Any) -> Node:
        self._count += 1
        if self._count > MAX_NODES:
            problem = f"the file has more than {MAX_NODES:,} values"
            raise TooLarge(event.start_mark.line + 1, problem)
        node = Node(
            kind="scalar",
            start=event.start_mark.index,
            end=event.end_mark.index,
            column=event.start_mark.column,
            line=event.start_mark.line + 1,
            anchor=event.anchor,
            has_anchor=event.anchor is not None,
            tag=None if getattr(event, "tag", None) is None else str(event.tag),
        )
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise YAMLError(f"found undefined alias {event.anchor!r}")
            node.kind, node.anchor, node.target = "alias", None, self._anchors[event.anchor]
            node.has_anchor = False
            return node
        if node.anchor is not None:
            self._anchors[node.anchor] = node
        if isinstance(event, ScalarEvent):
            node.value, node.plain = event.value, event.implicit[0]
            # A block scalar ends where the next token begins.
            node.end = node.start + len(self._text[node.start : node.end].rstrip())
        elif isinstance(event, MappingStartEvent):
            node.kind, node.flow = "mapping", bool(event.flow_style)
            nodes = self._children(node)
            node.pairs = list(zip(nodes[::2], nodes[1::2], strict=True))
        else:
            node.kind, node.flow = "sequence", bool(event.flow_style)
            node.items = self._children(node)
        return node

    def _children(self, parent: Node) -> list[Node]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLarge(parent.line, f"it is nested deeper than {MAX_DEPTH} levels")
        nodes: list[Node] = []
        for event in self._events:
            if not isinstance(
                event, AliasEvent | ScalarEvent | MappingStartEvent | SequenceStartEvent
            ):
                # In block style the end event is at the start of the next token.
                last = nodes[-1].end if nodes else parent.start
                parent.end = event.end_mark.index if parent.flow else last
                self._depth -= 1
                return nodes
            node = self._node(event)
            if parent.kind == "mapping" and len(nodes) % 2 and node.start == node.end:
                # An empty value is at the start of the next token.
                node.start = node.end = after_colon(self._text, nodes[-1])
            nodes.append(node)
            parent.has_anchor = parent.has_anchor or node.has_anchor
        return nodes
