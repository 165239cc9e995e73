"""`python -m tools.check_site FOLDER` checks that a built site loads nothing from elsewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

_OUTSIDE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
_CSS = re.compile(r"(?:url\(\s*|@import\s+)['\"]?((?:https?:)?//[^'\")\s;]+)", re.IGNORECASE)
_ONLY_NAMED = {"canonical", "alternate", "author", "license", "next", "prev"}
"""Relations of `<link>` that a browser does not load."""
_DRAWN_FROM_OUTSIDE = "mermaid"
"""Blocks of this class make the theme load a library from another machine."""


def problems_of_page(html: str) -> list[str]:
    """The addresses that a browser would load from elsewhere to show the page."""
    page = _Page()
    page.feed(html)
    return page.problems


def problems_of_style(css: str) -> list[str]:
    """The addresses that a style sheet loads from elsewhere."""
    return [f"loads {address}" for address in _CSS.findall(css)]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._in_style = tag == "style"
        loaded = [given[name] for name in ("src", "srcset", "data", "poster") if name in given]
        if tag == "link" and not set(given.get("rel", "").split()) & _ONLY_NAMED:
            loaded.append(given.get("href", ""))
        self.problems += [f"<{tag}> loads {value}" for value in loaded if _OUTSIDE.match(value)]
        self.problems += problems_of_style(given.get("style", ""))
        if _DRAWN_FROM_OUTSIDE in given.get("class", "").split():
            self.problems.append(f"<{tag} class={_DRAWN_FROM_OUTSIDE}> is drawn by a library")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.problems += problems_of_style(data)


def problems_of_site(folder: Path) -> Iterator[str]:
    """A line for each address that a page or style sheet below the folder loads from elsewhere."""
    pages = sorted(folder.rglob("*.html"))
    if not pages:
        yield f"{folder}: it has no page."
    for path in pages:
        for problem in problems_of_page(path.read_text(encoding="utf-8")):
            yield f"{path}: {problem}"
    for path in sorted(folder.rglob("*.css")):
        for problem in problems_of_style(path.read_text(encoding="utf-8")):
            yield f"{path}: {problem}"


def main(arguments: Sequence[str]) -> int:
    """Print a line for each problem; return 1 if there is one, 2 for wrong usage."""
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    found = list(problems_of_site(Path(arguments[0])))
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
