"""The trigger: whether what the rules read begins an evolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tinyarms.core.settings import RuleName, Triggers
from tinyarms.monitoring.accuracy import Accuracy
from tinyarms.monitoring.registry import reason_of
from tinyarms.monitoring.verdict import Reading, Reason, State, TriggerNumbers, Verdict


def decide(
    readings: Sequence[Reading],
    used: Sequence[RuleName],
    recent: Accuracy,
    triggers: Triggers,
    last_evolution: datetime | None,
    now: datetime,
) -> Verdict:
    """Triggers if one of the rules in use alarms, the first of them being the reason.

    Not within `cooldown_hours` of `last_evolution`. `recent`: of the newest outcomes.
    """
    alarmed = [reading for reading in readings if reading.alarm and reading.rule in used]
    hours = (now - last_evolution).total_seconds() / 3600 if last_evolution else None
    numbers = TriggerNumbers(
        explanation="",
        rule=alarmed[0].rule if alarmed else None,
        accuracy=recent.value,
        n=recent.n,
        failures=recent.n - recent.successes,
        accuracy_threshold=triggers.accuracy_threshold,
        sample_size=triggers.sample_size,
        hours_since_evolution=hours,
        cooldown_hours=triggers.cooldown_hours,
        rules={reading.rule: dict(reading.numbers) for reading in readings},
    )

    def verdict(state: State, explanation: str, reason: Reason | None = None) -> Verdict:
        return Verdict(state, reason, replace(numbers, explanation=explanation))

    if not alarmed:
        if recent.value is None or recent.n < triggers.sample_size:
            said = f"{recent.n} outcomes so far; {triggers.sample_size} are needed to see a drop."
            return verdict("too_few", said)
        telling = [reading.said for reading in readings if reading.rule in used][:1]
        return verdict("healthy", _sentence(recent, telling))
    seen = _sentence(recent, [reading.said for reading in alarmed])
    if hours is not None and hours < triggers.cooldown_hours:
        left = triggers.cooldown_hours - hours
        said = f"{seen[:-1]}, but the last evolution was too recent: {left:.0f} h of cooldown left."
        return verdict("cooling_down", said)
    return verdict("dropped", seen, reason_of(alarmed[0].rule))


def _sentence(recent: Accuracy, said: Sequence[str]) -> str:
    if recent.value is None:
        return f"No outcome is known{''.join(f', {each}' for each in said)}."
    seen = f"Accuracy {recent.value:.1%} over the last {recent.n} outcomes"
    return ", ".join([seen, *said]) + "."
