"""The project's Markdown files, their links, headings and anchors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
_PARSER = MarkdownIt("commonmark").enable("table")


def markdown_files() -> list[Path]:
    """Those that people read: at the top, and all below docs."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def links(path: Path) -> Iterator[str]:
    """The targets of all links and images of a file."""
    for token in _inline(path):
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if target is not None:
                yield str(target)


@cache
def anchors(path: Path) -> frozenset[str]:
    """The fragments that GitHub gives to the file's headings."""
    found: list[str] = []
    for heading in headings(path):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        repeated = found.count(slug)
        found.append(slug)
        if repeated:
            found.append(f"{slug}-{repeated}")
    return frozenset(found)


def headings(path: Path) -> Iterator[str]:
    """The texts of the file's headings, without marks of emphasis and code."""
    tokens = _PARSER.parse(path.read_text(encoding="utf-8"))
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            yield "".join(
                child.content
                for child in inline.children or ()
                if child.type in ("text", "code_inline")
            )


def _inline(path: Path) -> Iterator[Token]:
    for token in _PARSER.parse(path.read_text(encoding="utf-8")):
        if token.type == "inline":
            yield token
