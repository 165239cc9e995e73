"""How long to wait after searches that found nothing better."""

from __future__ import annotations

from collections.abc import Mapping

from tinyarms.core.settings import Schedule, Triggers

DAYS: Mapping[Schedule, int] = {"weekly": 7, "monthly": 30}
"""Days after an evolution at which the next scheduled one is due."""
_MAX_DOUBLINGS = 3
"""The wait doubles so often at most: from a week to eight. Higher: a skill that no search helps is
searched less often, and a change that nobody has told of is found later."""


def patient(triggers: Triggers, fruitless: int) -> Triggers:
    """The triggers after so many searches in a row that found nothing better.

    The same search would find the same, so the wait doubles with each. It is reckoned from the
    cooldown or from the schedule, whichever is longer.

    Examples
    --------
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.patience import patient
    >>> [patient(Triggers(), searches).cooldown_hours / 168 for searches in (0, 1, 2, 3, 4)]
    [1.0, 2.0, 4.0, 8.0, 8.0]
    >>> patient(Triggers(schedule="monthly"), 1).cooldown_hours / 24
    60.0
    """
    if not fruitless:
        return triggers
    days = 1 if triggers.schedule is None else DAYS[triggers.schedule]
    hours = max(triggers.cooldown_hours, 24 * days) * 2 ** min(fruitless, _MAX_DOUBLINGS)
    return triggers.model_copy(update={"cooldown_hours": hours})
