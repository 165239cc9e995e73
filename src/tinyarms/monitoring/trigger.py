"""The trigger: decides whether the detectors' readings begin an evolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tinyarms.core.settings import RuleName, Triggers
from tinyarms.core.text import counted
from tinyarms.monitoring.accuracy import Accuracy
from tinyarms.monitoring.registry import reason_of
from tinyarms.monitoring.verdict import Reading, Reason, State, TriggerNumbers, Verdict


def decide(
    readings: Sequence[Reading],
    rules_in_use: Sequence[RuleName],
    recent: Accuracy,
    triggers: Triggers,
    last_evolution: datetime | None,
    now: datetime,
) -> Verdict:
    """Trigger an evolution if a rule in use raises an alarm; the first one is the reason.

    Parameters
    ----------
    rules_in_use
        The rules that may begin an evolution; the readings of the others are only stored.
    recent
        The accuracy over the newest outcomes.
    triggers
        Within `cooldown_hours` of `last_evolution` nothing is triggered.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.trigger import decide
    >>> from tinyarms.monitoring.verdict import Reading
    >>> from tinyarms.monitoring.accuracy import Accuracy
    >>> readings = [Reading("drop", True, {}, "down from 90.0% over the first 200")]
    >>> now = datetime(2024, 11, 10, tzinfo=UTC)
    >>> verdict = decide(readings, ["drop"], Accuracy(14, 20), Triggers(), None, now)
    >>> verdict.triggered, verdict.reason
    (True, 'accuracy_drop')
    >>> verdict.explanation
    'Accuracy 70.0% over the last 20 outcomes, down from 90.0% over the first 200.'
    >>> yesterday = now - timedelta(days=1)
    >>> decide(readings, ["drop"], Accuracy(14, 20), Triggers(), yesterday, now).state
    'cooling_down'
    """
    in_use = [reading for reading in readings if reading.rule in rules_in_use]
    alarms = [reading for reading in in_use if reading.alarm]
    hours = (now - last_evolution).total_seconds() / 3600 if last_evolution else None
    numbers = TriggerNumbers(
        explanation="",
        rule=alarms[0].rule if alarms else None,
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
        told = replace(numbers, explanation=explanation)
        return Verdict(state, reason, told, tuple(readings), tuple(rules_in_use))

    if not alarms:
        judged = next((reading for reading in in_use if reading.rule == "judged"), None)
        if (
            judged is not None
            and recent.n < triggers.sample_size
            and (judged.numbers.get("baseline_n") or 0) >= triggers.sample_size
        ):
            return verdict("healthy", _sentence(recent, [judged.summary]))
        if recent.value is None or recent.n < triggers.sample_size:
            why = (
                f"{counted(recent.n, 'outcome')} so far; "
                f"{triggers.sample_size} are needed to see a drop."
            )
            return verdict("too_few", why)
        return verdict("healthy", _sentence(recent, [reading.summary for reading in in_use[:1]]))
    why = _sentence(recent, [reading.summary for reading in alarms])
    if hours is not None and hours < triggers.cooldown_hours:
        left = triggers.cooldown_hours - hours
        why = f"{why[:-1]}, but the last evolution was too recent: {left:.0f} h of cooldown left."
        return verdict("cooling_down", why)
    return verdict("dropped", why, reason_of(alarms[0].rule))


def _sentence(recent: Accuracy, summaries: Sequence[str]) -> str:
    if recent.value is None:
        return ", ".join(["No outcome is known", *summaries]) + "."
    accuracy = f"Accuracy {recent.value:.1%} over the last {recent.n} outcomes"
    return ", ".join([accuracy, *summaries]) + "."
