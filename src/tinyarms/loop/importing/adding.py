"""Add examples to a skill that is there: all rows that were given, or none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tinyarms.core.errors import ExampleError, UsageError
from tinyarms.core.text import counted
from tinyarms.exchange.incoming.records import Columns
from tinyarms.loop.importing.report import REPEATS, THE_ROW
from tinyarms.loop.importing.run import import_examples
from tinyarms.loop.importing.view import ListedPart
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_findings import ExampleFinding
from tinyarms.loop.project.example_report import check_examples
from tinyarms.loop.project.leases import lease

_ANSWER = "the expected output"
"""Column of the answer of a single example; no input can have this name."""


@dataclass(frozen=True)
class AddedExamples:
    """What was added to a skill's examples."""

    skill: str
    """The skill."""
    file: str
    """Its examples file, relative to the project's folder."""
    added: int
    """Number of rows that were added."""
    duplicates: int
    """Number of rows that are there already, so that they were not added again."""
    left_out: int
    """Number of rows that cannot be examples of the skill."""
    listed: tuple[ListedPart, ...]
    """What was not added and why; at most 1000 are named."""
    splits: Mapping[str, int]
    """Split → number of the added rows."""
    findings: tuple[ExampleFinding, ...]
    """What the file's report says now, as `tinyarms examples check` prints it."""


def add_examples(
    context: Context, name: str, path: Path, columns: Columns, *, skip: bool = False
) -> AddedExamples:
    """Add the rows of a file to a skill's examples. Either all are written, or none.

    `skip`: whether rows that cannot be examples are left out; otherwise they refuse the file.

    Raises `UsageError`, `ExampleError` for rows that cannot be examples and if the present file is
    broken, `ImportRefused` for a file that cannot be read, `StoreError` if nothing can be written,
    and `LeaseHeld` while another process works on the skill.
    """
    skill = context.skill(name).skill
    with lease(context, name):
        trial = import_examples(context, path, name, columns=columns, dry_run=True)
        if trial.left_out and not skip:
            first = next(
                part
                for part in trial.listed
                if part.what == THE_ROW and not part.why.startswith(REPEATS)
            )
            raise ExampleError(
                f"{first.where}: {first.why.rstrip('.')}. Nothing was added, because "
                f"{counted(trial.left_out, 'row')} cannot be examples of {name}.",
                "Correct them, or leave them out: --skip",
            )
        view = import_examples(context, path, name, columns=columns)
    return AddedExamples(
        skill=name,
        file=skill.examples or "",
        added=view.rows,
        duplicates=view.duplicates,
        left_out=view.left_out,
        listed=view.listed,
        splits=view.splits,
        findings=check_examples(context, name).findings,
    )


def add_example(
    context: Context,
    name: str,
    inputs: Mapping[str, str],
    expected: str | None,
    split: str | None = None,
) -> AddedExamples:
    """Add one example. Raises the errors of `add_examples`."""
    problem = context.skill(name).skill.wrong_inputs(inputs)
    if problem is not None:
        raise UsageError(f"{name} {problem}.", "Write inputs as NAME=VALUE.")
    row = {**inputs, _ANSWER: expected, "split": split}
    columns = Columns({each: each for each in inputs}, _ANSWER, "split" if split else None)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "example.jsonl"
        path.write_text(json.dumps(row) + "\n", encoding="utf-8")
        return add_examples(context, name, path, columns)
