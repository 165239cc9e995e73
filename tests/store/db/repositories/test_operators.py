from __future__ import annotations

from dataclasses import replace

from tests.store.rows import SKILL, at, session
from tinyarms.store.db.database import Store
from tinyarms.store.db.records import OperatorRecord, SessionState


def found(session_id: str, operator: str = "rewrite", **changes: int) -> OperatorRecord:
    record = OperatorRecord(
        session_id=session_id,
        operator=operator,
        proposals=3,
        accepted=2,
        rejected={"too_similar": 1},
        beat_parent=1,
        mutation_prompts={"Said slowly": 1},
        sentences={"Grüße.": 1},
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def test_what_is_put_again_replaces_what_was_there(store: Store) -> None:
    with store.unit_of_work() as work:
        work.sessions.add(session())
        work.operators.put(found("s1"))
        work.operators.put(found("s1", "combine"))
        work.operators.put(found("s1", proposals=9))
    with store.read() as work:
        assert work.operators.all("s1") == [found("s1", "combine"), found("s1", proposals=9)]
        assert work.operators.all("s2") == []


def test_of_other_skills_the_newest_search_that_has_ended(store: Store) -> None:
    with store.unit_of_work() as work:
        for id, skill, minute, state in (
            ("s1", SKILL, 9, SessionState.KEPT),
            ("s2", "audio", 1, SessionState.KEPT),
            ("s3", "audio", 2, SessionState.TESTING),
            ("s4", "audio", 3, SessionState.SEARCHING),
            ("s6", "audio", 4, SessionState.READY),
            ("s5", "diffs", 1, SessionState.NOTHING_BETTER),
        ):
            work.sessions.add(session(id, skill=skill, triggered_at=at(minute), state=state))
            work.operators.put(found(id))
        work.operators.put(found("s3", "combine"))
    with store.read() as work:
        assert work.operators.of_other_skills(SKILL) == [
            ("audio", found("s3", "combine")),
            ("audio", found("s3")),
            ("diffs", found("s5")),
        ]
