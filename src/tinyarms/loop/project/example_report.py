"""One report on a skill's examples: which rows cannot be used, which are left out, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tinyarms.core.errors import ConfigError, ExampleError
from tinyarms.core.text import counted, one_line, shorten
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_findings import (
    REMEDIES,
    ExampleFinding,
    Problem,
    about_answers,
    first_lines,
    in_lines,
)
from tinyarms.loop.project.example_sets import LeftOutView, examples_view, rows_of_file
from tinyarms.skills.example import Example, NumberedRow, WrongAnswer
from tinyarms.skills.example_set import ExampleSet, inputs_keys
from tinyarms.skills.skill import Skill

ROWS_NAMED = 20
"""Most unusable rows that are reported one by one. Higher: a longer report."""
_MOST_CHARACTERS = 300
"""Most characters of the error of a row."""


@dataclass(frozen=True)
class ExampleReport:
    """All that is to say about a skill's examples."""

    skill: str
    """The skill."""
    file: str | None
    """Its examples file, relative to the project's folder; `None`: it has none."""
    rows: int
    """Number of rows of the file that are not blank."""
    search: int
    """Number of examples that a search that begins now may read."""
    selection: int
    """Number of examples that choose its finalists."""
    test: int
    """Number of examples that are held out for the offline gate."""
    findings: tuple[ExampleFinding, ...]
    """What a person should know, errors first."""

    @property
    def ok(self) -> bool:
        """Whether the file can be used: no finding is an error."""
        return all(finding.level != "error" for finding in self.findings)


def check_examples(context: Context, name: str) -> ExampleReport:
    """Check a skill's examples. Nothing is stored. Raises `UsageError`."""
    return examined_examples(context, context.skill(name).skill)[0]


def examined_examples(
    context: Context, skill: Skill, rows_named: int = ROWS_NAMED
) -> tuple[ExampleReport, ExampleSet | None]:
    """The report, and the examples; `None` if they cannot be used.

    `rows_named`: most unusable rows that have a finding of their own.
    """
    try:
        rows = rows_of_file(context.project.root, skill, context.pictures)
        broken = [row for row in rows if isinstance(row.found, ExampleError)]
        read = [row.found for row in rows if isinstance(row.found, Example)]
        found = None if broken else context.example_set(skill, sync=False, read=read)
    except (ConfigError, ExampleError) as error:
        fault = ExampleFinding("file", "error", error.message, error.hint or "Correct it.", 0)
        return ExampleReport(skill.name, skill.examples, 0, 0, 0, 0, (fault,)), None
    findings = [*_unusable(skill, broken, rows_named), *about_answers(skill, rows)]
    counts: Counter[str] = Counter()
    if found is not None:
        findings = [*_left_out(skill, found, rows), *findings]
        counts.update(example.split for example in found.offered)
    report = ExampleReport(
        skill.name,
        skill.examples,
        len(rows),
        counts["search"],
        counts["selection"],
        counts["test"],
        tuple(findings),
    )
    return report, found


def _unusable(
    skill: Skill, broken: Sequence[NumberedRow], rows_named: int
) -> Iterator[ExampleFinding]:
    for row in broken[:rows_named]:
        error = row.found
        assert isinstance(error, ExampleError)
        problem: Problem = "outside_contract" if isinstance(error, WrongAnswer) else "unusable"
        message = shorten(one_line(error.message), _MOST_CHARACTERS)
        yield ExampleFinding(problem, "error", message, error.hint or "Correct it.", 1, (row.line,))
    rest = broken[rows_named:]
    if rest:
        what = f"{counted(len(rest), 'more row')} of {skill.examples} cannot be used"
        yield ExampleFinding(
            "unusable",
            "error",
            f"{what}{in_lines([row.line for row in rest])}.",
            "Correct those first.",
            len(rest),
            first_lines([row.line for row in rest]),
        )


def _left_out(
    skill: Skill, found: ExampleSet, rows: Sequence[NumberedRow]
) -> Iterator[ExampleFinding]:
    line_of = {row.found.id: row.line for row in rows if isinstance(row.found, Example)}
    views = {view.reason: view for view in examples_view(found).left_out}
    for reason, examples in found.left_out.items():
        same = _in_two_splits(examples, found) if reason == "two_splits" else examples
        near = [example for example in examples if example not in same]
        groups: tuple[tuple[Problem, Sequence[Example]], ...] = (
            (reason, same),
            ("near_copies", near),
        )
        for problem, group in groups:
            if group:
                lines = [line_of[e.id] for e in group if e.id in line_of]
                view = views[reason] if len(group) == len(examples) else None
                yield ExampleFinding(
                    problem,
                    "warning",
                    f"Left out: {_words(problem, group, view)}{in_lines(lines)}.",
                    REMEDIES[problem].format(skill=skill.name),
                    len(group),
                    first_lines(lines),
                )


def _words(problem: Problem, group: Sequence[Example], view: LeftOutView | None) -> str:
    if view is not None:
        return view.text
    copy = "a near copy" if problem == "near_copies" else "the same inputs"
    return f"{counted(len(group), 'example')} with {copy} in a held-out split"


def _in_two_splits(examples: Sequence[Example], found: ExampleSet) -> list[Example]:
    """Those of which a usable example has the same inputs."""
    known = set(inputs_keys([example.inputs for example in found.usable]))
    keys = inputs_keys([example.inputs for example in examples])
    return [example for example, key in zip(examples, keys, strict=True) if key in known]
