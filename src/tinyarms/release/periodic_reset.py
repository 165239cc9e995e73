"""Against prompts that drift towards a few users: from time to time back to a person's own.

What evolution finds is fitted to the users and inputs of its time. With `reset_after_days` set, a
prompt that only the machine has chosen for so long gives way to the last one that a person wrote:
the first one, or a later edit. That is no verdict: the evolved prompt stays the reference on a
share of the tasks, as after every promotion, and comes back by itself if the other is credibly
worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tinyarms.skills.prompt import PromptVersion


@dataclass(frozen=True)
class Stay:
    """A time in which a version was in production."""

    version: PromptVersion
    since: datetime
    until: datetime | None
    """`None`: it still is."""
    by_hand: bool
    """Whether a person put it there."""


@dataclass(frozen=True)
class DueReset:
    """A reset that is due."""

    to: PromptVersion
    reason: str
    """One sentence."""


def due_reset(stays: Sequence[Stay], days: float | None, now: datetime) -> DueReset | None:
    """Whether a reset is due; `None` if not, or if `days` is `None`.

    `stays`: all of a skill, oldest first, at least one. `days` are counted from the last time that
    the prompt to go back to was in production, or that a person put another one there.
    """
    written = [stay for stay in stays if stay.version.source in ("initial", "manual")]
    if days is None or not written:
        return None
    target, active = written[-1].version, stays[-1].version
    if active.prompt.hash == target.prompt.hash:
        return None
    chosen = [stay.since for stay in stays if stay.by_hand]
    served = [stay.until for stay in stays if stay.version.prompt.hash == target.prompt.hash]
    since = max([*chosen, *(moment for moment in served if moment is not None)])
    if now - since < timedelta(days=days):
        return None
    passed = (now - since) / timedelta(days=1)
    said = f"{passed:.0f} days without a person's choice (reset_after_days: {days:g})."
    return DueReset(target, f"Back to version {target.number} after {said}")
