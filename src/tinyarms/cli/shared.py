"""Shared by the commands: the open project, the SKILL argument, `--json`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from tinyarms.cli.output import say
from tinyarms.core.errors import TinyArmsError
from tinyarms.core.text import one_line, visible
from tinyarms.loop.api import TinyArms

_Command = TypeVar("_Command", bound=Callable[..., Any])


class WholeNumber(click.IntRange):
    """An integer with a lower bound, and perhaps an upper one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter:
            bounds = f"of at least {self.min}"
            if self.max is not None:
                bounds = f"from {self.min} to {self.max}"
            self.fail(f"{value!r} is not a whole number {bounds}.", param, ctx)


@contextmanager
def project(
    background: bool = False, finish: bool = True, cluster: str | None = None
) -> Iterator[TinyArms]:
    """The project of the working folder. Raises `TinyArmsError`.

    `finish`: whether to finish interrupted releases first. The result, and the import of prompts
    edited by hand, is printed on stderr. That the database cannot be used is logged there.
    """
    arms = TinyArms.open(background=background, finish=finish, cluster=cluster)
    at_opening = arms.notices
    for notice in at_opening:
        say(notice, err=True)
    try:
        with arms:
            yield arms
    finally:
        for notice in arms.notices[len(at_opening) :]:
            say(notice, err=True)


@contextmanager
def after_the_answer(ctx: click.Context) -> Iterator[None]:
    """An error in this block ends the command with its exit code and one line on stderr, and adds
    nothing to stdout, where the answer is already."""
    try:
        yield
    except TinyArmsError as error:
        click.echo(f"tinyarms: {visible(one_line(str(error)))}", err=True)
        ctx.exit(error.exit_code)


def say_mistakes(arms: TinyArms) -> None:
    """Name on stderr the skills that a command on all skills had to leave out."""
    for mistake in arms.mistakes:
        say(f"left out: {mistake}", err=True)


def complete_skill(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The skills that begin so, for a shell; none if there is no project that can be read."""
    from tinyarms.loop.project.config_files import read_settings

    try:
        names = read_settings().skills
    except TinyArmsError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def skill_argument(command: _Command) -> _Command:
    """SKILL, a name in `config.yaml`."""
    return click.argument("skill", metavar="SKILL", shell_complete=complete_skill)(command)


def json_option(command: _Command) -> _Command:
    """`--json`, as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")(
        command
    )


def user_option(command: _Command) -> _Command:
    """`--user`."""
    return click.option("--user", metavar="NAME", help="Name of the user.")(command)
