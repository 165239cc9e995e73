"""What every rule that watches a stream of outcomes can do.

A detector sees the known outcomes, each one once, in the order of their tasks:

- an outcome that is reported late takes its task's position, and the next read counts it there;
- an outcome that is reported twice, or corrected, counts once, with its latest value;
- an outcome that is reported before its task counts from the moment the task arrives;
- an outcome that is never reported counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from tinyarms.monitoring.verdict import Reading


class Detector(Protocol):
    """Sees outcomes one by one and keeps what it needs of them, in bounded memory."""

    @property
    def name(self) -> str:
        """The rule's name in `triggers.rules`."""
        ...

    @property
    def alarm(self) -> bool:
        """Whether the outcomes seen so far show that the version does worse now."""
        ...

    def see(self, success: bool) -> None:
        """Take the next known outcome; the oldest comes first."""
        ...

    def restart(self) -> None:
        """Start over, as an evolution has just begun: only later outcomes may raise an alarm."""
        ...

    def read(self) -> Reading:
        """The current alarm, the numbers behind it and a summary in words."""
        ...


def replay(
    detector: Detector, outcomes: Iterable[tuple[bool, datetime]], evolved_at: datetime | None
) -> Reading:
    """Feed a detector the outcomes of a version and read it.

    Parameters
    ----------
    outcomes
        (success, time of the task), oldest first.
    evolved_at
        When the last evolution began; the detector restarts there. `None`: there was none.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.detector import replay
    >>> from tinyarms.monitoring.detectors.drop import Drop
    >>> start = datetime(2024, 11, 1, tzinfo=UTC)
    >>> good = [(True, start + timedelta(hours=hour)) for hour in range(60)]
    >>> bad = [(False, start + timedelta(hours=hour)) for hour in range(60, 80)]
    >>> replay(Drop(Triggers()), good + bad, evolved_at=None).alarm
    True
    >>> replay(Drop(Triggers()), good + bad, evolved_at=start + timedelta(hours=80)).alarm
    False
    """
    restart_at = evolved_at
    for success, at in outcomes:
        if restart_at is not None and at >= restart_at:
            detector.restart()
            restart_at = None
        detector.see(success)
    if restart_at is not None:
        detector.restart()
    return detector.read()
