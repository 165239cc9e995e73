"""What the commands share: the open project, the SKILL argument, `--json`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from tinyarms.cli.output import say
from tinyarms.loop.api import TinyArms

_Command = TypeVar("_Command", bound=Callable[..., Any])


def project(background: bool = False, finish: bool = True) -> TinyArms:
    """The project of the working folder, for a `with` block. Raises `TinyArmsError`.

    `finish`: whether releases that were interrupted are finished first. What became of them is
    said on stderr.
    """
    arms = TinyArms.open(background=background, finish=finish)
    for notice in arms.notices:
        say(notice, err=True)
    return arms


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
    return click.option("--user", metavar="NAME", help="Name of the user.")(command)
