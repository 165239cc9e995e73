"""Text about the examples of a skill that are used, left out or not added."""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.cli.output import say
from tinyarms.core.text import counted
from tinyarms.loop.importing.adding import AddedExamples
from tinyarms.loop.importing.view import ImportView, ListedPart, PartKind, cannot_be_examples
from tinyarms.loop.project.example_sets import ExamplesView


def say_examples(view: ExamplesView | None, skill: str) -> None:
    """Print which examples are left out and how many wait for a person; nothing if all is well."""
    if view is None:
        return
    for left_out in view.left_out:
        say(f"Left out: {left_out.text}")
    if view.waiting:
        say(
            f"Not reviewed: {counted(view.waiting, 'collected example')}; the offline gate reads "
            f"gold only. Review: tinyarms examples review {skill}"
        )


def say_not_added(view: AddedExamples | ImportView, most: int, indent: str = "") -> None:
    """Print what did not come in, each kind with its number and at most `most` of it."""
    _say_parts(
        f"{counted(view.duplicates, 'row')} left out: the same is there already",
        _of_kind(view, "duplicate"),
        view.duplicates,
        most,
        indent,
    )
    title = cannot_be_examples(view.left_out)
    _say_parts(title, _of_kind(view, "row"), view.left_out, most, indent)
    others = _of_kind(view, "part")
    _say_parts("Not carried over", others, len(others), most, indent)


def _of_kind(view: AddedExamples | ImportView, kind: PartKind) -> list[ListedPart]:
    return [part for part in view.listed if part.kind == kind]


def _say_parts(title: str, parts: Sequence[ListedPart], n: int, most: int, indent: str) -> None:
    if not n:
        return
    say(f"{indent}{title}:")
    for part in parts[:most]:
        what = "" if part.what == "the row" else f"{part.what}: "
        say(f"{indent}  {part.where}: {what}{part.why.rstrip('.')}.")
    shown = len(parts[:most])
    if n > shown:
        named = " (--json lists more)" if len(parts) > shown else ""
        say(f"{indent}  and {n - shown} more{named}")
