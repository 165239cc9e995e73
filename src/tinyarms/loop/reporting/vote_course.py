"""How the posteriors of a live test changed with its votes, and how many people voted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tinyarms.loop.project.context import Context
from tinyarms.loop.testing.live_session import load_live_test

_POINTS = 60
"""About how many points a course has. Higher: finer, and it takes longer to compute."""


@dataclass(frozen=True)
class ArmCourse:
    """What the votes said about one prompt, after more and more of them."""

    letter: str
    """The variant's letter; empty for the prompt in production."""
    means: tuple[float | None, ...]
    """The rate at which it is chosen, in [0, 1], at each of the view's `votes`."""
    intervals: tuple[tuple[float, float] | None, ...]
    """95 % interval of that rate."""
    p_best: tuple[float | None, ...]
    """Probability that it is the best; `None`: the rule gives none."""


@dataclass(frozen=True)
class VoteCourseView:
    """A live test after more and more votes."""

    skill: str
    session_id: str
    votes: tuple[int, ...]
    """The numbers of votes, or of outcomes in single mode, at which it was looked at."""
    arms: tuple[ArmCourse, ...]
    """The prompts that users see; the one in production first."""
    by_voter: tuple[int, ...]
    """Counted votes of each person who gave a name, most first; without the names."""
    unnamed: int
    """Counted votes without a name."""


def vote_course(context: Context, name: str) -> VoteCourseView | None:
    """The course of a skill's latest live test; `None` if the latest session had none."""
    context.skill(name)
    with context.store.read() as work:
        session = work.sessions.latest(name)
        if session is None or session.live_test is None:
            return None
        test = load_live_test(work, session)
    counted = [o for o in test.outcomes if o.picked is not None or o.success is not None]
    step = max(1, -(-len(counted) // _POINTS))
    numbers = sorted({*range(step, len(counted) + 1, step), len(counted)} - {0})
    now = test.deadline_counts_from
    seen = [test.rule.assess(test.arms, counted[:n], now, now).statistics for n in numbers]
    users = Counter(outcome.user for outcome in counted)
    unnamed = users.pop("", 0)
    return VoteCourseView(
        skill=name,
        session_id=session.id,
        votes=tuple(numbers),
        arms=tuple(
            ArmCourse(
                letter=test.variants[arm.id].variant_letter,
                means=tuple(each[arm.id].mean for each in seen),
                intervals=tuple(each[arm.id].interval for each in seen),
                p_best=tuple(each[arm.id].p_best for each in seen),
            )
            for arm in test.shown
        ),
        by_voter=tuple(sorted(users.values(), reverse=True)),
        unnamed=unnamed,
    )
