"""How a command that fails ends: one line on stderr, and with `--json` one object on stdout."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import click
from click.exceptions import NoArgsIsHelpError

from tinyarms.core.errors import TinyArmsError
from tinyarms.core.interrupt import ReportedInterrupt, interrupt_behind
from tinyarms.core.text import one_line, visible

INTERRUPTED = 130
"""Exit code after Ctrl-C."""
_PLAIN_WORDS = {
    "is not a valid integer range": "is not a whole number",
    "is not a valid float range": "is not a number",
    "is not a valid integer": "is not a whole number",
    "is not a valid float": "is not a number",
    "is not a valid boolean": "is neither yes nor no",
}
"""Click's words for the types of Python → ours."""


@dataclass(frozen=True)
class CommandError:
    """Why a command failed."""

    kind: str
    """The kind of error, one of [these](#errors)."""
    message: str
    """What happened, and where."""
    hint: str
    """What to do; empty if the message says it."""


def fail(error: BaseException, command: str, words: Sequence[str]) -> int:
    """Tell the error, and return the exit code. An error behind which there is Ctrl-C is Ctrl-C.

    `command`: the words after `tinyarms` that name it. `words`: all words after `tinyarms`.
    """
    if os.environ.get("TINYARMS_DEBUG") == "1" and not isinstance(error, click.ClickException):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, NoArgsIsHelpError):
        error.show()
        return error.exit_code
    interrupt = interrupt_behind(error)
    told, exit_code = _told(error if interrupt is None else click.Abort(), command)
    if not isinstance(interrupt, ReportedInterrupt):
        line = one_line(f"{told.message} {told.hint}")
        click.echo(f"tinyarms: {visible(line)}", err=True)
    if "--json" in words:
        from tinyarms.cli.output import emit

        emit(command, {"error": told})
    return exit_code


def _told(error: BaseException, command: str) -> tuple[CommandError, int]:
    match error:
        case TinyArmsError():
            message, hint = one_line(error.message), one_line(error.hint)
            return CommandError(error.kind, message, hint), error.exit_code
        case click.ClickException():
            message, hint = _usage(error, command)
            return CommandError("usage", message, hint), error.exit_code
        case click.Abort():
            return CommandError("interrupted", "stopped.", ""), INTERRUPTED
        case OSError() if error.strerror:
            place = f"{error.filename}: " if error.filename else ""
            message = f"{place}the system says: {error.strerror}."
            return CommandError("system", message, ""), 1
        case MemoryError():
            return CommandError("system", "The memory of this machine is used up.", ""), 1
    message = "This is a mistake in tinyArms, and not yours."
    hint = "TINYARMS_DEBUG=1 before the command shows where; please report it."
    return CommandError("internal", message, hint), 1


def _usage(error: click.ClickException, command: str) -> tuple[str, str]:
    """A wrong command line in one line, and where to look."""
    message = one_line(error.format_message())
    for words, plain in _PLAIN_WORDS.items():
        message = message.replace(words, plain)
    context = getattr(error, "ctx", None)
    # An option without its value has no context.
    name = f"tinyarms {command}".rstrip() if context is None else context.command_path
    return f"{message.rstrip('.?')}{'?' if message.endswith('?') else '.'}", f"See: {name} --help"
