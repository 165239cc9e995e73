"""Let a person review collected examples: make them gold, or drop them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, get_args

from tinyarms.core.errors import ContractViolation, ExampleError, UsageError
from tinyarms.loop.project.context import Context
from tinyarms.skills.example import Example, Split, format_example, read_row
from tinyarms.skills.example_set import Reason, inputs_key, split_of_reviewed
from tinyarms.skills.picture import all_for_people, picture_of
from tinyarms.skills.skill import Skill
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.files import MAX_EXAMPLES_BYTES, read_text

ExampleAnswer = Literal["gold", "drop"]
"""A person's decision on a collected example. `gold`: its answer is right. `drop`: delete it."""


@dataclass(frozen=True)
class CollectedView:
    """A collected example that waits for review."""

    id: str
    """Its id, which the answer refers to."""
    inputs: Mapping[str, str]
    """The inputs of the task that was corrected; of a picture its path, size and text."""
    expected: str
    """The right output, according to the user."""
    user: str | None
    """The user who gave the correction; `None` if not named."""
    collected_at: datetime
    """When the correction was given."""
    left_out: Reason | None
    """Why searches do not read it; `None` if they do. The reasons are those of `LeftOutView`."""


@dataclass(frozen=True)
class ReviewedExample:
    """The result of the review of a collected example."""

    id: str
    """Its id."""
    answer: ExampleAnswer
    """The person's decision."""
    split: Split | None
    """Its split as gold; `None` if it was dropped. `search` if a search has read it or a near copy;
    otherwise chosen by the hash of its inputs."""


def exported_examples(context: Context, name: str) -> list[str]:
    """Every usable example of a skill as a row of an examples file, by id.

    Those from the file, those collected, and those that a person made gold; with their split and
    origin, so that they have the same ones wherever the rows are read. Raises as
    `collected_examples` does.
    """
    skill = context.skill(name).skill
    usable = context.example_set(skill, sync=False).usable
    return [format_example(_with_paths(context, skill, example)) for example in usable]


def _with_paths(context: Context, skill: Skill, example: Example) -> Example:
    """The example with the path of a picture as examples files have it.

    A picture without a path, or with a text that was read from it, stays in the form in which it is
    kept.
    """
    folder = (context.project.root / (skill.examples or "")).parent
    inputs = dict(example.inputs)
    for name in skill.pictures.keys() & inputs.keys():
        picture = picture_of(inputs[name])
        if picture is not None and picture.path and picture.text is None:
            inputs[name] = os.path.relpath(context.project.root / picture.path, folder)
    return replace(example, inputs=inputs)


def collected_examples(context: Context, name: str) -> list[CollectedView]:
    """The collected examples of a skill, newest first.

    Raises `UsageError`, and `ExampleError` and `ConfigError` if the examples file cannot be read.
    """
    skill = context.skill(name).skill
    found = context.example_set(skill, sync=False)
    reasons = {e.id: reason for reason, examples in found.left_out.items() for e in examples}
    with context.store.read() as work:
        stored = [r for r in work.examples.records(name) if r.example.origin == "collected"]
    return [
        CollectedView(
            id=record.example.id,
            inputs=all_for_people(record.example.inputs),
            expected=record.example.expected,
            user=record.user,
            collected_at=record.created_at,
            left_out=reasons.get(record.example.id),
        )
        for record in sorted(stored, key=lambda r: (r.created_at, r.example.id), reverse=True)
    ]


def review_file(context: Context, name: str, path: Path) -> list[ReviewedExample]:
    """Apply the answers of a JSONL file with rows of `id` and `answer`.

    A row without an `answer` leaves its example waiting. Raises `ExampleError` for a broken row,
    and the errors of `review_examples`; then nothing is changed.
    """
    answers: dict[str, ExampleAnswer] = {}
    for number, line in enumerate(read_text(path, most=MAX_EXAMPLES_BYTES).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        row = read_row(line, where)
        example_id, answer = row.get("id"), row.get("answer") or None
        if not isinstance(example_id, str) or answer not in (None, *get_args(ExampleAnswer)):
            raise ExampleError(
                f"{where}: not an answer.", 'Write {"id": "…", "answer": "gold"}, or "drop".'
            )
        if example_id in answers:
            raise ExampleError(f"{where}: the id {example_id} occurs twice.", "Answer once.")
        if answer is not None:
            answers[example_id] = answer
    return review_examples(context, name, answers)


def review_examples(
    context: Context, name: str, answers: Mapping[str, ExampleAnswer]
) -> list[ReviewedExample]:
    """Make collected examples gold, or drop them. If one is refused, nothing is changed.

    `answers`: example id → answer. Raises `UsageError` for an id without a collected example, and
    for gold that has the inputs of another gold example or an answer that breaks the contract.
    """
    skill = context.skill(name).skill
    context.example_set(skill)  # copies the file's gold into the database
    with context.store.unit_of_work(durable=True) as work:
        return [_review(context, work, skill, id, answer) for id, answer in answers.items()]


def _review(
    context: Context, work: UnitOfWork, skill: Skill, example_id: str, answer: ExampleAnswer
) -> ReviewedExample:
    stored = {example.id: example for example in work.examples.all(skill.name)}
    example = stored.pop(example_id, None)
    if example is None or example.origin != "collected":
        raise _unknown(skill, example_id, [e for e in stored.values() if e.origin == "collected"])
    if answer == "drop":
        work.examples.drop(skill.name, example_id)
        return ReviewedExample(example_id, answer, None)
    others = [e for e in stored.values() if e.origin == "gold"]
    same = next((e for e in others if inputs_key(e.inputs) == inputs_key(example.inputs)), None)
    if same is not None:
        raise UsageError(
            f"The example {example_id} has the inputs of the gold example {same.id}.",
            "Drop it, or correct the examples file.",
        )
    split = split_of_reviewed(example, stored.values(), _was_read(work, skill.name, example_id))
    gold = replace(example, expected=_answer(skill, example), origin="gold", split=split)
    work.examples.make_gold(skill.name, gold, context.clock())
    return ReviewedExample(example_id, answer, split)


def _answer(skill: Skill, example: Example) -> str:
    try:
        return skill.contract.parse(example.expected)
    except ContractViolation as error:
        raise UsageError(
            f"The answer of the example {example.id} is no output of {skill.name}: {error.message}",
            "Drop it.",
        ) from error


def _was_read(work: UnitOfWork, skill: str, example_id: str) -> bool:
    """Whether any search of the skill has read the example."""
    plans = (session.search for session in work.sessions.all(skill))
    given = any(plan is not None and example_id in (plan.example_ids or ()) for plan in plans)
    return given or work.calls.was_searched(skill, example_id)


def _unknown(skill: Skill, example_id: str, collected: list[Example]) -> UsageError:
    close = get_close_matches(example_id, [example.id for example in collected], n=1)
    hint = f"Did you mean {close[0]}?" if close else ""
    return UsageError(
        f"{skill.name} has no collected example {example_id}.",
        hint or f"List them: tinyarms examples review {skill.name} --json",
    )
