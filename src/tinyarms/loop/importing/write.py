"""Decide what the skill of an import is, and write its files: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from tinyarms.core.errors import ConfigError, UsageError
from tinyarms.core.settings import ModelSettings
from tinyarms.core.text import one_line, shorten, storable
from tinyarms.exchange.incoming.records import FoundModel, FoundPrompt, Imported
from tinyarms.loop.importing.answer import view_of
from tinyarms.loop.importing.choices import chosen
from tinyarms.loop.importing.collecting import known_examples, objections, store_collected
from tinyarms.loop.importing.decide import decide, of_skill
from tinyarms.loop.importing.entry import add_entries, skill_entry
from tinyarms.loop.importing.examples import ExampleWriter
from tinyarms.loop.importing.files import Files, all_or_none
from tinyarms.loop.importing.models import model_entries
from tinyarms.loop.importing.prompts import as_prompt, first_prompt, usable_prompts
from tinyarms.loop.importing.rows import spooled
from tinyarms.loop.importing.running import Running
from tinyarms.loop.importing.splits import Splits
from tinyarms.loop.importing.view import ImportedPrompt, ImportView
from tinyarms.loop.project.example_sets import read_examples
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file
from tinyarms.skills.skill import Skill
from tinyarms.store.seen_rows import Seen

_LONGEST_DESCRIPTION = 200
_NO_ANSWERS = (
    "No column looks like the right output, so users alone judge. Name it (--expected COLUMN), or "
    "let the prompt say what to write."
)
"""What to know of a new skill whose table has inputs only."""


def write(running: Running, rows: IO[bytes]) -> ImportView:
    """Write what was imported. `rows`: the temporary file of the rows.

    Raises `ImportRefused` if nothing comes in, `StoreError` and `ConfigError` if files of the
    project cannot be written; then none of them has changed.
    """
    tally, report, skill = running.tally, running.report, running.skill
    prompts = usable_prompts(running.imported, tally.inputs, report)
    if not tally.n and (skill is not None or not prompts):
        raise running.nothing()
    if skill is None:
        if running.choices.prompt is not None and not prompts:
            raise UsageError(f"The prompt cannot be used: {report.listed[-1].why}.")
        decision = chosen(decide(running.imported, prompts, tally, report), running.choices)
        if _lacks_answers(running):
            report.note(_NO_ANSWERS)
    else:
        decision = of_skill(skill, tally, report)
        if prompts:
            report.list(skill.name, "the prompts", "the skill has its own; only rows are added")
    running.decision = decision
    splits = Splits(tally.splits, are_kept=running.imported.keeps_splits)
    for note in splits.notes:
        report.note(note)
    with Seen() as seen, all_or_none(running.context.project.root) as files:
        writer = ExampleWriter(decision, splits, report, seen)
        if running.collected_by is not None:
            writer.origin, writer.objection = "collected", objections(running.context, skill)
        lines = writer.lines(spooled(rows))
        if skill is None:
            return _new_skill(running, prompts, writer, lines, files)
        return _more_rows(running, skill, writer, lines, files)


def _lacks_answers(running: Running) -> bool:
    """Whether nobody said how right is told, and no row of the table does."""
    tally, is_table = running.tally, running.imported.format == "table"
    is_told = tally.with_expected or tally.checks or running.choices.scorer is not None
    return is_table and tally.n > 0 and not is_told


def _more_rows(
    running: Running, skill: Skill, writer: ExampleWriter, lines: Iterator[str], files: Files
) -> ImportView:
    """Add rows to the examples of a skill that is there."""
    if running.collected_by is not None:
        writer.remember(known_examples(running.context, skill), "the examples")
        found = list(_all_or_refused(running, lines))
        _collect(running, skill, found)
        if not found and not running.report.duplicates:
            raise running.nothing()
        return view_of(running, writer.decision, writer.written, model=skill.model, files=())
    root, examples = running.context.project.root, skill.examples
    if examples is None:
        raise UsageError(
            f"{skill.name} names no examples file.", "Write `examples: FILE` into its entry first."
        )
    path = root / examples
    is_there = path.exists()
    if is_there and path.stat().st_size:
        writer.remember(read_examples(root, skill, running.context.pictures), examples)
    _write_lines(running, files, examples, lines, after=path if is_there else None)
    if not writer.written.n and not running.report.duplicates:
        raise running.nothing()
    return view_of(running, writer.decision, writer.written, model=skill.model, files=files.names)


def _new_skill(
    running: Running,
    found: Sequence[FoundPrompt],
    writer: ExampleWriter,
    lines: Iterator[str],
    files: Files,
) -> ImportView:
    """Make the skill, with its examples, prompts and models."""
    name, decision, imported = running.name, writer.decision, running.imported
    declared = running.context.project.models
    judge = imported.judge_model if running.tally.rubrics else None
    found_models = imported.models if judge is None else (*imported.models, judge)
    entries, of_model = model_entries(found_models, declared, running.report)
    if running.choices.model is not None:
        entries |= dict([running.choices.model])
    model = running.model or _first_model(imported, of_model, declared)
    description = shorten(one_line(storable(imported.description)), _LONGEST_DESCRIPTION)
    prompts = _prompts(running, found, writer, description)
    running.description, running.prompt = description, next(iter(prompts.values())).text
    examples = f"examples/{name}.jsonl" if running.tally.n else None
    found_rows = []
    if running.collected_by is not None:
        examples, found_rows = None, list(_all_or_refused(running, lines))
    elif examples is not None:
        _write_lines(running, files, examples, lines, after=None)
    if running.tally.n and not writer.written.n:
        raise running.nothing()
    entry = skill_entry(
        decision,
        description=description or f"Imported from {imported.format}.",
        prompt_file=next(iter(prompts)),
        model=model,
        judge=None if judge is None else of_model.get(judge),
        examples=examples,
    )
    if not running.dry_run:
        for file, prompt in prompts.items():
            files.write(file, format_prompt_file(prompt))
        files.edit_config(lambda config: add_entries(config, entries, name, entry))
        running.context.reload()
        made = running.context.skill(name).skill
        _collect(running, made, found_rows)
    return view_of(
        running,
        decision,
        writer.written,
        model=model,
        files=files.names,
        is_new=True,
        prompts=[ImportedPrompt(p.name, file) for p, file in zip(found, prompts, strict=False)],
        models=tuple(entries),
    )


def _prompts(
    running: Running, found: Sequence[FoundPrompt], writer: ExampleWriter, description: str
) -> dict[str, Prompt]:
    """The file of each prompt; one is written if none came in."""
    decision, name = writer.decision, running.name
    prompts = [as_prompt(prompt, decision.inputs) for prompt in found]
    if not prompts:
        prompts = [first_prompt(decision, description)]
        running.report.note("No prompt came in, so a first one was written.")
    files = [
        f"skills/{name}{f'-imported-{n}' if n > 1 else ''}.md" for n in range(1, len(prompts) + 1)
    ]
    return dict(zip(files, prompts, strict=True))


def _first_model(
    imported: Imported, of_model: Mapping[FoundModel, str], declared: Mapping[str, ModelSettings]
) -> str:
    """The first model that came in, else the project's first one. Raises `ConfigError`."""
    ours = [of_model[found] for found in imported.models if found in of_model]
    for model in (*ours, *declared):
        return model
    raise ConfigError("The project has no model.", "Declare one under `models:`.")


def _collect(running: Running, skill: Skill, lines: Sequence[str]) -> None:
    """Store the lines as collected examples, if that is what they become."""
    if running.collected_by is None or running.dry_run:
        return
    with running.context.store.unit_of_work(durable=True) as work:
        store_collected(running.context, work, skill, lines, running.collected_by)


def _write_lines(
    running: Running, files: Files, name: str, lines: Iterator[str], after: Path | None
) -> None:
    """Write the lines, after those of a file that is there, or into a new file."""
    lines = _all_or_refused(running, lines)
    if running.dry_run:
        for _ in lines:
            pass
    else:
        files.write_lines(name, lines, after=after)


def _all_or_refused(running: Running, lines: Iterator[str]) -> Iterator[str]:
    """The lines. Raises the import's refusal at their end, before anything of them counts."""
    yield from lines
    refusal = running.refusal
    if refusal is not None:
        raise refusal
