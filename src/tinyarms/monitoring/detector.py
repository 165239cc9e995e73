"""What every rule that watches a stream of outcomes can do.

A detector is given the known outcomes of a version, all at once, in the order of their tasks:

- an outcome that is reported late takes its task's position, and the next read counts it there;
- an outcome that is reported twice, or corrected, counts once, with its latest value;
- an outcome that is reported before its task counts from the moment the task arrives;
- an outcome that is never reported is ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from tinyarms.monitoring.verdict import Reading


class Detector(Protocol):
    """Reads the outcomes of a version, oldest first, and keeps no state.

    `since`: the number of outcomes that are older than the last evolution. Only later ones may
    raise an alarm; the older ones may still show the usual rate.
    """

    @property
    def name(self) -> str:
        """The rule's name in `triggers.rules`."""
        ...

    def alarms(self, outcomes: Sequence[bool], since: int = 0) -> list[bool]:
        """For each outcome after the first `since`: whether it and the earlier ones show that the
        version does worse now."""
        ...

    def read(self, outcomes: Sequence[bool], since: int = 0) -> Reading:
        """The alarm after the last outcome, the numbers behind it and a summary in words."""
        ...


def read_since(
    detector: Detector, outcomes: Iterable[tuple[bool, datetime]], evolved_at: datetime | None
) -> Reading:
    """Read a detector on the outcomes of a version.

    Parameters
    ----------
    outcomes
        (success, time of the task), oldest first.
    evolved_at
        When the last evolution began: only later tasks may raise an alarm. `None`: there was none.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.detector import read_since
    >>> from tinyarms.monitoring.detectors.drop import Drop
    >>> start = datetime(2024, 11, 1, tzinfo=UTC)
    >>> good = [(True, start + timedelta(hours=hour)) for hour in range(60)]
    >>> bad = [(False, start + timedelta(hours=hour)) for hour in range(60, 80)]
    >>> read_since(Drop(Triggers()), good + bad, evolved_at=None).alarm
    True
    >>> read_since(Drop(Triggers()), good + bad, evolved_at=start + timedelta(hours=80)).alarm
    False
    """
    rows = list(outcomes)
    since = 0
    if evolved_at is not None:
        later = (index for index, (_, at) in enumerate(rows) if at >= evolved_at)
        since = next(later, len(rows))
    return detector.read([success for success, _ in rows], since)
