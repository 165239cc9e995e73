"""Check what the monitor's daemon has left in the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tinyarms.core.clock import iso
from tinyarms.loop.diagnosing.finding import DoctorFinding
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import DAEMON, daemons

_STUCK = timedelta(days=1)
"""Time without a new pass after which a running daemon is reported. A pass may contain a search of
some hours."""


def monitor_findings(context: Context) -> Iterator[DoctorFinding]:
    """Whether the daemon runs and makes its passes, and what it could not do."""
    running = ", ".join(daemons(context))
    with context.store.read() as work:
        own = work.watches.get(DAEMON)
        watches = {name: work.watches.get(name) for name in context.project.names}
    if running and own is not None and context.clock() - own.looked_at > _STUCK:
        yield DoctorFinding(
            "service",
            "warning",
            f"The monitor ({running}) runs, but last checked the skills on {iso(own.looked_at)}.",
            remedy="Its log, tinyarms.log, says what it does; end it and start it again.",
        )
    for name, watch in watches.items():
        if watch is not None and watch.error is not None:
            again = "" if watch.retry_at is None else f" It tries again on {iso(watch.retry_at)}."
            yield DoctorFinding(
                "service",
                "warning",
                f"The monitor could not go on: {watch.error}",
                name,
                f"Mend that.{again} To try at once: tinyarms monitor --once {name}",
            )
    what = (
        "The monitor does not run; tinyarms monitor starts it."
        if not running
        else f"The monitor runs ({running})."
    )
    yield DoctorFinding("service", "ok", what)
