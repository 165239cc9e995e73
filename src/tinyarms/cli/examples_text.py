"""Text about the examples of a skill that are used or left out."""

from __future__ import annotations

from tinyarms.cli.output import say
from tinyarms.core.text import counted
from tinyarms.loop.project.example_sets import ExamplesView, LeftOutView
from tinyarms.skills.example_set import Reason

_NAMED = 3
_WHY: dict[Reason, str] = {
    "outside_contract": "with an answer that the skill could not give",
    "guard": "that a guard rejects",
    "two_answers": "whose inputs have two answers",
    "twice": "that occur twice",
    "two_splits": "with a near copy in a held-out split",
    "beyond_share": "beyond one user's share (max_share_per_user)",
}


def say_examples(view: ExamplesView | None, skill: str) -> None:
    """Print which examples are left out and how many wait for a person; nothing if all is well."""
    if view is None:
        return
    for left_out in view.left_out:
        say(f"Left out: {_left_out(left_out)}")
    if view.waiting:
        say(
            f"Not reviewed: {counted(view.waiting, 'collected example')}; the offline gate reads "
            f"gold only. Review: tinyarms examples review {skill}"
        )


def _left_out(view: LeftOutView) -> str:
    names = ", ".join(view.examples[:_NAMED])
    more = "" if view.n <= _NAMED else ", …"
    return f"{counted(view.n, 'example')} {_WHY[view.reason]}: {names}{more}"
