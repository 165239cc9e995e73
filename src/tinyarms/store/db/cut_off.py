"""Units of work that the database has cut off, and how they are done again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from tinyarms.core.errors import StoreError

_Result = TypeVar("_Result")

MOST_TRIES = 5
"""How often a job is done at most. Higher: longer disturbances are survived, and a job that never
succeeds fails later."""
_SHORTEST_S, _LONGEST_S = 0.05, 1.0
"""Seconds between the first two tries, and between late ones. Each is drawn from the upper half, so
that several processes do not come back at the same moment."""


class CutOff(StoreError):
    """The database ended a unit of work for a reason that passes: it was shut down, the connection
    broke, or another program was in the way. Whether the unit of work is stored is not known if the
    connection broke during its commit."""


def repeated(
    job: Callable[[], _Result],
    *,
    tries: int | None = MOST_TRIES,
    patience_s: float = float("inf"),
    sleep: Callable[[float], None] = time.sleep,
) -> _Result:
    """Do the job, and do it again if it is cut off. It must be safe to repeat.

    `tries`: how often at most; `None`: until `patience_s` seconds have passed. Raises `CutOff` of
    the last try.

    Examples
    --------
    >>> tries = iter([CutOff("The server was shut down."), "stored"])
    >>> def job():
    ...     if isinstance(outcome := next(tries), CutOff):
    ...         raise outcome
    ...     return outcome
    >>> repeated(job, sleep=lambda seconds: None)
    'stored'
    """
    until, done = time.monotonic() + patience_s, 0
    while True:
        try:
            return job()
        except CutOff:
            done += 1
            pause = min(_SHORTEST_S * 2 ** min(done - 1, 10), _LONGEST_S) * random.uniform(0.5, 1)
            if done == tries or time.monotonic() + pause > until:
                raise
            sleep(pause)
