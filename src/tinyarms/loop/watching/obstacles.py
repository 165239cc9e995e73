"""What is in the way of a search that is due, and who makes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tinyarms.core.clock import iso
from tinyarms.loop.watching.situation import Situation
from tinyarms.store.db.records import SessionState


@dataclass(frozen=True)
class Obstacle:
    """Why a search does not begin or go on now."""

    sentence: str
    until: datetime | None = None
    """When it is gone; `None`: not known."""
    by_settings: bool = False
    """Whether a person has to change `config.yaml` or the settings."""


def obstacle(situation: Situation) -> Obstacle | None:
    """What is in the way of any search of the skill; `None`: nothing."""
    forbidden, retry_at = forbidden_by_files(situation), pending_retry(situation)
    if forbidden is not None:
        return forbidden
    if situation.searcher is not None:
        sentence = f"Another evolve of {situation.skill} is running ({situation.searcher})."
        return Obstacle(sentence)
    if retry_at is not None:
        return Obstacle(_tries_again(retry_at, situation.error), retry_at)
    return None


def forbidden_by_files(situation: Situation) -> Obstacle | None:
    """What `config.yaml` and the settings forbid now; `None`: nothing."""
    if not situation.evolvable:
        reason = situation.why_not_evolvable or "evolvable: false"
        return Obstacle(f"It is not evolved: {reason}.", by_settings=True)
    if not situation.enabled:
        why = "It is not evolved: enabled is false in config/constants.yaml."
        return Obstacle(why, by_settings=True)
    if situation.quiet_until is not None:
        why = f"It is not evolved now: quiet hours ({situation.quiet_hours})."
        return Obstacle(why, situation.quiet_until)
    return None


def pending_retry(situation: Situation) -> datetime | None:
    """When the daemon tries again what failed; `None` if it does not run or need not wait."""
    retry_at = situation.retry_at
    waits = situation.daemon_runs and retry_at is not None and situation.now < retry_at
    return retry_at if waits else None


def needs_trigger(situation: Situation) -> bool:
    """Whether only the trigger or the schedule can make a search due.

    A search that they began goes on by itself, and so does every offline gate. A search that a
    person began and left is theirs, until a search is due.
    """
    session = situation.session
    if session is None:
        return True
    return session.state is SessionState.SEARCHING and session.trigger_reason == "manual"


def may_ask_trigger(situation: Situation) -> bool:
    """Whether the daemon acts now on what the trigger says."""
    rests = situation.trigger_rests_until is not None
    return situation.state != "releasing" and needs_trigger(situation) and not rests


def who_searches(situation: Situation, does: str) -> str:
    """The daemon if it runs, in a sentence; else the command for a person.

    `does`: `begins` or `goes on with`.
    """
    if not situation.daemon_runs:
        session = situation.session
        by_people = session is not None and session.author == "people"
        return (
            f"tinyarms monitor --once --evolve {situation.skill}"
            if by_people
            else command(situation.skill)
        )
    if situation.retry_at is not None:
        return _tries_again(situation.retry_at, situation.error)
    return f"The daemon {does} it by itself."


def who_finishes(situation: Situation) -> str:
    """Who carries out what is decided, and what was in the way so far."""
    if not situation.daemon_runs:
        return "To finish it: tinyarms monitor --once"
    reason = "" if situation.error is None else f" So far: {situation.error}"
    return f"The daemon finishes it by itself.{reason}"


def after_fruitless(situation: Situation) -> str:
    """What searches that found nothing better lead to, in words; empty after none."""
    if not situation.fruitless:
        return ""
    one = situation.fruitless == 1
    searches = "The last search" if one else f"The last {situation.fruitless} searches"
    why = f"{searches} found nothing better, so the next one waits longer."
    return f"{why} {situation.suggestion or ''}".strip()


def command(name: str) -> str:
    """The command that searches for the skill."""
    return f"tinyarms prompt evolve {name}"


def _tries_again(at: datetime, error: str | None) -> str:
    return f"The daemon tries again at {iso(at)}: {error}"
