"""What has to be true of a project after its disk has failed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from tests.loop.place import SKILL, Place
from tinyarms.core.errors import TinyArmsError
from tinyarms.loop.housekeeping.database_check import check_database

_QUERIES = {
    "vote": "SELECT 1 FROM votes WHERE id = ?",
    "feedback": "SELECT 1 FROM feedback WHERE id = ?",
    "version": f"SELECT 1 FROM prompt_history WHERE skill = '{SKILL}' AND version = ?",
}


def lost(root: Path, acknowledged: Iterable[str]) -> Iterator[str]:
    """What was acknowledged and is not stored."""
    with closing(sqlite3.connect(root / "tinyarms.db")) as database:
        for each in acknowledged:
            kind, name = each.split()
            if database.execute(_QUERIES[kind], (name,)).fetchone() is None:
                yield each


def faults(root: Path, acknowledged: Iterable[str]) -> list[str]:
    """Open the project as a new process does, and check it: what is wrong."""
    place = Place(root)
    try:
        place.open()
        place.close()
        found = [f"lost: {each}" for each in lost(root, acknowledged)]
        check = check_database(root, {})
        found += [f"{each.about}: {each.message}" for each in check.findings if not each.ok]
    except (TinyArmsError, sqlite3.Error) as error:
        return [f"does not open: {error}"]
    return found
