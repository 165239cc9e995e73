"""What prevents a search that is due, and who carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tinyarms.core.clock import iso
from tinyarms.loop.watching.situation import Situation
from tinyarms.store.db.records import SessionState

LONGEST_WAIT = timedelta(hours=6)
"""Longest wait before a failing search is retried; the wait doubles with each failure. Higher:
fewer calls to an unavailable model, and a later retry when it is back."""


@dataclass(frozen=True)
class Obstacle:
    """Why a search does not begin or resume now."""

    sentence: str
    until: datetime | None = None
    """When the obstacle ends; `None`: unknown."""
    by_settings: bool = False
    """Whether a person has to change `config.yaml` or the settings."""


def obstacle(situation: Situation) -> Obstacle | None:
    """What prevents any search of the skill; `None`: nothing."""
    forbidden, retry_at = forbidden_by_files(situation), pending_retry(situation)
    if forbidden is not None:
        return forbidden
    if situation.searcher is not None:
        what = f"{situation.searcher_work} of {situation.skill}"
        sentence = f"Another {what} is running ({situation.searcher})."
        return Obstacle(sentence)
    if retry_at is not None:
        return Obstacle(_tries_again(retry_at, situation.error), retry_at)
    return None


def forbidden_by_files(situation: Situation) -> Obstacle | None:
    """Why `config.yaml` or the settings forbid a search now; `None`: they allow it."""
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
    """When the daemon retries what failed; `None` if it does not run or need not wait.

    A time that is farther than any wait is of before the clock was set back.
    """
    retry_at, now = situation.retry_at, situation.now
    if not situation.daemon_runs or retry_at is None:
        return None
    return retry_at if now < retry_at <= now + LONGEST_WAIT else None


def needs_trigger(situation: Situation) -> bool:
    """Whether only the trigger or the schedule can make a search due.

    The daemon resumes a search that they began, and every offline gate. A search that a person
    began and interrupted is left to that person until a search is due.
    """
    session = situation.session
    if session is None:
        return True
    return session.state is SessionState.SEARCHING and session.trigger_reason == "manual"


def may_ask_trigger(situation: Situation) -> bool:
    """Whether the daemon acts on the trigger's verdict now."""
    rests = situation.trigger_rests_until is not None
    return situation.state != "releasing" and needs_trigger(situation) and not rests


def who_searches(situation: Situation, verb: str) -> str:
    """Who searches, in words: the daemon if it runs; otherwise the command for a person.

    `verb`: `begins` or `resumes`.
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
    return f"The daemon {verb} it by itself."


def who_refreshes(situation: Situation) -> str:
    """Who refreshes the memory, in words: the daemon if it runs; otherwise the command."""
    if not situation.daemon_runs:
        return refresh_command(situation.skill)
    if situation.retry_at is not None:
        return _tries_again(situation.retry_at, situation.error)
    return "The daemon refreshes its memory by itself."


def who_finishes(situation: Situation) -> str:
    """Who carries out the decision, and what has prevented it so far."""
    if not situation.daemon_runs:
        return "To finish it: tinyarms monitor --once"
    reason = "" if situation.error is None else f" So far: {situation.error}"
    return f"The daemon finishes it by itself.{reason}"


def after_fruitless(situation: Situation) -> str:
    """Why the next search waits longer, in words; empty unless searches found nothing better."""
    if not situation.fruitless_searches:
        return ""
    single = situation.fruitless_searches == 1
    searches = "The last search" if single else f"The last {situation.fruitless_searches} searches"
    why = f"{searches} found nothing better, so the next one waits longer."
    return f"{why} {situation.suggestion or ''}".strip()


def command(name: str) -> str:
    """The command that searches for the skill."""
    return f"tinyarms prompt evolve {name}"


def refresh_command(name: str) -> str:
    """The command that refreshes the memory of the skill's prompt."""
    return f"tinyarms prompt refresh {name}"


def _tries_again(at: datetime, error: str | None) -> str:
    return f"The daemon tries again at {iso(at)}: {error}"
