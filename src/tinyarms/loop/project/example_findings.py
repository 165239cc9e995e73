"""What a person should know about a skill's examples, one finding for each kind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tinyarms.core.text import counted, shorten
from tinyarms.skills.comparison import label_key
from tinyarms.skills.example import Example, NumberedRow
from tinyarms.skills.example_set import Reason
from tinyarms.skills.skill import Skill

_LINES_NAMED = 10
"""Most lines that a finding names."""
_LOOKS_MISSING = frozenset({"nan", "null", "none", "n/a", "na", "nil", "undefined", "#n/a"})
"""Answers, without case, that are often a missing value of another program."""

Problem = Literal[
    Reason, "file", "unusable", "near_copies", "label_forms", "answer_forms", "missing_values"
]
"""The kind of a finding: a reason why examples are left out, or one of these.

`file`: the file cannot be read. `unusable`: a row that is no example, so the whole file is refused.
`near_copies`: nearly the same inputs are in a split that is held out more strictly; `two_splits`
says so of the same inputs. `label_forms`: a label is written in another form, and counts as the
declared one. `answer_forms`: answers that differ only by case, spaces or Unicode form.
`missing_values`: answers that may be a missing value.
"""
REMEDIES: Mapping[Problem, str] = {
    "outside_contract": "Correct their answers, or `output:` in config.yaml.",
    "no_picture": "Put the pictures back, or drop the examples in a review.",
    "guard": "Drop them: tinyarms examples review {skill}",
    "two_answers": "Keep the right one of each.",
    "twice": "Remove the copies.",
    "two_splits": "Remove the copies, or give both the same `split`.",
    "near_copies": "Remove one of each, or give both the same `split`.",
    "beyond_share": "Make the good ones gold: tinyarms examples review {skill}",
    "label_forms": "Nothing: case, spaces, quotes and the Unicode form of a label do not count.",
    "answer_forms": "Write each answer in one form, or declare `output: {{labels: […]}}`.",
    "missing_values": "Write the right answers, or remove the rows.",
}


@dataclass(frozen=True)
class ExampleFinding:
    """Something about a skill's examples that a person should know."""

    problem: Problem
    """Its kind: why examples are left out (as `reason` of `left_out` in `prompt stats`); `file`:
    the file cannot be read; `unusable`: a row is no example, so the whole file is refused;
    `near_copies`: nearly the same inputs are in a split that is held out more strictly;
    `label_forms`: a label in another form, which counts as the declared one; `answer_forms`:
    answers that differ only by case, spaces or Unicode form; `missing_values`: answers that may
    be a missing value."""
    level: Literal["error", "warning", "note"]
    """`error`: no example of the file can be used. `warning`: some are not. `note`: nothing needs
    to be done."""
    what: str
    """What is wrong, and where."""
    remedy: str
    """What to do."""
    n: int
    """Number of examples."""
    lines: tuple[int, ...] = ()
    """The lines of the first ten in the examples file."""


def about_answers(skill: Skill, rows: Sequence[NumberedRow]) -> Iterator[ExampleFinding]:
    """Labels in another form, answers that are nearly the same, and those that look missing."""
    answers = [
        (row.line, row.written, row.found.expected)
        for row in rows
        if isinstance(row.found, Example) and isinstance(row.written, str)
    ]
    if skill.contract.labels:
        other = [(line, written) for line, written, answer in answers if written != answer]
        if other:
            yield _about_forms("label_forms", "note", "write a label in another form", other)
        return
    forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _, _, answer in answers:
        forms[label_key(answer)][answer] += 1
    rare = {
        form
        for of_key in forms.values()
        for form, _ in of_key.most_common()[1:]
        if of_key.total() > 2
    }
    other = [(line, answer) for line, _, answer in answers if answer in rare]
    if other:
        what = "write an answer that others write in another form"
        yield _about_forms("answer_forms", "warning", what, other)
    missing = [(n, answer) for n, _, answer in answers if label_key(answer) in _LOOKS_MISSING]
    if missing:
        what = "have an answer that may be a missing value"
        yield _about_forms("missing_values", "warning", what, missing)


def _about_forms(
    problem: Problem,
    level: Literal["warning", "note"],
    what: str,
    rows: Sequence[tuple[int, str]],
) -> ExampleFinding:
    shown = ", ".join(
        repr(shorten(form, 40)) for form in list(dict.fromkeys(form for _, form in rows))[:3]
    )
    lines = [line for line, _ in rows]
    return ExampleFinding(
        problem,
        level,
        f"{counted(len(rows), 'row')} {what}: {shown}{in_lines(lines)}.",
        REMEDIES[problem].format(),
        len(rows),
        first_lines(lines),
    )


def first_lines(lines: Sequence[int]) -> tuple[int, ...]:
    """The lowest ten."""
    return tuple(sorted(lines)[:_LINES_NAMED])


def in_lines(lines: Sequence[int]) -> str:
    """` (lines 3, 7, …)`; empty if they are in no line of the file."""
    if not lines:
        return ""
    shown = ", ".join(map(str, first_lines(lines)))
    more = ", …" if len(lines) > _LINES_NAMED else ""
    return f" ({'line' if len(lines) == 1 else 'lines'} {shown}{more})"
