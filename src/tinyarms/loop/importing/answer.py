"""The answer of an import."""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.core.text import counted
from tinyarms.loop.importing.decide import Decision
from tinyarms.loop.importing.examples import Written
from tinyarms.loop.importing.running import Running
from tinyarms.loop.importing.tally import MOST_LABELS
from tinyarms.loop.importing.view import ImportedPrompt, ImportView


def view_of(
    running: Running,
    decision: Decision,
    written: Written,
    *,
    model: str,
    files: Sequence[str],
    is_new: bool = False,
    prompts: Sequence[ImportedPrompt] = (),
    models: Sequence[str] = (),
) -> ImportView:
    """What came in. `model` runs the skill; `models` were declared."""
    report = running.report
    if decision.keeps_checks and written.without_checks:
        rows = counted(written.without_checks, "example")
        report.note(f"{rows} with neither checks nor an expected output: every output passes.")
    return ImportView(
        skill=running.name,
        format=running.imported.format,
        source=running.source,
        dry_run=running.dry_run,
        is_new=is_new,
        rows=written.n,
        with_expected=written.with_expected,
        duplicates=report.duplicates,
        left_out=report.left_out,
        splits=dict(written.splits),
        labels=dict(written.labels) if len(written.labels) <= MOST_LABELS else {},
        inputs=decision.inputs,
        output=decision.contract.kind,
        scorer=decision.scorer_name,
        checks=dict(written.checks),
        rubrics=tuple(running.tally.rubrics),
        prompts=tuple(prompts),
        models=tuple(models),
        model=model,
        files=tuple(files),
        rewritten=report.rewritten,
        listed=tuple(report.listed),
        listed_n=report.listed_n,
        notes=report.notes,
    )
