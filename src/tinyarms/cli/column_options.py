"""The options that say how the rows of a file are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def column_options(of_input: str) -> Callable[[_Command], _Command]:
    """`--format` as `format_name`, `--input` as `inputs`, `--expected`, `--split`, `--encoding`.

    `of_input`: the help of `--input`.
    """
    options = (
        click.option(
            "--format", "format_name", metavar="NAME", help="The format. Left out: recognised."
        ),
        click.option("--input", "inputs", metavar="NAME=COLUMN", multiple=True, help=of_input),
        click.option("--expected", metavar="COLUMN", help="The column of the right outputs."),
        click.option("--split", metavar="COLUMN", help="The column of the split."),
        click.option("--encoding", metavar="NAME", help="The encoding of a CSV or JSON file."),
    )

    def add(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add
