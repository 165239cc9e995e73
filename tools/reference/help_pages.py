"""`help_pages.txt`: what `--help` prints after each command, by click itself."""

from __future__ import annotations

from collections.abc import Iterator

import click
from click.testing import CliRunner

from tools.reference.sources import constant, load


def help_pages() -> str:
    """Every page as a terminal of the usual width shows it, the program's own first."""
    root = load("cli")
    mark = constant("PAGE_MARK")
    pages = (f"{mark}{' '.join(words)}\n{_page(root, words)}" for words in _paths(root, ()))
    return "".join(pages)


def _page(root: click.Command, words: tuple[str, ...]) -> str:
    width = constant("COLUMNS") - 2  # click's margin
    shown = CliRunner().invoke(
        root, [*words, "--help"], "", prog_name="tinyarms", terminal_width=width
    )
    if shown.exit_code != 0:
        raise LookupError(f"`tinyarms {' '.join(words)} --help` failed: {shown.output}")
    return shown.output


def _paths(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words after `tinyarms` of a command and of all below it, hidden ones too."""
    yield words
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            child = command.get_command(context, word)
            assert child is not None
            yield from _paths(child, (*words, word))
