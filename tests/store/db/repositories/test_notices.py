from __future__ import annotations

from typing import Any

import pytest

from tests.store.rows import SKILL, at
from tinyarms.store.db.database import Store
from tinyarms.store.db.records import NoticeRecord


def notice(event_id: str, minutes: float, **changes: Any) -> NoticeRecord:
    given: dict[str, Any] = {
        "event_id": event_id,
        "channel": "ear",
        "skill": SKILL,
        "kind": "promoted",
        "at": at(minutes),
        "data": {"version": 2},
    }
    return NoticeRecord(**given | changes)


@pytest.mark.slow
def test_each_event_waits_once_on_each_channel_until_it_is_sent(store: Store) -> None:
    first, second, other = notice("e1", 1), notice("e2", 0), notice("e1", 1, channel="eye")
    with store.unit_of_work() as work:
        for each in (first, second, other, notice("e1", 9)):
            work.notices.add(each)
        assert work.notices.waiting("ear") == [second, first]
        work.notices.tried("ear", ["e1", "e2"], "m1", at(2))
        assert work.notices.messages("ear", at(0), at(1)) == 1
        assert work.notices.messages("ear", at(0), at(2)) == 0
        work.notices.sent("ear", "m1", at(3))
    with store.read() as work:
        assert work.notices.waiting("ear") == []
        assert work.notices.waiting("eye") == [other]
        assert work.notices.messages("ear", at(2), at(9)) == 1
        assert work.notices.messages("ear", at(3), at(9)) == 0


@pytest.mark.slow
def test_forgetting(store: Store) -> None:
    with store.unit_of_work() as work:
        work.notices.add(notice("e1", 0))
        work.notices.add(notice("e2", 1))
        work.notices.forget(at(1))
        assert [each.event_id for each in work.notices.waiting("ear")] == ["e2"]
