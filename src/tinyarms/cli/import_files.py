"""`tinyarms import`: bring in the data of another tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tinyarms.cli.column_options import column_options
from tinyarms.cli.output import emit, say, shortened, waiting
from tinyarms.cli.pairs import read_pairs
from tinyarms.cli.shared import json_option, project
from tinyarms.core.text import counted
from tinyarms.loop.importing.view import ImportView

_SHOWN = 20
"""Most parts of a list that are printed; `--json` has more."""
_LONGEST = 100


@click.command("import", short_help="Bring in data of another tool.")
@click.argument("source", metavar="FILE|DIR", type=click.Path(path_type=Path))
@click.option("--as", "skill", metavar="SKILL", help="The skill they are for.  [after FILE]")
@column_options("A column of a table is this input. May be given several times.")
@click.option("--sheet", metavar="NAME", help="The sheet of a workbook.")
@click.option("--delimiter", metavar="CHARACTER", help="What separates the cells of a CSV.")
@click.option(
    "--model",
    metavar="NAME",
    help="The model of a new skill: a name in config.yaml, or as for init --model.",
)
@click.option("--dry-run", is_flag=True, help="Report, and write nothing.")
@json_option
def import_files(
    source: Path,
    skill: str | None,
    format_name: str | None,
    inputs: Sequence[str],
    expected: str | None,
    split: str | None,
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
    model: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring a file or folder of another tool into the project, as examples of SKILL.

    A SKILL that is not there is made: its examples, and the prompts, contract, scorer and models
    that the files name; without --as it is named after FILE or what is in it. To one that is there,
    rows are added that it does not have; nothing else of it changes. Either all files are written,
    or none.

    Nothing is run: code, commands and addresses in the files are listed with their lines. Nothing
    is read outside of the folder of FILE, or of DIR.
    """
    with project() as arms, waiting("Reading …"):
        view = arms.import_examples(
            source,
            skill,
            format=format_name,
            inputs=read_pairs(inputs, of="COLUMN"),
            expected=expected,
            split=split,
            sheet=sheet,
            encoding=encoding,
            delimiter=delimiter,
            model=model,
            dry_run=dry_run,
        )
    if as_json:
        emit("import", view)
    else:
        _print(view)


def _print(view: ImportView) -> None:
    verb = "would come in" if view.dry_run else "came in"
    is_new = "the new skill " if view.is_new else ""
    say(f"{counted(view.rows, 'example')} {verb} for {is_new}{view.skill} ({view.format}).")
    splits = ", ".join(f"{name} {n}" for name, n in sorted(view.splits.items()))
    facts = (
        ("Splits", splits),
        ("Inputs", ", ".join(view.inputs)),
        ("Expected", f"{view.with_expected} of {view.rows}" if view.rows else ""),
        ("Labels", ", ".join(f"{label} {n}" for label, n in _counted(view.labels))),
        ("Output", view.output),
        ("Scorer", view.scorer or "none: users judge"),
        ("Checks", ", ".join(f"{kind} {n}" for kind, n in view.checks.items())),
        ("Model", view.model),
        ("Duplicates", f"{view.duplicates} left out" if view.duplicates else ""),
    )
    for name, text in facts:
        if text:
            say(f"  {name}: {shortened(text, 300)}")
    _print_list("Prompts:", [_prompt(p.name, p.file) for p in view.prompts], len(view.prompts))
    _print_list(
        "Rewritten:",
        [f"{r.where}: {_short(r.before)} → {_short(r.after)}" for r in view.rewritten],
        len(view.rewritten),
    )
    _print_list(
        "Not carried over:",
        [f"{part.where}: {_short(part.what)}: {part.why}" for part in view.listed],
        view.listed_n,
    )
    _print_list("Notes:", list(view.notes), len(view.notes))
    if view.files:
        say(f"Written: {', '.join(view.files)}")
    if len(view.prompts) > 1 and not view.dry_run:
        say(f"Try another prompt: tinyarms prompt create {view.skill} --variant-a FILE")


def _counted(labels: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(labels.items(), key=lambda item: -item[1])


def _prompt(name: str, file: str) -> str:
    return f"{file} ({_short(name)})" if name else file


def _short(text: str) -> str:
    return shortened(text, _LONGEST)


def _print_list(title: str, lines: Sequence[str], n: int) -> None:
    if lines:
        say(title)
        for line in lines[:_SHOWN]:
            say(f"  {line}")
        if n > _SHOWN:
            say(f"  and {n - min(_SHOWN, len(lines))} more (--json names them)")
