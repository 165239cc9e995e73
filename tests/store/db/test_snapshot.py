from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.rows import SKILL, task
from tinyarms.core.errors import StoreError
from tinyarms.store.db.database import Store
from tinyarms.store.db.snapshot import Snapshot, empty_snapshot


def test_a_snapshot_shows_one_moment_and_takes_nothing(sqlite_store: Store) -> None:
    with sqlite_store.unit_of_work() as work:
        work.tasks.add(task("t1"))
    with sqlite_store.read() as work:
        snapshot = Snapshot(work, "here")
        with snapshot.read() as inner:
            assert inner.tasks.count(SKILL) == 1
        assert snapshot.read_only and not sqlite_store.read_only
        with pytest.raises(StoreError, match="here"):
            snapshot.unit_of_work()
        with pytest.raises(StoreError, match="here"):
            snapshot.write_soon(lambda work: None)
        assert work.moments.newest(SKILL) == work.tasks.get("t1").created_at  # type: ignore[union-attr]
        assert work.moments.newest("another") is None


def test_an_empty_snapshot_is_in_memory(tmp_path: Path) -> None:
    with empty_snapshot() as snapshot, snapshot.read() as work:
        assert work.tasks.count(SKILL) == 0
        assert work.examples.records(SKILL) == []
