"""Commands with subcommands of their own, such as `monitor` and `serve`."""

from __future__ import annotations

from typing import Any

import click

from tinyarms.cli.lazy import LazyGroup


class CommandOrGroup(click.Command):
    """A command whose first argument may be a subcommand of `group`, as in `monitor status`.

    A click group cannot be that: it reads the first argument as a command, so `monitor --once
    SKILL` would need another form.
    """

    def __init__(self, *args: Any, group: LazyGroup, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.group = group

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        if args and (args[0] in self.group.entries or self._can_only_be_one(args[0])):
            return self.group.make_context(info_name, args, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def _can_only_be_one(self, word: str) -> bool:
        """Whether a word can be nothing but a subcommand, so that the group names the nearest."""
        takes_words = any(isinstance(each, click.Argument) for each in self.params)
        return not takes_words and not word.startswith("-")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.group.format_commands(ctx, formatter)
