"""Add examples to a skill that is there: all rows that were given, or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tinyarms.core.errors import ExampleError, UsageError
from tinyarms.exchange.incoming.records import Columns, Imported, Row
from tinyarms.loop.importing.report import Report
from tinyarms.loop.importing.run import bring_in, read_source
from tinyarms.loop.importing.running import Running
from tinyarms.loop.importing.view import ListedPart, cannot_be_examples
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_findings import ExampleFinding
from tinyarms.loop.project.example_report import check_examples
from tinyarms.skills.example import Split
from tinyarms.skills.input_names import by_their_names


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
    """Number of rows that cannot be examples of the skill; they are among `listed`."""
    listed: tuple[ListedPart, ...]
    """What was not added and why; at most 1000 are named, and of the duplicates the first 10."""
    notes: tuple[str, ...]
    """Other sentences, such as remarks on rows that were added."""
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
    broken, `ImportRefused` for a file that cannot be read or gives nothing, `StoreError` if nothing
    can be written, and `LeaseHeld` while another process works on the skill.
    """
    context.skill(name)
    imported = read_source(path, None, columns)

    def refuse(report: Report) -> ExampleError:
        rows = cannot_be_examples(report.left_out)
        why = f"Nothing was added, because {rows} of {name}."
        return ExampleError(
            f"{report.first_words}. {why}",
            "Correct them, or leave them out: --skip",
        )

    return added_of(Running(context, name, imported, str(path), refuse=None if skip else refuse))


def add_example(
    context: Context,
    name: str,
    inputs: Mapping[str, str],
    expected: str | None,
    split: Split | None = None,
) -> AddedExamples:
    """Add one example. `split`: its split; `None`: the hash of its inputs decides.

    Raises `ExampleError` if it cannot be one, and the other errors of `add_examples`.
    """
    skill = context.skill(name).skill
    inputs = by_their_names(inputs, skill.inputs)
    problem = skill.wrong_inputs(inputs)
    if problem is not None:
        raise UsageError(f"{name} {problem}.", "Write inputs as NAME=VALUE.")
    row = Row(inputs, "the example", expected, split)
    imported = Imported("one example", lambda: iter([row]), keeps_splits=True)

    def refuse(report: Report) -> ExampleError:
        return ExampleError(f"{report.first_words}. Nothing was added.", "Correct the example.")

    return added_of(Running(context, name, imported, "", refuse=refuse))


def added_of(running: Running) -> AddedExamples:
    """Bring the rows in; what was added to the skill. Raises the errors of `add_examples`."""
    view = bring_in(running)
    return AddedExamples(
        skill=running.name,
        file=running.context.skill(running.name).skill.examples or "",
        added=view.rows,
        duplicates=view.duplicates,
        left_out=view.left_out,
        listed=view.listed,
        notes=view.notes,
        splits=view.splits,
        findings=check_examples(running.context, running.name).findings,
    )
