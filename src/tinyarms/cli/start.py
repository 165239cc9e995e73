"""Where the program `tinyarms` starts: it prints a help page without importing the commands."""

from __future__ import annotations

import os
import sys

from tinyarms.cli.terminal import COLUMNS, flush_output, terminal_columns

# Importing `pathlib` would take as long as all else here.
PAGES = os.path.join(os.path.dirname(__file__), "help_pages.txt")  # noqa: PTH118, PTH120
"""Every help page, as `python -m tools.reference` wrote it: see `page_of`."""
PAGE_MARK = "\f"
"""Begins each page in the file; the command's words follow, and a line break."""


def main() -> None:
    """Run the program and exit."""
    *words, last = sys.argv[1:] or [""]
    page = page_of(words) if last in ("-h", "--help") and terminal_columns() >= COLUMNS else None
    if page is not None:
        _print(page)
        return
    from tinyarms.cli.main import main as run

    run()


def page_of(words: list[str]) -> str | None:
    """The help page of a command (`["prompt", "vote"]`); `None` if no page is for these words."""
    try:
        with open(PAGES, encoding="utf-8") as file:  # noqa: PTH123
            pages = file.read()
    except OSError:
        return None
    heading = f"{PAGE_MARK}{' '.join(words)}\n"
    _, found, rest = pages.partition(heading)
    return rest.partition(PAGE_MARK)[0] if found else None


def _print(page: str) -> None:
    # A terminal that lacks a character shows "?" instead of ending the program.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.stdout.write(page)
    flush_output()
