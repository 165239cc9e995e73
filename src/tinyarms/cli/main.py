"""The program `tinyarms`: its commands, and its exit after an error."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from tinyarms.cli.failure import INTERRUPTED, fail
from tinyarms.cli.lazy import Entry, LazyGroup
from tinyarms.cli.terminal import COLUMNS, flush_output, terminal_columns

PROGRAM = "tinyarms"
"""How messages and help pages name it, also after `python -m tinyarms`."""


class _Root(LazyGroup):
    """Turns every error, also of a wrong command line, into one line and an exit code."""

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        **extra: Any,
    ) -> NoReturn:
        words = sys.argv[1:] if args is None else list(args)
        try:
            code = super().main(
                words, prog_name or PROGRAM, complete_var, standalone_mode=False, **extra
            )
        except (Exception, click.Abort) as error:
            code = fail(error, self.named(words), words)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            # Click itself would write an empty line first.
            raise click.Abort from error


_COMMANDS = {
    "init": Entry("tinyarms.cli.init:init", "Start a project in a folder."),
    "skill": Entry("tinyarms.cli.skill:skill", "Make a skill from your examples."),
    "run": Entry("tinyarms.cli.run:run", "Run a skill on inputs."),
    "eval": Entry("tinyarms.cli.eval:evaluate", "Measure how good a prompt is."),
    "check": Entry("tinyarms.cli.check:check", "Compare prompts with another commit's."),
    "feedback": Entry("tinyarms.cli.feedback:feedback", "Report how a task went."),
    "prompt": Entry("tinyarms.cli.prompt:prompt", "Watch, evolve, test and release prompts."),
    "import": Entry("tinyarms.cli.import_files:import_files", "Bring in data of another tool."),
    "export": Entry("tinyarms.cli.export:export", "Write a skill's data for other tools."),
    "examples": Entry("tinyarms.cli.examples:examples", "Check, add, show and review examples."),
    "drift": Entry("tinyarms.cli.drift:drift", "Say where Git, files and database disagree."),
    "monitor": Entry("tinyarms.cli.monitor:monitor", "Watch the skills, once or continuously."),
    "serve": Entry("tinyarms.cli.serve:serve", "Serve the project over HTTP."),
    "model": Entry("tinyarms.cli.model:model", "List, pull and tune embedded models."),
    "config": Entry("tinyarms.cli.config:config", "Show the settings, or write their schemas."),
    "doctor": Entry("tinyarms.cli.doctor:doctor", "Check everything that the project needs."),
    "db": Entry(
        "tinyarms.cli.db:db", "Check, back up, restore, upgrade, copy and prune the database."
    ),
    "forget": Entry("tinyarms.cli.forget:forget", "Delete one user's data."),
    "mcp": Entry("tinyarms.cli.mcp:mcp", "Serve the project's tools to agents (MCP)."),
    "agent-skill": Entry("tinyarms.cli.agent_skill:agent_skill", "Teach an agent to use tinyArms."),
    "demo": Entry("tinyarms.cli.demo:demo", "Run the whole loop on an example skill."),
    "completion": Entry("tinyarms.cli.completion:completion", "Complete commands in your shell."),
}


@click.command(
    cls=_Root,
    entries=_COMMANDS,
    context_settings={"max_content_width": COLUMNS, "help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="tinyarms", prog_name="tinyarms")
def cli() -> None:
    """Prompts that improve themselves, on your own machine.

    An error is one line on stderr, and with --json also an object on stdout.

    Exit codes: 0 success, 1 failure, 2 wrong usage, 3 a skill has dropped or is being evolved after
    a drop, 4 dropped and cooling down, 5 blind: outcomes are unknown or do not count, 130
    interrupted.
    """


def main() -> None:
    """Run the program and exit. `TINYARMS_DEBUG=1` shows tracebacks."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a character shows "?" instead of ending the program.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        cli(terminal_width=_help_width())
    except KeyboardInterrupt:
        click.echo("tinyarms: stopped.", err=True)
        sys.exit(INTERRUPTED)
    finally:
        _forget_interrupt()
        flush_output()
        # Objects need not be searched for cycles at the end; that takes longer than all else.
        gc.freeze()


def _forget_interrupt() -> None:
    """Let the exit code of `python -m tinyarms` stand after Ctrl-C.

    Python notes a Ctrl-C that comes while it makes a dataclass, in an import say, and ends itself
    by SIGINT at its exit, although the Ctrl-C was caught. Each run of code given as text clears
    that note (`run_eval_code_obj` in CPython).
    """
    exec("")


def _help_width() -> int:
    """The columns of a help page without its margin, by click's own rule."""
    return max(min(terminal_columns(), COLUMNS) - 2, 50)


if __name__ == "__main__":
    main()
