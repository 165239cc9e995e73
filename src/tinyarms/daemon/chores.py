"""Daily chores: pruning, periodic resets, and ballots that programs did not finish."""

from __future__ import annotations

from contextlib import suppress

from tinyarms.core.errors import ConfigError, ModelError, PromptError
from tinyarms.loop.housekeeping.prune import prune
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.reset_check import reset_if_due
from tinyarms.loop.serving.task_ballots import finish_ballots
from tinyarms.loop.watching.events import Event, event


def do_chores(context: Context) -> list[Event]:
    """Prune old rows, carry out due resets (`reset_after_days`), and make unfinished ballots.

    Returns the pruning events; a reset is reported like every release. Safe to repeat.
    """
    pruned = prune(context)
    for name in context.project.skills:
        # The pass has already reported a skill that cannot be used.
        with suppress(ConfigError, PromptError):
            reset_if_due(context, name)
    with suppress(ModelError):
        finish_ballots(context)
    if pruned.before is None or not pruned.rows:
        return []
    summary = f"{pruned.rows} rows from before {pruned.before:%Y-%m-%d} were pruned."
    counts = {name: n for name, n in pruned.counts.items() if n}
    return [event("pruned", "", pruned.before, context.clock(), summary, **counts)]
