"""Text about the examples of a skill that are used or left out."""

from __future__ import annotations

from tinyarms.cli.output import say
from tinyarms.core.text import counted
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
