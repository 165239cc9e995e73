"""Positions of the parts of a YAML text, so that one part can be changed and the rest kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

MERGE = "<<"
"""The merge key: the keys of its value are included in the mapping."""
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
    flow: bool = False
    """Whether it is in flow style (braces or brackets)."""
    anchor: str | None = None
    value: str = ""
    """The text of a scalar."""
    target: Node | None = None
    """The node that an alias refers to."""
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    """Keys and values of a mapping, in order."""
    items: list[Node] = field(default_factory=list)
    """Items of a sequence."""

    @property
    def resolved(self) -> Node:
        """The node itself, or the node that it is an alias of."""
        return self if self.target is None else self.target

    def pair(self, key: str) -> tuple[Node, Node] | None:
        """The key of this name and its value, if the mapping itself contains it."""
        return next((pair for pair in self.pairs if pair[0].value == key), None)

    def has_anchor(self) -> bool:
        """Whether it or a part of it has an anchor."""
        inner = [node for pair in self.pairs for node in pair] + self.items
        return self.anchor is not None or any(node.has_anchor() for node in inner)


def read_nodes(text: str) -> Node | None:
    """The root of the first document; `None` if it is empty. Raises `YAMLError`."""
    reader = _Reader(text)
    return reader.root()


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

    def root(self) -> Node | None:
        for event in self._events:
            if isinstance(event, AliasEvent | ScalarEvent | MappingStartEvent | SequenceStartEvent):
                return self._node(event)
        return None

    def _node(self, event: Any) -> Node:
        node = Node(
            kind="scalar",
            start=event.start_mark.index,
            end=event.end_mark.index,
            column=event.start_mark.column,
            anchor=event.anchor,
        )
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise YAMLError(f"found undefined alias {event.anchor!r}")
            node.kind, node.anchor, node.target = "alias", None, self._anchors[event.anchor]
            return node
        if node.anchor is not None:
            self._anchors[node.anchor] = node
        if isinstance(event, ScalarEvent):
            node.value = event.value
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
        nodes: list[Node] = []
        for event in self._events:
            if not isinstance(
                event, AliasEvent | ScalarEvent | MappingStartEvent | SequenceStartEvent
            ):
                # In block style the end event is at the start of the next token.
                last = nodes[-1].end if nodes else parent.start
                parent.end = event.end_mark.index if parent.flow else last
                return nodes
            node = self._node(event)
            if parent.kind == "mapping" and len(nodes) % 2 and node.start == node.end:
                # An empty value is at the start of the next token.
                node.start = node.end = after_colon(self._text, nodes[-1])
            nodes.append(node)
        return nodes
