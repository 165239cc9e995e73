"""What is done once a day, whatever the skills do."""

from __future__ import annotations

from tinyarms.loop.context import Context
from tinyarms.store.records import EventRecord


def do_chores(context: Context) -> list[EventRecord]:
    """Do them; what is to be told of it. Safe to repeat: done again it finds nothing to do."""
    return []
