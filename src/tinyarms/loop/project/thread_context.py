"""An open project for a search that runs beside others of the same process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tinyarms.loop.project.context import Context
from tinyarms.loop.project.own_scorers import OwnScorers
from tinyarms.loop.project.turns import Turns


@contextmanager
def thread_context(context: Context, turns: Turns) -> Iterator[Context]:
    """The same project, store and models, for one thread.

    What a search reads and remembers of the project is its own: another one that reads the files
    again changes nothing under it.
    """
    scorers = OwnScorers()
    own = replace(
        context,
        notices=[],
        prompt_cache={},
        concluding=set(),
        gold_examples={},
        synced_examples={},
        _model_settings={},
        turns=turns,
        _own_scorers=scorers,
    )
    own.__dict__["standby"] = context.standby  # one for a process
    try:
        yield own
    finally:
        scorers.close()
