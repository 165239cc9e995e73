"""Rows that agents bring in: collected examples, which no gate reads before a person's review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from tinyarms.core.errors import ExampleError, ImportRefused, UsageError
from tinyarms.core.ids import AGENT
from tinyarms.exchange.incoming.records import Columns, Imported, Row
from tinyarms.loop.importing.adding import AddedExamples, added_of
from tinyarms.loop.importing.choices import Choices
from tinyarms.loop.importing.new_skill import SkillDraft, running_of
from tinyarms.loop.importing.report import Report
from tinyarms.loop.importing.run import NO_COLUMNS, bring_in, check_name, read_source
from tinyarms.loop.importing.running import Running
from tinyarms.loop.importing.view import ImportView
from tinyarms.loop.project.context import Context
from tinyarms.skills.input_names import by_their_names
from tinyarms.skills.skill import Skill

MAX_CONTENT_BYTES = 4_000_000
"""Most bytes of a table that an agent hands over. Higher: longer pauses for others meanwhile."""
ContentKind = Literal["csv", "jsonl"]
"""`csv`: also with tabs or semicolons. `jsonl`: JSON lines, or one JSON array of objects."""


def collect_table(
    context: Context,
    name: str,
    content: bytes,
    *,
    kind: ContentKind,
    columns: Columns = NO_COLUMNS,
    description: str | None = None,
    dry_run: bool = False,
) -> ImportView:
    """Bring in a table that an agent hands over, for a skill that is there or a new one.

    The rows become collected examples of the user `agent`, in the database only: searches may read
    them within a user's share, and gates never, until a person makes them gold. A new skill gets
    the project's first model, a prompt that is written from the rows, and no examples file. All or
    nothing is written. The content is read as a table only, so that it can name no model, prompt
    or scorer.

    Raises `ImportRefused` and `UsageError` for what cannot come in, `StoreError` and `ConfigError`
    if it cannot be written, and `LeaseHeld` while another process works on the skill.
    """
    check_name(name)
    if len(content) > MAX_CONTENT_BYTES:
        raise ImportRefused(
            f"The rows have more than {MAX_CONTENT_BYTES:,} bytes.", "Send them in parts."
        )
    config = context.find_skill(name)
    if config is not None:
        _check_texts(config.skill)
    with TemporaryDirectory(prefix="tinyarms-") as folder:
        path = Path(folder) / f"rows.{kind}"
        path.write_bytes(content)
        try:
            if config is None:
                choices = Choices(description=description)
                draft = SkillDraft(name, path, "table", columns, choices=choices)
                running = running_of(context, draft, dry_run=dry_run)[0]
            else:
                imported = read_source(path, "table", columns)
                running = Running(context, name, imported, dry_run=dry_run)
            running.source, running.collected_by = path.name, AGENT
            return bring_in(running)
        except (ImportRefused, UsageError) as error:
            error.message = error.message.replace(f"{folder}/", "")
            raise


def collect_examples(
    context: Context, name: str, rows: Sequence[tuple[Mapping[str, str], str]]
) -> AddedExamples:
    """Add an agent's examples, each the inputs and the right output, to a skill: all, or none.

    Raises `ExampleError` for one that cannot be an example, `UsageError` for wrong inputs, and
    `LeaseHeld` while another process works on the skill.
    """
    skill = context.skill(name).skill
    _check_texts(skill)
    if not rows:
        raise UsageError("There is no example.", "Give at least one.")
    found = []
    for number, (given, expected) in enumerate(rows, start=1):
        inputs = by_their_names(given, skill.inputs)
        if (problem := skill.wrong_inputs(inputs)) is not None:
            hint = f"Its inputs are {skill.inputs_in_words}."
            raise UsageError(f"example {number}: {name} {problem}.", hint)
        found.append(Row(inputs, f"example {number}", expected))

    def refuse(report: Report) -> ExampleError:
        return ExampleError(f"{report.first_words}. Nothing was added.", "Correct it.")

    imported = Imported("examples of an agent", lambda: iter(found))
    return added_of(Running(context, name, imported, refuse=refuse, collected_by=AGENT))


def _check_texts(skill: Skill) -> None:
    if skill.pictures:
        raise UsageError(
            f"{skill.name} takes pictures, which no table of texts holds.",
            f"A person can add them: tinyarms examples add {skill.name}",
        )
