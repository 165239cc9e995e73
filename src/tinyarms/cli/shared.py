"""What the commands share: the open project, the SKILL argument, `--json`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context

_Command = TypeVar("_Command", bound=Callable[..., Any])


@contextmanager
def project() -> Iterator[Context]:
    """The project of the working folder, closed at the end. Raises `TinyArmsError`."""
    context = open_project()
    try:
        yield context
    finally:
        context.close()


def skill_argument(command: _Command) -> _Command:
    """SKILL, a name in `config.yaml`."""
    return click.argument("skill", metavar="SKILL")(command)


def json_option(command: _Command) -> _Command:
    """`--json`, as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")(
        command
    )


def user_option(command: _Command) -> _Command:
    """`--user`."""
    return click.option("--user", metavar="NAME", help="Who it is for, or from.")(command)
