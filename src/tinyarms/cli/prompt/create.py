"""`tinyarms prompt create`: test variants that people wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from tinyarms.cli.examples_text import say_examples
from tinyarms.cli.output import emit, say
from tinyarms.cli.progress import watching
from tinyarms.cli.prompt.gate_text import say_counts, say_gate
from tinyarms.cli.shared import json_option, project, skill_argument
from tinyarms.core.errors import UsageError

_LETTERS = "abcde"
_Command = TypeVar("_Command", bound=Callable[..., Any])


def _variant_options(command: _Command) -> _Command:
    for letter in reversed(_LETTERS):
        option = click.option(
            f"--variant-{letter}",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help=f"Prompt file of variant {letter.upper()}.",
        )
        command = option(command)
    return command


@click.command(short_help="Test prompts that you have written.")
@skill_argument
@_variant_options
@json_option
def create(skill: str, as_json: bool, **variants: Path | None) -> None:
    """Test prompts that you have written against the prompt of SKILL in production.

    Two are tested at once. Of more, the best two on the examples of the search and the selection
    are tested, if there are 100 of them and a scorer. Otherwise the rest waits for a later round,
    which begins by itself when a round has ended; the answer says which are cut and which wait.

    \b
    tinyarms prompt create file-naming --variant-a short.md --variant-b long.md
    """
    files = [path for path in variants.values() if path is not None]
    if not files:
        raise UsageError("There is no variant.", "Give --variant-a FILE.")
    with project() as arms, watching() as listener:
        made = arms.create(skill, files, listener)
    if as_json:
        emit("prompt create", made)
        return
    say(f"Evolution session: {made.session_id[:8]}, variants {', '.join(made.letters)}")
    say_gate(made.gate)
    say_counts(made.counts)
    say_examples(made.examples, skill)
