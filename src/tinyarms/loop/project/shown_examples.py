"""A few of a skill's examples, for people to look at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tinyarms.core.errors import ExampleError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_sets import rows_of_file
from tinyarms.skills.comparison import composed, label_key
from tinyarms.skills.example import Example, Origin, Split
from tinyarms.skills.example_set import Reason
from tinyarms.skills.picture import all_for_people

MOST_SHOWN = 1000
"""Most examples that are shown at once. More are in the file that `examples export` writes."""


@dataclass(frozen=True)
class ShownExample:
    """An example of a skill."""

    id: str
    """Its id."""
    line: int | None
    """Its line in the examples file; `None`: it is only in the database."""
    inputs: Mapping[str, str]
    """Its inputs; of a picture its path, size and text."""
    expected: str
    """The right output."""
    split: Split
    """Its split."""
    origin: Origin
    """`gold`, or `collected` from a correction."""
    left_out: Reason | None
    """Why it is left out; `None` if it is not. The reasons are those of `LeftOutView`."""


@dataclass(frozen=True)
class ShownExamples:
    """The examples that were asked for."""

    skill: str
    """The skill."""
    n: int
    """Number of examples that fit the filters."""
    examples: tuple[ShownExample, ...]
    """The first of them: those of the file in its order, then the others by id."""


@dataclass(frozen=True)
class Filters:
    """Which examples to show; those that fit all that is given."""

    split: Split | None = None
    origin: Origin | None = None
    expected: str | None = None
    """The right output, without case, spaces, quotes and Unicode form."""
    contains: str | None = None
    """A text that an input or the right output contains, without case."""
    left_out: bool = False
    """Whether to show only those that are left out."""


def shown_examples(
    context: Context, name: str, filters: Filters = Filters(), most: int = 20
) -> ShownExamples:
    """The examples that fit the filters, at most `most` of them, and never more than 1,000.

    Raises `UsageError`, and `ExampleError` and `ConfigError` if the file cannot be read.
    """
    skill = context.skill(name).skill
    rows = rows_of_file(context.project.root, skill, context.pictures)
    lines: dict[str, int] = {}
    for row in rows:
        if isinstance(row.found, ExampleError):
            raise row.found
        lines[row.found.id] = row.line
    read = [row.found for row in rows if isinstance(row.found, Example)]
    found = context.example_set(skill, sync=False, read=read)
    reasons: dict[str, Reason] = {
        e.id: reason for reason, examples in found.left_out.items() for e in examples
    }
    every = {e.id: e for group in (found.usable, *found.left_out.values()) for e in group}
    in_order = sorted(every.values(), key=lambda e: (lines.get(e.id, math.inf), e.id))
    fitting = [e for e in in_order if _fits(e, filters, reasons.get(e.id))]
    return ShownExamples(
        name,
        len(fitting),
        tuple(
            ShownExample(
                example.id,
                lines.get(example.id),
                all_for_people(example.inputs),
                example.expected,
                example.split,
                example.origin,
                reasons.get(example.id),
            )
            for example in fitting[: max(0, min(most, MOST_SHOWN))]
        ),
    )


def _fits(example: Example, filters: Filters, reason: Reason | None) -> bool:
    if filters.split not in (None, example.split) or filters.origin not in (None, example.origin):
        return False
    if filters.left_out and reason is None:
        return False
    wanted = filters.expected
    if wanted is not None and label_key(wanted) != label_key(example.expected):
        return False
    if filters.contains is None:
        return True
    texts = (*all_for_people(example.inputs).values(), example.expected)
    return any(composed(filters.contains).casefold() in composed(t).casefold() for t in texts)
