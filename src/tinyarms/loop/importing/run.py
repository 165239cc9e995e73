"""Import the files of another tool: read all, decide, then write all or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from tinyarms.core.errors import ConfigError, ImportRefused, UsageError
from tinyarms.core.settings import ModelSettings
from tinyarms.core.text import one_line, shorten, storable
from tinyarms.exchange.incoming.records import Columns, FoundModel, FoundPrompt, Imported, Row
from tinyarms.exchange.incoming.registry import format_named, format_of
from tinyarms.exchange.incoming.source import Source
from tinyarms.loop.importing.decide import Decision, decide, of_skill
from tinyarms.loop.importing.entry import add_entries, skill_entry
from tinyarms.loop.importing.examples import ExampleWriter, Written
from tinyarms.loop.importing.files import Files, all_or_none
from tinyarms.loop.importing.models import model_entries
from tinyarms.loop.importing.prompts import as_prompt, first_prompt, usable_prompts
from tinyarms.loop.importing.report import Report
from tinyarms.loop.importing.rows import spool, spooled, text_row
from tinyarms.loop.importing.seen import Seen
from tinyarms.loop.importing.splits import Splits
from tinyarms.loop.importing.tally import MOST_LABELS, Tally
from tinyarms.loop.importing.view import ImportedPrompt, ImportView
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_sets import read_examples
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file
from tinyarms.skills.skill import Skill

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_LONGEST_NAME = 100
_LONGEST_DESCRIPTION = 200


@dataclass
class _Import:
    """One import under way."""

    context: Context
    name: str
    imported: Imported
    model: str | None
    """The model that a person chose."""
    report: Report = field(default_factory=Report)
    tally: Tally = field(default_factory=Tally)

    @property
    def skill(self) -> Skill | None:
        """The skill, if it is there already."""
        config = self.context.project.skills.get(self.name)
        return None if config is None else config.skill


def import_examples(
    context: Context,
    path: Path,
    skill: str,
    *,
    format: str | None = None,
    columns: Columns = Columns(),
    model: str | None = None,
    dry_run: bool = False,
) -> ImportView:
    """Bring a file or folder of another tool into the project, as examples of a skill.

    A skill that is not there is made, with what the files say of its prompts, contract, scorer and
    models. To one that is there, rows are added that it does not have. If anything is refused,
    nothing is written. Nothing of the files is run, and nothing outside of their folder is read.

    Raises `ImportRefused` if nothing can come in, or a file is broken; `UsageError` for a name that
    no skill can have, an unknown format and an unknown model; `StoreError` and `ConfigError` if the
    project's files cannot be written.

    Parameters
    ----------
    format
        A name of `tinyarms.exchange.incoming.registry`; `None`: the format that the files have.
    columns
        Which columns are inputs, expected output and split; left out: the format decides.
    model
        The model of a new skill, a name under `models:`; `None`: the first one that comes in, else
        the project's first one.
    dry_run
        Whether to write nothing.
    """
    _check(context, skill, model)
    source = Source(path)
    if not path.exists():
        raise UsageError(f"{path}: there is no such file or folder.")
    reader = format_of(source) if format is None else format_named(format)
    imported = reader.read(source, columns)
    running = _Import(context, skill, imported, model)
    for part in (*imported.listed, *imported.rewritten):
        running.report.add(part)
    for note in imported.notes:
        running.report.note(note)
    with TemporaryFile("w+", encoding="utf-8") as rows:
        _read_rows(running, rows)
        return _write(running, rows, str(path), dry_run)


def _check(context: Context, skill: str, model: str | None) -> None:
    if not _NAME.fullmatch(skill) or len(skill) > _LONGEST_NAME:
        raise UsageError(
            f"{shorten(skill, 60)!r} is no name for a skill.", "Use letters, digits, '-' and '_'."
        )
    if model is not None:
        try:
            context.model_settings(model)
        except ConfigError as error:
            raise UsageError(error.message, error.hint) from error
        if skill in context.project.skills:
            raise UsageError(f"{skill} has a model already.", "Leave out the option.")


def _read_rows(running: _Import, rows: IO[str]) -> None:
    for part in running.imported.rows():
        if not isinstance(part, Row):
            running.report.add(part)
            continue
        try:
            row = text_row(part)
        except ValueError as error:
            running.report.leave_out(part.where, str(error))
            continue
        running.tally.add(row)
        spool(row, rows)


def _write(running: _Import, rows: IO[str], source: str, dry_run: bool) -> ImportView:
    """Decide what the skill is, and write its files."""
    tally, report, skill = running.tally, running.report, running.skill
    prompts = usable_prompts(running.imported, tally.inputs, report)
    if skill is None:
        if not tally.n and not prompts:
            raise _nothing(running)
        decision = decide(running.imported, prompts, tally, report)
    else:
        decision = of_skill(skill, tally, report)
        if prompts:
            report.list(skill.name, "the prompts", "the skill has its own; only rows are added")
            prompts = ()
    splits = Splits(tally.splits)
    for note in splits.notes:
        report.note(note)
    with Seen() as seen, all_or_none(running.context.project.root) as files:
        writer = ExampleWriter(decision, splits, report, seen)
        lines = writer.lines(spooled(rows))
        if skill is None:
            return _new_skill(running, decision, prompts, writer, lines, files, source, dry_run)
        return _more_rows(running, skill, decision, writer, lines, files, source, dry_run)


def _new_skill(
    running: _Import,
    decision: Decision,
    prompts: tuple[FoundPrompt, ...],
    writer: ExampleWriter,
    lines: Iterator[str],
    files: Files,
    source: str,
    dry_run: bool,
) -> ImportView:
    name, project = running.name, running.context.project
    imported, report = running.imported, running.report
    entries, of_model = model_entries(_models(imported), project.models, report)
    ours = [of_model[found] for found in imported.models if found in of_model]
    model = running.model or next(iter((*ours, *project.models)), None)
    if model is None:
        raise ConfigError("The project has no model.", "Declare one under `models:`.")
    description = shorten(one_line(storable(imported.description)), _LONGEST_DESCRIPTION)
    texts = [as_prompt(prompt, decision.inputs) for prompt in prompts]
    if not texts:
        texts = [first_prompt(decision, description)]
        report.note("No prompt came in, so a first one was written.")
    prompt_files = [_prompt_file(name, n) for n in range(1, len(texts) + 1)]
    examples = f"examples/{name}.jsonl" if running.tally.n else None
    if examples is not None:
        _write_lines(files, examples, lines, dry_run, after=None)
        if not writer.written.n:
            raise _nothing(running)
    judge = None if imported.judge_model is None else of_model.get(imported.judge_model)
    entry = skill_entry(
        decision,
        description=description or f"Imported from {imported.format}.",
        prompt_file=prompt_files[0],
        model=model,
        judge=judge,
        examples=examples,
    )
    if not dry_run:
        _write_skill(running, files, dict(zip(prompt_files, texts, strict=True)), entries, entry)
    shown = tuple(
        ImportedPrompt(prompt.name, file)
        for prompt, file in zip(prompts, prompt_files, strict=False)
    )
    return _view(
        running, decision, writer.written, source, dry_run, files, shown, tuple(entries), model
    )


def _write_skill(
    running: _Import,
    files: Files,
    prompts: Mapping[str, Prompt],
    models: Mapping[str, ModelSettings],
    entry: object,
) -> None:
    for file, prompt in prompts.items():
        files.write(file, format_prompt_file(prompt))
    files.edit_config(lambda config: add_entries(config, models, running.name, entry))
    running.context.reload()
    running.context.skill(running.name)


def _more_rows(
    running: _Import,
    skill: Skill,
    decision: Decision,
    writer: ExampleWriter,
    lines: Iterator[str],
    files: Files,
    source: str,
    dry_run: bool,
) -> ImportView:
    root = running.context.project.root
    examples = skill.examples
    if examples is None:
        raise UsageError(
            f"{skill.name} names no examples file.", "Write `examples: FILE` into its entry first."
        )
    path = root / examples
    if path.exists():
        writer.remember(read_examples(root, skill, running.context.pictures), examples)
    _write_lines(files, examples, lines, dry_run, after=path if path.exists() else None)
    if not writer.written.n and not running.report.duplicates:
        raise _nothing(running)
    return _view(running, decision, writer.written, source, dry_run, files, (), (), skill.model)


def _write_lines(
    files: Files, name: str, lines: Iterator[str], dry_run: bool, after: Path | None
) -> None:
    if dry_run:
        for _ in lines:
            pass
    else:
        files.write_lines(name, lines, after=after)


def _models(imported: Imported) -> tuple[FoundModel, ...]:
    judge = imported.judge_model
    return imported.models if judge is None else (*imported.models, judge)


def _prompt_file(skill: str, n: int) -> str:
    return f"skills/{skill}.md" if n == 1 else f"skills/{skill}-imported-{n}.md"


def _nothing(running: _Import) -> ImportRefused:
    """The refusal where nothing came in, with the first reason."""
    listed = running.report.listed
    if not listed:
        return ImportRefused("There is nothing to import: no row and no prompt.")
    first = listed[0]
    more = f" And {running.report.listed_n - 1} more." if running.report.listed_n > 1 else ""
    return ImportRefused(f"{first.where}: {first.what} cannot come in: {first.why}.{more}")


def _view(
    running: _Import,
    decision: Decision,
    written: Written,
    source: str,
    dry_run: bool,
    files: Files,
    prompts: tuple[ImportedPrompt, ...],
    models: tuple[str, ...],
    model: str,
) -> ImportView:
    report = running.report
    labels = written.labels if len(written.labels) <= MOST_LABELS else {}
    return ImportView(
        skill=running.name,
        format=running.imported.format,
        source=source,
        dry_run=dry_run,
        is_new=running.skill is None or bool(decision.output),
        rows=written.n,
        with_expected=written.with_expected,
        duplicates=report.duplicates,
        left_out=report.left_out,
        splits=dict(written.splits),
        labels=dict(labels),
        inputs=decision.inputs,
        output=decision.contract.kind,
        scorer=decision.scorer_name,
        checks=dict(written.checks),
        rubrics=tuple(running.tally.rubrics) if decision.keeps_checks else (),
        prompts=prompts,
        models=models,
        model=model,
        files=tuple(files.names),
        rewritten=report.rewritten,
        listed=tuple(report.listed),
        listed_n=report.listed_n,
        notes=tuple(report.notes),
    )
