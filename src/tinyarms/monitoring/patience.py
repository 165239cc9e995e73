"""How long to wait after searches that found nothing better."""

from __future__ import annotations

from collections.abc import Mapping

from tinyarms.core.settings import Schedule, Triggers

DAYS: Mapping[Schedule, int] = {"weekly": 7, "monthly": 30}
"""Days after an evolution at which the next scheduled one is due."""
_MAX_DOUBLINGS = 3
"""Most doublings of the wait: 3 turn one week into eight. With more, a skill that no search
improves is searched less often, and a change that nobody reported is found later."""


def with_longer_wait(triggers: Triggers, fruitless_searches: int) -> Triggers:
    """The triggers after searches in a row that found nothing better, with a longer cooldown.

    Another search would probably find the same prompts, so each one doubles the wait. The wait
    begins with the cooldown or the time between scheduled evolutions, whichever is longer.

    Parameters
    ----------
    fruitless_searches
        How many searches in a row have found nothing better, at least 0.

    Examples
    --------
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.patience import with_longer_wait
    >>> [with_longer_wait(Triggers(), n).cooldown_hours / 168 for n in (0, 1, 2, 3, 4)]
    [1.0, 2.0, 4.0, 8.0, 8.0]
    >>> with_longer_wait(Triggers(schedule="monthly"), 1).cooldown_hours / 24
    60.0
    """
    if not fruitless_searches:
        return triggers
    days = 1 if triggers.schedule is None else DAYS[triggers.schedule]
    hours = max(triggers.cooldown_hours, 24 * days) * 2 ** min(fruitless_searches, _MAX_DOUBLINGS)
    return triggers.model_copy(update={"cooldown_hours": hours})
