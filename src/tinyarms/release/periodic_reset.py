"""The periodic reset: guards against prompts that drift towards a few users.

Evolution fits a prompt to the users and inputs of its time. With `reset_after_days` set, a prompt
that no person has chosen for so many days gives way to the last one that a person wrote: the first
prompt, or a later edit. The reset does not judge the evolved prompt, which stays the reference on a
share of the tasks, as after every promotion, and returns by itself if the other is credibly worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tinyarms.skills.prompt import PromptVersion


@dataclass(frozen=True)
class Stay:
    """A period in which a version was in production."""

    version: PromptVersion
    since: datetime
    until: datetime | None
    """When it left production; `None`: it is still there."""
    by_hand: bool
    """Whether a person put it into production."""


@dataclass(frozen=True)
class DueReset:
    """A reset that is due: the version to return to, and why."""

    to: PromptVersion
    reason: str
    """Why, in one sentence."""


def due_reset(stays: Sequence[Stay], days: float | None, now: datetime) -> DueReset | None:
    """The reset that is due; `None` if none is, or if `days` is `None`.

    Parameters
    ----------
    stays
        All stays of a skill, oldest first; there is at least one.
    days
        The reset is due so many days after its target was last in production, or after a person
        last put another version there, whichever is later.
    """
    written = [stay for stay in stays if stay.version.source in ("initial", "manual")]
    if days is None or not written:
        return None
    target, active = written[-1].version, stays[-1].version
    if active.prompt.hash == target.prompt.hash:
        return None
    choices = [stay.since for stay in stays if stay.by_hand]
    ends = [stay.until for stay in stays if stay.version.prompt.hash == target.prompt.hash]
    since = max([*choices, *(end for end in ends if end is not None)])
    if now - since < timedelta(days=days):
        return None
    elapsed = (now - since) / timedelta(days=1)
    why = f"{elapsed:.0f} days without a person's choice (reset_after_days: {days:g})."
    return DueReset(target, f"Back to version {target.number} after {why}")
