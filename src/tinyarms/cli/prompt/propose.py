"""`tinyarms prompt propose`: a proposal as a patch that can be reviewed in Git."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tinyarms.cli.output import emit, say, say_exactly
from tinyarms.cli.shared import json_option, project, skill_argument
from tinyarms.core.errors import StoreError


@click.command(short_help="Write a proposed prompt as a patch.")
@skill_argument
@click.argument("proposal", metavar="[PROPOSAL]", required=False)
@click.option(
    "--patch",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the patch to FILE, else to stdout.",
)
@json_option
def propose(skill: str, proposal: str | None, file: Path | None, as_json: bool) -> None:
    """Write a prompt that is proposed for SKILL as a patch, with its evidence.

    PROPOSAL is the id that `tinyarms prompt review` shows, the letter of a variant of the latest
    session (A), or v3 for version 3. It may be left out if only one prompt waits. `git apply` takes
    the patch. Applied and pulled, it is an edit by hand: where approval is required, it goes into
    production once a person has approved exactly this text. Nothing in the project is changed.

    \b
    tinyarms prompt propose file-naming --patch proposal.patch
    git apply proposal.patch
    """
    with project() as arms:
        made = arms.propose(skill, proposal)
    if file is not None:
        _write(file, made.patch)
    if as_json:
        emit("prompt propose", made)
    elif file is None:
        say_exactly(made.patch, end="")
    else:
        say(f"{skill}: {made.what}, proposal {made.id}, is in {file}. Apply it: git apply {file}")


def _write(file: Path, text: str) -> None:
    """Raises `StoreError`. Links and pipes are written to, and line ends stay as they are."""
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            out.write(text)
    except OSError as error:
        reason = error.strerror or os.strerror(error.errno or 0)
        raise StoreError(f"{file} cannot be written: {reason}.", "Name another file.") from error
