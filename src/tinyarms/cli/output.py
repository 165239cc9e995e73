"""Print to stdout: text for people, or one JSON object for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal

import click
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from tinyarms.core.clock import iso
from tinyarms.core.plain import SCHEMA, plain
from tinyarms.core.text import escaped, harmless, one_line, shorten, visible


def emit(command: str, data: Any) -> None:
    """Print one line of JSON: the schema, the command, and the fields of the answer.

    `data` is a mapping or a dataclass that `core.plain` can turn into JSON.
    """
    row = {"schema": SCHEMA, "command": command, **plain(data)}
    click.echo(escaped(json.dumps(row, ensure_ascii=False)))


def say_exactly(text: str, end: str = "\n") -> None:
    """Print a text that a program may read, such as a model's output: as it is, unless it could
    control or deceive a terminal. With `--json`, all of it is there."""
    shown = visible(text) if sys.stdout.isatty() else harmless(text)
    click.echo(f"{shown}{end}", nl=False)


class _VisibleConsole(Console):
    """A console that never prints characters that could control or deceive a terminal."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(visible(segment.text), segment.style)


def console(err: bool = False) -> Console:
    """A console on the present stdout or stderr. Honours COLUMNS and NO_COLOR."""
    stream = sys.stderr if err else sys.stdout
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return _VisibleConsole(
        file=stream, color_system=colours, highlight=False, markup=False, emoji=False
    )


def say(text: str = "", err: bool = False) -> None:
    """Print a paragraph, wrapped between words on a terminal."""
    stream = sys.stderr if err else sys.stdout
    if stream.isatty():
        console(err).print(Text(visible(text)))
    else:
        click.echo(visible(text), err=err)


_LAST_COLUMN = 12
"""Fewest characters of a line for the last column of a table; it may have several lines. Higher:
more tables are printed as lists."""


def say_table(table: Table) -> None:
    """Print a table; on a terminal that is too narrow for its columns, as a list of its rows."""
    out = console()
    columns = [[str(column.header), *map(str, column.cells)] for column in table.columns]
    widths = [max(map(cell_len, column)) for column in columns]
    needed = sum(widths[:-1]) + min(widths[-1], _LAST_COLUMN) + 2 * len(widths) - 2
    if needed <= out.width or (not out.is_terminal and "COLUMNS" not in os.environ):
        out.print(table)
        return
    heads, *rows = zip(*columns, strict=True)
    for row in rows:
        say(row[0])
        for head, cell in zip(heads[1:], row[1:], strict=True):
            if cell not in ("", "-"):
                say(f"  {head}: {cell}" if head else f"  {cell}")


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show on a terminal, while the block runs, what it waits for; nothing stays of it."""
    out = console(err=True)
    if not out.is_terminal:
        yield
        return
    with out.status(Text(visible(text))):
        yield


def on_a_terminal() -> bool:
    """Whether both stdin and stdout are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def shortened(text: str, most: int) -> str:
    """One line of at most `most` characters."""
    return shorten(one_line(text), most)


def percent(share: float | None) -> str:
    """`78%`; a dash if not known."""
    return "-" if share is None else f"{share:.0%}"


def accuracy_over(accuracy: float | None, n: int) -> str:
    """`87% accuracy (n=200)`."""
    return "accuracy not known" if accuracy is None else f"{accuracy:.0%} accuracy (n={n})"


def day(moment: datetime | None) -> str:
    """`2024-09-15`, UTC; a dash if not known."""
    return "-" if moment is None else iso(moment)[:10]
