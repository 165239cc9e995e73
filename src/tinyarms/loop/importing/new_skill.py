"""Make a skill from a file of examples: propose everything, then write it, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from tinyarms.core.errors import UsageError
from tinyarms.exchange.incoming.column_roles import Roles
from tinyarms.exchange.incoming.records import (
    Columns,
    FoundPrompt,
    Imported,
    Listed,
    Rewritten,
    Row,
    Turn,
)
from tinyarms.exchange.incoming.registry import format_of
from tinyarms.exchange.incoming.source import Source
from tinyarms.exchange.incoming.table_rows import columns_and_roles
from tinyarms.loop.importing.choices import NO_CHOICES, Choices, contract_of, undeclared
from tinyarms.loop.importing.models import without_models
from tinyarms.loop.importing.rows import TextRow, text_row
from tinyarms.loop.importing.run import NO_COLUMNS, bring_in, check_name, read_source
from tinyarms.loop.importing.running import Running
from tinyarms.loop.importing.view import ImportView
from tinyarms.loop.project.context import Context

_SHOWN_ROWS = 5


@dataclass(frozen=True)
class SkillDraft:
    """A new skill as far as a person has said what it is. What is left out is proposed."""

    name: str
    source: Path | None = None
    """The file with its examples; `None`: there are none yet."""
    format: str | None = None
    """A name of `tinyarms.exchange.incoming.registry`; `None`: recognised."""
    columns: Columns = NO_COLUMNS
    input_names: tuple[str, ...] = ()
    """Without a file: the names of the inputs."""
    model: str | None = None
    """A name under `models:`, or a model as `tinyarms init --model` names it."""
    choices: Choices = NO_CHOICES
    declares_models: bool = True
    """Whether models that the file names are declared; otherwise they are listed."""


@dataclass(frozen=True)
class ProposedRow:
    """A row of the file as an example of the skill."""

    where: str
    """`file, line N`."""
    inputs: Mapping[str, str]
    """Its inputs, by name."""
    expected: str
    """The right output; empty: there is none."""


@dataclass(frozen=True)
class SkillProposal:
    """What a new skill would be."""

    skill: str
    """Its name."""
    description: str
    """What it does, in a sentence."""
    prompt: str
    """The text of its first prompt."""
    output: Mapping[str, Any]
    """`output:` of its entry."""
    columns: tuple[str, ...]
    """The columns of the file; empty if it is no table."""
    inputs: Mapping[str, str]
    """Input name → column; without a table, input name → the same name."""
    expected: str | None
    """The column of the right output."""
    split: str | None
    """The column of the split."""
    rows: tuple[ProposedRow, ...]
    """The first five rows."""
    view: ImportView
    """What would come in."""


def propose_skill(context: Context, draft: SkillDraft) -> SkillProposal:
    """What the skill would be. Nothing is written.

    Raises `UsageError` for a name that is used or that no skill can have, an unknown column, output
    or scorer, and `ImportRefused` for a file that cannot be read.
    """
    running, imported = running_of(context, draft, dry_run=True)
    view = bring_in(running)
    decision = running.decision
    assert decision is not None
    roles = _roles(draft)
    of_inputs = {} if roles is None else roles[1].inputs
    rows = (row for row in islice(_rows(imported), 200) if set(row.inputs) & set(view.inputs))
    return SkillProposal(
        skill=draft.name,
        description=running.description,
        prompt=running.prompt,
        output=decision.output,
        columns=() if roles is None else tuple(roles[0]),
        inputs={name: of_inputs.get(name, name) for name in view.inputs},
        expected=None if roles is None else roles[1].expected,
        split=None if roles is None else roles[1].split,
        rows=tuple(
            ProposedRow(
                row.where,
                {name: row.inputs[name] for name in view.inputs if name in row.inputs},
                row.expected or "",
            )
            for row in islice(rows, _SHOWN_ROWS)
        ),
        view=view,
    )


def add_skill(context: Context, draft: SkillDraft) -> ImportView:
    """Write the skill's entry, prompt and examples: all of them, or none.

    Raises the errors of `propose_skill`, and `StoreError` and `ConfigError` if files of the project
    cannot be written.
    """
    return bring_in(running_of(context, draft, dry_run=False)[0])


def running_of(context: Context, draft: SkillDraft, *, dry_run: bool) -> tuple[Running, Imported]:
    """The import that makes the skill, and what it reads. Raises the errors of `propose_skill`."""
    check_name(draft.name)
    if draft.name in context.project.skills:
        raise UsageError(
            f"There is a skill {draft.name} already; nothing was changed.",
            f"Choose another name, or add examples: tinyarms examples add {draft.name} FILE",
        )
    choices = draft.choices
    model = draft.model or next(iter(context.project.models), None)
    if model is not None:
        choices = replace(choices, model=undeclared(context, model))
    if draft.source is None:
        imported = _without_rows(draft)
    else:
        imported = read_source(draft.source, draft.format, draft.columns)
    if not draft.declares_models:
        imported = without_models(imported)
    imported = replace(imported, description=_description(draft, imported.description))
    if choices.prompt is not None:
        turns = (Turn("user", choices.prompt),)
        imported = replace(imported, prompts=(FoundPrompt(turns, "the prompt"),))
    source = "" if draft.source is None else str(draft.source)
    return Running(context, draft.name, imported, source, model, dry_run, choices=choices), imported


def _without_rows(draft: SkillDraft) -> Imported:
    """A skill without examples: its prompt names its inputs."""
    if not draft.input_names:
        raise UsageError(
            "A skill without a file of examples needs the names of its inputs.",
            "Give --input NAME, or the file: --from FILE",
        )
    shown = "\n".join(f"{{{{{name}}}}}" for name in draft.input_names)
    contract = contract_of(draft.choices.output or {"text": True})
    asked = f"{_description(draft, '')} {contract.wording()}".strip()
    prompt = FoundPrompt((Turn("user", f"{asked}\n\n{shown}"),), "the prompt")
    return Imported("no file", lambda: iter(()), prompts=(prompt,))


def _description(draft: SkillDraft, found: str) -> str:
    """What a person wrote, or what the file says, or what its columns suggest."""
    if draft.choices.description or found:
        return draft.choices.description or found
    roles = _roles(draft)
    if roles is None or roles[1].expected is None:
        return f"{draft.name.replace('-', ' ').replace('_', ' ').capitalize()}."
    columns = " and ".join(roles[1].inputs.values())
    return f"Give the {roles[1].expected} that fits the {columns}."


def _roles(draft: SkillDraft) -> tuple[Sequence[str], Roles] | None:
    """The columns of the draft's table and what each is; `None` if it is no table."""
    if draft.source is None or draft.format not in (None, "table"):
        return None
    source = Source(draft.source)
    if draft.format is None and format_of(source).name != "table":
        return None
    return columns_and_roles(source, draft.columns)


def _rows(imported: Imported) -> Iterator[TextRow]:
    for part in imported.rows():
        if isinstance(part, Listed | Rewritten):
            continue
        assert isinstance(part, Row)
        try:
            yield text_row(part)
        except ValueError:
            continue
