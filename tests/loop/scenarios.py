"""The actions of the processes that tests kill. Each project is prepared for its action."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

from tests.loop.place import BEGIN, SKILL, Place
from tinyarms.loop.housekeeping import prune as pruning
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.reset_check import reset_if_due
from tinyarms.loop.releasing.restore import reset, rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.testing.review import promote
from tinyarms.loop.testing.votes import vote

ACTS: Mapping[str, Callable[[Context], object]] = {
    "promote by hand": lambda context: promote(context, SKILL, "A"),
    "roll back by hand": lambda context: rollback(context, SKILL),
    "reset by hand": lambda context: reset(context, SKILL),
    "adopt an edited file": lambda context: active_version(context, SKILL),
    "roll back a worse promotion": lambda context: conclude_due(context, SKILL),
    "reset by the setting": lambda context: reset_if_due(context, SKILL),
    "prune": pruning.prune,
}


def act(root: Path, name: str, now: str = BEGIN.isoformat(), batch: str = "") -> None:
    """Open the project at this time, and do what has this name. `batch`: rows to prune at once."""
    if batch:
        pruning.BATCH = int(batch)
    place = Place(root)
    place.moment.now = datetime.fromisoformat(now)
    ACTS[name](place.open())
    place.close()


def give_vote(root: Path, ballot: str, letter: str, vote_id: str) -> None:
    place = Place(root)
    vote(place.open(), ballot, letter, vote_id=vote_id)
    place.close()


def intents(root: Path, state: str = "%") -> list[str]:
    """The ids of the releases that were begun, in this state: `intent`, `done` or `%` for both."""
    return _ids(root, "SELECT id FROM promotion_intents WHERE state LIKE ?", state)


def is_stored(root: Path, vote_id: str) -> bool:
    return _ids(root, "SELECT id FROM votes WHERE id = ?", vote_id) != []


def _ids(root: Path, query: str, value: str) -> list[str]:
    with closing(sqlite3.connect(root / "tinyarms.db")) as database:
        return [row[0] for row in database.execute(query, (value,))]
