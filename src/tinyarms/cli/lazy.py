"""A group of commands whose modules are imported only when they are invoked."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """One command of a group, described without importing it."""

    target: str
    """`module:attribute`."""
    short_help: str
    section: str = "Commands"
    """The heading below which the group's help lists it."""


class LazyGroup(click.Group):
    """A group that lists its commands from a table, so that help imports none of them."""

    def __init__(self, *args: Any, entries: Mapping[str, Entry], **options: Any) -> None:
        super().__init__(*args, **options)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command = getattr(_imported(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def named(self, words: Sequence[str]) -> str:
        """Those of the words on a command line that name its command, such as `prompt vote`."""
        name = next((word for word in words if not word.startswith("-")), "")
        if name not in self.entries:
            return ""
        command = self.get_command(click.Context(self), name)
        rest = words[words.index(name) + 1 :]
        inner = command.named(rest) if isinstance(command, LazyGroup) else ""
        return f"{name} {inner}".strip()

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names from the table, so that a shell need not wait until all commands are imported."""
        items = [
            CompletionItem(name, help=entry.short_help)
            for name, entry in self.entries.items()
            if name.startswith(incomplete)
        ]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.entries))
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.entries.items():
            rows = sections.setdefault(entry.section, [])
            rows.append((name.ljust(width), entry.short_help))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.entries and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            close = get_close_matches(name, self.entries, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"No such command {name!r}.{hint}")
        return super().resolve_command(ctx, args)


def _imported(name: str) -> ModuleType:
    """The module. What its import makes stays, so it is not searched for cycles, now or later: that
    would be a tenth of a command's time."""
    if name in sys.modules or not gc.isenabled():
        return import_module(name)
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()
