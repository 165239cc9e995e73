"""Daily chores: pruning and periodic resets."""

from __future__ import annotations

from contextlib import suppress

from tinyarms.core.errors import ConfigError, PromptError
from tinyarms.loop.housekeeping.prune import prune
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.reset_check import reset_if_due
from tinyarms.loop.watching.events import Event, event


def do_chores(context: Context) -> list[Event]:
    """Prune old rows, and carry out due resets (`reset_after_days`).

    Returns the pruning events; a reset is reported like every release. Safe to repeat.
    """
    pruned = prune(context)
    for name in context.project.skills:
        # The pass has already reported a skill that cannot be used.
        with suppress(ConfigError, PromptError):
            reset_if_due(context, name)
    if pruned.before is None or not pruned.rows:
        return []
    summary = f"{pruned.rows} rows from before {pruned.before:%Y-%m-%d} were pruned."
    counts = {name: n for name, n in pruned.counts.items() if n}
    return [event("pruned", "", pruned.before, context.clock(), summary, **counts)]
