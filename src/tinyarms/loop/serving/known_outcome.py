"""The outcome of a task whose right output is known: the skill's scorer grades its output.

The right output comes from the caller, or from a gold example with the same inputs in any split.
The output is graded in the background, just before the task's row is written, so that no caller
waits for it. A scorer that calls a model (`judge`) is not used here.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from tinyarms.core.errors import ContractViolation, TinyArmsError, UsageError
from tinyarms.core.privacy.masking import mask
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.gold_examples import gold_examples
from tinyarms.skills.checks import asks_a_judge
from tinyarms.skills.example import Example
from tinyarms.skills.scorers import score_of
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import TaskRecord

_ASKS_A_MODEL = "judge"
_log = logging.getLogger("tinyarms")


def checked_expected(skill: Skill, expected: str) -> str:
    """The right output of a task in the form that outputs have.

    Raises `UsageError` if no scorer can compare an output with it, or if it breaks the skill's
    output contract.
    """
    if skill.scorer is None:
        raise UsageError(
            f"{skill.name} has no scorer to compare an output with the expected one.",
            "Add `scorer:` in config.yaml, or report how the task went by feedback.",
        )
    if skill.scorer == _ASKS_A_MODEL:
        raise UsageError(
            f"The scorer of {skill.name} is a model (`judge`), and tasks are not graded by one.",
            "Report how the task went by feedback.",
        )
    try:
        return skill.contract.parse(expected)
    except ContractViolation as error:
        raise UsageError(
            f"The expected output is no output of {skill.name}: {error.message}"
        ) from error


def may_be_scored(skill: Skill, expected: str | None) -> bool:
    """Whether a task of the skill can get its outcome from the scorer."""
    if skill.scorer in (None, _ASKS_A_MODEL):
        return False
    return expected is not None or skill.examples is not None


def with_known_outcome(
    context: Context, skill: Skill, task: TaskRecord, expected: str | None
) -> TaskRecord:
    """The task with its outcome by the scorer; unchanged if the scorer cannot decide.

    An output that broke the contract is a failure. If several outputs are right, the best match
    counts. An error in a scorer or an examples file is logged, and the outcome stays unknown.
    """
    if not may_be_scored(skill, expected):
        return task
    try:
        examples = _right_answers(context, skill, task, expected)
        if skill.scorer == "checks":
            examples = [example for example in examples if not asks_a_judge(example)]
        if not examples:
            return task
        score = _best_score(context, skill, examples, task.output)
    except Exception as error:
        why = str(error) if isinstance(error, TinyArmsError) else repr(error)
        why = mask(why, context.task_masks).text
        _log.warning("%s: the task %s could not be scored: %s", skill.name, task.id, why)
        return task
    return replace(task, success=score >= skill.success_at, outcome_source="scorer")


def _right_answers(
    context: Context, skill: Skill, task: TaskRecord, expected: str | None
) -> Sequence[Example]:
    if expected is not None:
        return [Example(id=task.id, inputs=task.inputs, expected=expected, split="search")]
    gold = gold_examples(context.gold_examples, context.project.root, skill, context.pictures)
    return gold.of(task.inputs)


def _best_score(
    context: Context, skill: Skill, examples: Sequence[Example], output: str | None
) -> float:
    scorer = context.scorer(skill)
    if scorer is None or output is None:
        return 0.0
    return max(score_of(scorer, example, output) for example in examples)
