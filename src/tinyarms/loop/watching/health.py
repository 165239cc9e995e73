"""A skill's health in one word: the trigger's verdict, if the outcomes support it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinyarms.experiments.voter_cap import RECENT, too_many_uncounted
from tinyarms.loop.watching.situation import Situation

Health = Literal["healthy", "dropped", "evolving", "cooling_down", "too_few", "blind"]
"""`dropped`: a drop without an evolution yet. `evolving`: a drop with an open evolution session.
`cooling_down`: a drop too soon after the last evolution. `too_few`: too few outcomes are known to
tell. `blind`: the skill is used enough to tell, but its outcomes are unknown or do not count."""

SILENT_TASKS = 60
"""Tasks in seven days without one known outcome that make a skill blind. If one task in 20 gets an
outcome, this happens by chance in less than 5 % of weeks (0.95^60). More: a skill without feedback
is called blind later. Fewer: a skill with rare feedback is called blind more often."""

_GIVE_FEEDBACK = "Give feedback on tasks: tinyarms feedback TASK_ID --success"


@dataclass(frozen=True)
class Doubt:
    """Why the known outcomes do not show a skill's health."""

    health: Literal["too_few", "blind"]
    status: str
    """In words, without a full stop."""
    remedy: str
    """What a person can do, in words."""


def health_of(situation: Situation) -> Health:
    """The skill's health. A known drop stays a drop, even if the newest outcomes are too few to
    tell."""
    session = situation.session
    if session is not None and session.began_with_drop:
        return "evolving"
    match situation.verdict.state:
        case "dropped" | "cooling_down" as state:
            return state if session is None else "evolving"
    doubt = doubt_of(situation)
    return "healthy" if doubt is None else doubt.health


def doubt_of(situation: Situation) -> Doubt | None:
    """Why the outcomes do not show the skill's health; `None`: they do.

    A skill that is never evolved needs no feedback, because no action would follow from it, and
    neither does one whose judge has graded enough.
    """
    numbers, newest = situation.verdict.numbers, situation.newest_known
    too_few = numbers.n < numbers.sample_size
    enough_reported = len(newest) >= min(numbers.sample_size, RECENT)
    if too_many_uncounted(newest) and (enough_reported or not too_few):
        return Doubt(
            "blind",
            f"Too little to tell: {newest.count(False)} of the newest {len(newest)} outcomes do "
            "not count",
            "They are from one user who is far ahead of the others, or from new names: see "
            "ab_testing.max_votes_ahead and min_tasks.",
        )
    if situation.judged >= numbers.sample_size:
        return None
    if not situation.has_outcomes:
        if situation.evolvable and situation.tasks >= SILENT_TASKS:
            status = f"No outcome of the {situation.tasks} tasks of the last seven days is known"
            return Doubt("blind", status, _GIVE_FEEDBACK)
        when = "in the last seven days" if numbers.n else "yet"
        run_first = f"run a task: tinyarms run {situation.skill} …"
        remedy = _GIVE_FEEDBACK if situation.tasks or numbers.n else run_first
        return Doubt("too_few", f"No outcomes {when}", remedy)
    if too_few:
        return Doubt("too_few", "Too few outcomes to judge", situation.verdict.explanation)
    return None
