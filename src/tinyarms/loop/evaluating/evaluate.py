"""Evaluate a prompt on the examples, or two prompts on the same ones."""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.core.errors import ConfigError, NotEvolvable, PromptError
from tinyarms.core.text import counted
from tinyarms.experiments.paired_check import ALPHA, PairedCheck, paired_check
from tinyarms.loop.evaluating.prompts import FoundPrompt, Which, find_prompt
from tinyarms.loop.evaluating.rows import EvalSplit, Rows, choose_rows, log_test_reads
from tinyarms.loop.evaluating.run import Answered, answer_rows, scorer_of
from tinyarms.loop.evaluating.summary import (
    Scored,
    scored_rows,
    shown,
    shown_inputs,
    successes,
    summary,
)
from tinyarms.loop.evaluating.view import MAX_WRONG, ChangedRow, ComparedView, EvalView
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import SILENT, Listener
from tinyarms.loop.project.unread_words import REMEDY, unread_why
from tinyarms.loop.searching.estimate import estimate
from tinyarms.loop.searching.request import SearchRequest
from tinyarms.skills.skill import Skill
from tinyarms.skills.template import foreign_marks_problem
from tinyarms.stats.mean_interval import mean_interval
from tinyarms.store.db.records import EvaluationRecord


def evaluate(
    context: Context,
    name: str,
    which: Which | None = None,
    *,
    split: EvalSplit | None = None,
    n: int | None = None,
    listener: Listener = SILENT,
) -> EvalView:
    """How good a prompt is: `which` as for `find_prompt`.

    Raises `UsageError` for a skill without a scorer, and the errors of `find_prompt`,
    `choose_rows` and `answer_rows`.
    """
    skill = context.skill(name).skill
    scorer_of(context, skill)
    found = find_prompt(context, skill, which)
    rows = choose_rows(context, skill, split, n, listener)
    notes = [*_notes(skill, found, rows), *log_test_reads(context, skill, rows, [found.prompt])]
    [answered] = answer_rows(context, skill, [found], rows, listener)
    notes += _unread(skill, found, answered)
    needs = what_is_needed(context, skill)
    return summary(context, skill, found, rows, answered, notes, needs)


def compare(
    context: Context,
    name: str,
    before: Which,
    after: Which,
    *,
    split: EvalSplit | None = None,
    n: int | None = None,
    listener: Listener = SILENT,
) -> ComparedView:
    """Two prompts on the same rows. Raises as `evaluate`."""
    skill = context.skill(name).skill
    scorer_of(context, skill)
    prompts = [find_prompt(context, skill, which) for which in (before, after)]
    rows = choose_rows(context, skill, split, n, listener)
    return compared(context, skill, prompts, rows, listener)


def compared(
    context: Context,
    skill: Skill,
    prompts: Sequence[FoundPrompt],
    rows: Rows,
    listener: Listener,
    alpha: float = ALPHA,
) -> ComparedView:
    """The second of two prompts against the first."""
    read = log_test_reads(context, skill, rows, [found.prompt for found in prompts])
    answered = answer_rows(context, skill, prompts, rows, listener)
    notes = [
        [*_notes(skill, found, rows), *read, *_unread(skill, found, each)]
        for found, each in zip(prompts, answered, strict=True)
    ]
    views = [
        summary(context, skill, found, rows, each, of_prompt, ())
        for found, each, of_prompt in zip(prompts, answered, notes, strict=True)
    ]
    return ComparedView(
        skill=skill.name,
        before=views[0],
        after=views[1],
        check=_check(skill, answered, alpha),
        score_difference=_score_difference(answered, alpha),
        changed=_changed(skill, answered),
    )


def what_is_needed(context: Context, skill: Skill) -> list[str]:
    """What a search and the offline gate need, as sentences; the numbers are those of `doctor`."""
    try:
        gate = estimate(context, SearchRequest(skill=skill.name)).gate
    except (NotEvolvable, PromptError) as error:
        return [f"prompt evolve cannot begin: {error}"]
    except ConfigError:  # `doctor` reports it; it has nothing to do with the examples.
        return []
    if gate is None:
        return []
    if not gate.missing:
        return [gate.sentence]
    return [f"The gate needs {counted(gate.missing, 'more held-out example')}. {gate.sentence}"]


def _notes(skill: Skill, found: FoundPrompt, rows: Rows) -> list[str]:
    """What to know about the prompt: marks of other tools in it, and a biased accuracy."""
    marks = foreign_marks_problem(found.prompt.text, skill.inputs)
    notes = [marks] if marks else []
    if found.source not in ("evolution", "refresh") or rows.splits == ("test",):
        return notes
    return [
        *notes,
        f"{found.name} was chosen by rows of search and selection, so its accuracy on them is "
        "biased upwards. Only --split test is unbiased.",
    ]


def _unread(skill: Skill, found: FoundPrompt, answered: Answered) -> list[str]:
    """What to know about replies that the prompt's verbalizer does not read."""
    records = [each for _, each in answered.answers if isinstance(each, EvaluationRecord)]
    whys = [unread_why(skill, found.prompt, record.reply.listed) for record in records]
    unread = [why for why in whys if why is not None]
    if not unread:
        return []
    return [
        f"The verbalizer of {found.name} does not read {len(unread)} of {len(whys)} replies, so "
        f"that their text counts: {unread[0]}. {REMEDY.format(skill=skill.name)}"
    ]


def _check(skill: Skill, answered: Sequence[Answered], alpha: float) -> PairedCheck:
    before, after = (successes(skill, scored_rows(each)) for each in answered)
    return paired_check(before, after, alpha)


def _pairs(answered: Sequence[Answered]) -> list[tuple[Scored, Scored]]:
    before, after = ({each[0].id: each for each in scored_rows(a)} for a in answered)
    return [(before[id], after[id]) for id in before if id in after]


def _score_difference(
    answered: Sequence[Answered], alpha: float
) -> tuple[float, float, float] | None:
    pairs = _pairs(answered)
    if {score for pair in pairs for _, _, score in pair} <= {0.0, 1.0}:
        return None
    found = mean_interval([after[2] - before[2] for before, after in pairs], 1 - 2 * alpha)
    return None if found is None else (found[0], found[2], found[3])


def _changed(skill: Skill, answered: Sequence[Answered]) -> tuple[ChangedRow, ...]:
    rows = [
        ChangedRow(
            id=example.id,
            inputs=shown_inputs(example.inputs),
            expected=shown(example.expected),
            before=shown(_said(first)),
            after=shown(_said(second)),
            gained=score_after >= skill.success_at,
        )
        for (example, first, score), (_, second, score_after) in _pairs(answered)
        if (score >= skill.success_at) != (score_after >= skill.success_at)
    ]
    return tuple(sorted(rows, key=lambda row: row.gained)[:MAX_WRONG])


def _said(record: EvaluationRecord) -> str:
    """The answer that was scored; where it broke the contract, the model's own text."""
    return record.reply.text if record.output is None else record.output
