"""The original design's trigger: accuracy below a threshold over the last few outcomes.

Known cost: checked once a day (20 tasks a day) it raises 0.9 false alarms per 1,000 healthy tasks
at a true 92 %, and 14 at a true 82 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.verdict import Verdict
from tinyarms.monitoring.window import accuracy


def check(
    outcomes: Sequence[bool | None],
    settings: Triggers,
    last_evolution: datetime | None,
    now: datetime,
) -> Verdict:
    """Triggers if the last `sample_size` known outcomes show less than `accuracy_threshold`.

    `outcomes`: of the active prompt version, newest last, `None` for unknown. Not before there
    are `sample_size` known ones, nor within `cooldown_hours` of `last_evolution`.
    """
    known = [outcome for outcome in outcomes if outcome is not None]
    window = accuracy(known[-settings.sample_size :])
    hours = (now - last_evolution).total_seconds() / 3600 if last_evolution else None
    numbers = {
        "accuracy": window.value,
        "n": window.n,
        "failures": window.n - window.successes,
        "accuracy_threshold": settings.accuracy_threshold,
        "sample_size": settings.sample_size,
        "hours_since_evolution": hours,
        "cooldown_hours": settings.cooldown_hours,
    }
    if window.value is None or window.n < settings.sample_size:
        said = f"{window.n} outcomes so far; {settings.sample_size} are needed to see a drop."
        return Verdict(False, None, numbers, said)
    seen = f"Accuracy {window.value:.1%} over the last {window.n} outcomes"
    if window.value >= settings.accuracy_threshold:
        said = f"{seen}, not below {settings.accuracy_threshold:.1%}."
        return Verdict(False, None, numbers, said)
    if hours is not None and hours < settings.cooldown_hours:
        left = settings.cooldown_hours - hours
        said = f"{seen}, but the last evolution was too recent: {left:.0f} h of cooldown left."
        return Verdict(False, None, numbers, said)
    said = f"{seen}, below {settings.accuracy_threshold:.1%}."
    return Verdict(True, "accuracy_drop", numbers, said)
