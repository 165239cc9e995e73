"""What every rule that watches a stream of outcomes can do.

Which outcomes they are: those that are known, each once, in the order of their tasks. So

- one that is heard of late stands at its task's place, and the next look counts it there;
- one that is told twice, or corrected, counts once, as it is now;
- one that is told before its task counts from when the task comes;
- one that is never told counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from tinyarms.monitoring.verdict import Reading


class Detector(Protocol):
    """Sees outcomes one by one and keeps what it needs of them: memory is bounded."""

    @property
    def name(self) -> str:
        """As `triggers.rules` calls it."""
        ...

    @property
    def alarm(self) -> bool:
        """Whether things are worse now, as far as it has seen."""
        ...

    def see(self, success: bool) -> None:
        """The next known outcome, oldest first."""
        ...

    def restart(self) -> None:
        """The prompt was just looked at: an alarm needs outcomes from here on."""
        ...

    def read(self) -> Reading:
        """What it sees now."""
        ...


def replay(
    detector: Detector, outcomes: Iterable[tuple[bool, datetime]], evolved_at: datetime | None
) -> Reading:
    """Show it the outcomes with the times of their tasks, oldest first.

    `evolved_at`: when the last evolution began; it restarts there.
    """
    waiting = evolved_at
    for success, at in outcomes:
        if waiting is not None and at >= waiting:
            detector.restart()
            waiting = None
        detector.see(success)
    if waiting is not None:
        detector.restart()
    return detector.read()
