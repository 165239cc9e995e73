"""The periodic reset: a guard against prompts that drift towards a few users.

Evolution fits a prompt to the users and inputs of its time. With `reset_after_days`, a prompt that
no person has chosen for that many days is replaced by the last one that a person wrote: the first
prompt, or a later edit. The reset does not judge the evolved prompt. As after every promotion, the
evolved prompt serves a share of the tasks as the reference, and returns automatically if the other
is credibly worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tinyarms.release.period import Period
from tinyarms.skills.prompt import PromptVersion


@dataclass(frozen=True)
class DueReset:
    """A reset that is due: the version to return to, and the reason."""

    to: PromptVersion
    reason: str
    """The reason in one sentence."""


def due_reset(periods: Sequence[Period], days: float | None, now: datetime) -> DueReset | None:
    """The reset that is due; `None` if none is, or if `days` is `None`.

    Parameters
    ----------
    periods
        All periods of a skill, oldest first; there is at least one.
    days
        The reset is due this many days after its target was last in production, or after a person
        last put another version there, whichever is later.
    """
    by_people = [period for period in periods if period.version.source in ("initial", "manual")]
    if days is None or not by_people:
        return None
    target, active = by_people[-1].version, periods[-1].version
    # A refresh of a person's prompt leaves that prompt in production.
    if active.prompt.without_memory.hash == target.prompt.without_memory.hash:
        return None
    choices = [period.since for period in periods if period.by_hand]
    ends = [period.until for period in periods if period.version.prompt.hash == target.prompt.hash]
    since = max([*choices, *(end for end in ends if end is not None)])
    if now - since < timedelta(days=days):
        return None
    elapsed = (now - since) / timedelta(days=1)
    why = f"{elapsed:.0f} days without a person's choice (reset_after_days: {days:g})."
    return DueReset(target, f"Back to version {target.number} after {why}")
