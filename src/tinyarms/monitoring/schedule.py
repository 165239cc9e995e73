"""The schedule: an evolution at regular times, whether or not anything has dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tinyarms.core.settings import EvolutionSettings, Triggers
from tinyarms.monitoring.patience import DAYS
from tinyarms.monitoring.verdict import Verdict

_ORIGINAL_INTERVAL = timedelta(hours=24)
"""Time between two checks by the original preset. Longer: fewer false alarms, but drops are found
later."""


def check_interval(settings: EvolutionSettings) -> timedelta | None:
    """The least time between two checks for a drop; `None`: no limit.

    Examples
    --------
    >>> from tinyarms.core.settings import EvolutionSettings
    >>> from tinyarms.monitoring.schedule import check_interval
    >>> check_interval(EvolutionSettings()) is None
    True
    >>> str(check_interval(EvolutionSettings(preset="original")))
    '1 day, 0:00:00'
    """
    hours = settings.triggers.check_every_hours
    if hours is not None:
        return timedelta(hours=hours)
    return _ORIGINAL_INTERVAL if settings.preset == "original" else None


def due_at(triggers: Triggers, last_evolution: datetime | None, now: datetime) -> datetime | None:
    """When the next scheduled evolution is due; `None` without a schedule.

    It is due 7 or 30 days after the last evolution, whatever started that one, but not before the
    cooldown is over. A skill that was never evolved is due `now`.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.schedule import due_at
    >>> monday, friday = datetime(2024, 11, 4, tzinfo=UTC), datetime(2024, 11, 8, tzinfo=UTC)
    >>> due_at(Triggers(schedule="weekly"), monday, friday).isoformat()
    '2024-11-11T00:00:00+00:00'
    >>> due_at(Triggers(schedule="weekly", cooldown_hours=240), monday, friday).day
    14
    >>> due_at(Triggers(), monday, friday) is None
    True
    """
    if triggers.schedule is None:
        return None
    if last_evolution is None:
        return now
    interval = timedelta(days=DAYS[triggers.schedule])
    return last_evolution + max(interval, timedelta(hours=triggers.cooldown_hours))


def on_schedule(
    verdict: Verdict, triggers: Triggers, last_evolution: datetime | None, now: datetime
) -> Verdict:
    """The verdict `scheduled` if an evolution is due and there is no drop; else the given
    verdict."""
    due_time = due_at(triggers, last_evolution, now)
    if verdict.triggered or due_time is None or due_time > now:
        return verdict
    last = "none so far" if last_evolution is None else f"{(now - last_evolution).days} days ago"
    why = f"A {triggers.schedule} evolution is due (the last one: {last}). {verdict.explanation}"
    numbers = replace(verdict.numbers, explanation=why)
    return replace(verdict, state="scheduled", reason="scheduled", numbers=numbers)
