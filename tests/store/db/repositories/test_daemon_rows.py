"""The daemon's rows: watches and events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.rows import NOW, SKILL, at
from tinyarms.core.errors import ConflictError
from tinyarms.store.db.database import Store
from tinyarms.store.db.records import EventRecord, WatchRecord

WATCH = WatchRecord(skill=SKILL, since=NOW, looked_at=NOW)
DROP = EventRecord(
    id="e1", skill=SKILL, kind="drop", summary="It dropped.", at=NOW, data={"accuracy": 0.6}
)


def test_a_watch_takes_the_place_of_the_one_before(store: Store) -> None:
    later = replace(WATCH, looked_at=at(5), failures=2, error="No model.", retry_at=at(15))
    with store.unit_of_work() as work:
        assert work.watches.get(SKILL) is None
        work.watches.put(WATCH)
        work.watches.put(later)
        work.watches.put(replace(WATCH, skill="other"))
    with store.read() as work:
        assert work.watches.get(SKILL) == later


def test_an_event_is_there_once_and_told_in_order(store: Store) -> None:
    second = replace(DROP, id="e0", kind="evolving", data={})
    with store.unit_of_work() as work:
        assert work.events.add(DROP)
        assert work.events.add(second)
        assert not work.events.add(replace(DROP, summary="Again."))
    with store.unit_of_work() as work:
        assert work.events.untold() == [DROP, second]
        assert work.events.known(["e1", "e9"]) == {"e1"}
        work.events.told("e1", at(1))
    with store.read() as work:
        assert work.events.untold() == [second]
        assert work.events.newest(5) == [replace(DROP, told_at=at(1)), second]
        assert work.events.newest(1, SKILL) == [second]
        assert work.events.newest(1, "other") == []


def test_what_is_not_there_cannot_be_told(store: Store) -> None:
    with pytest.raises(ConflictError, match="There is no event e1"), store.unit_of_work() as work:
        work.events.told("e1", NOW)
