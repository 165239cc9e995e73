"""What is done once a day, whatever the skills do."""

from __future__ import annotations

from contextlib import suppress

from tinyarms.core.errors import ConfigError, PromptError
from tinyarms.loop.housekeeping.prune import prune
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.reset_check import reset_if_due
from tinyarms.loop.watching.events import Event, event


def do_chores(context: Context) -> list[Event]:
    """Prune what is too old, and reset what is due (`reset_after_days`).

    What is to be told of it: a reset is found as every release is. Safe to repeat: done again it
    finds nothing to do.
    """
    pruned = prune(context)
    for name in context.project.skills:
        # A skill that cannot be used was told of when it was looked at.
        with suppress(ConfigError, PromptError):
            reset_if_due(context, name)
    if pruned.before is None or not pruned.rows:
        return []
    summary = f"{pruned.rows} rows from before {pruned.before:%Y-%m-%d} were pruned."
    counts = {name: n for name, n in vars(pruned).items() if name != "before" and n}
    return [event("pruned", "", pruned.before, context.clock(), summary, **counts)]
