"""`tinyarms export`: write a skill's data in the formats of other tools."""

from __future__ import annotations

from pathlib import Path

import click

from tinyarms.cli.output import emit, say, waiting
from tinyarms.cli.shared import WholeNumber, json_option, project, skill_argument
from tinyarms.core.errors import UsageError
from tinyarms.core.text import counted


@click.command(short_help="Write a skill's data for other tools.")
@skill_argument
@click.argument("file", metavar="[FILE|DIR]", required=False)
@click.option("--to", metavar="FORMAT", required=True, help="The format; they are listed above.")
@click.option(
    "--version",
    type=WholeNumber(1),
    metavar="N",
    help="The prompt version. Left out: the one in production.",
)
@json_option
def export(skill: str, file: str | None, to: str, version: int | None, as_json: bool) -> None:
    """Write the prompt, examples, tasks, votes or ledger of SKILL to FILE, or to a file in DIR.

    Prompts: markdown, python (a file that runs by itself), langfuse, dspy, langchain, promptfoo
    (with the examples). Rows: examples-jsonl, examples-csv, tasks-jsonl, tasks-parquet,
    votes-jsonl, votes-parquet, ledger-csv. Services: mlflow (each promotion as a prompt version),
    opentelemetry (tasks as spans, to FILE or to the exporter that OTEL_TRACES_EXPORTER names).

    FILE is written whole or not at all, and only its owner can read it. Tasks and votes are written
    as they are stored.

    \b
    tinyarms export file-naming --to python file_naming.py
    tinyarms export file-naming --to tasks-parquet tasks.parquet
    """
    path = None if file is None else _path(file)
    with project() as arms, waiting("Writing …"):
        view = arms.export(skill, to, path, version=version)
    if as_json:
        emit("export", view)
        return
    where = f"in {view.file}" if view.file else f"sent to {view.format}"
    say(f"{counted(view.n, view.unit)} {where}.")
    for note in view.notes:
        say(note)


def _path(text: str) -> Path:
    """The file or folder. Raises `UsageError` for `out/` where there is no such folder: a file of
    this name would be written anew by each export."""
    path = Path(text)
    if text.endswith("/") and not path.is_dir():
        raise UsageError(f"There is no folder {text}.", f"Make it (mkdir {text}), or name a file.")
    return path
