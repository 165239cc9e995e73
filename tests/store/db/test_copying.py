"""A database that is copied into another one, of the other kind."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, create_engine, text

from tests.postgresql import Server, new_database
from tests.store.rows import SKILL, at, ballot, session, task, variant, vote
from tinyarms.core.errors import StoreError
from tinyarms.store.db import copying
from tinyarms.store.db.copying import copy_rows
from tinyarms.store.db.database import Store, open_store

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with new_database(postgresql) as url:
        yield url


@pytest.fixture
def used(sqlite_store: Store) -> Path:
    """A file with rows of every type of column."""
    with sqlite_store.unit_of_work(durable=True) as work:
        work.sessions.add(session())
        work.experiments.add_variants([variant("A"), variant("B")])
        work.experiments.add_ballot(ballot("b1"))
        work.experiments.add_vote(vote("v1", "b1"))
        work.tasks.add(task("t1", inputs={"text": "Grüße, 世界 🦩"}, latency_ms=0.1))
        work.memories.add(SKILL, "m1", ("e1",), bytes(range(256)), at(1))
        work.leases.acquire(SKILL, "somebody", timedelta(minutes=10))
    return Path(sqlite_store.where)


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return sorted(line for line in database.iterdump() if line.startswith("INSERT"))


def count(url: str, table: str) -> int | None:
    engine = create_engine(url)
    with engine.connect() as connection:
        found: int | None = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar()
    engine.dispose()
    return found


def has_tables(url: str) -> bool:
    query = "information_schema.tables WHERE table_schema = 'public'"
    return bool(count(url, query))


def test_there_and_back_again(used: Path, url: str, tmp_path: Path) -> None:
    there = copy_rows(used, url)
    assert (there.source, there.counts["votes"], there.counts["memories"]) == (str(used), 1, 1)
    assert set(there.counts.values()) == {0, 1, 2}
    back = copy_rows(url, tmp_path / "back.db")
    assert back.counts == there.counts
    assert dump(tmp_path / "back.db") == dump(used)


def test_numbers_go_on_after_those_that_were_copied(used: Path, url: str) -> None:
    copy_rows(used, url)
    store = open_store(url)
    with store.unit_of_work() as work:
        work.experiments.add_ballot(ballot("b2"))
        assert work.experiments.add_vote(vote("v2", "b2"))
    with store.read() as work:
        votes = [each for each, _ in work.experiments.votes(session().id)]
    assert [each.id for each in votes] == ["v1", "v2"]
    store.close()


def test_a_target_with_rows_is_refused(used: Path, url: str, tmp_path: Path) -> None:
    open_store(url).close()
    copy_rows(used, url)  # tables without rows are as good as none
    with pytest.raises(StoreError, match=r"is not empty: its table \w+ has rows"):
        copy_rows(used, url)
    before = dump(used)
    with pytest.raises(StoreError, match="is not empty"):
        copy_rows(url, used)
    assert dump(used) == before


def test_a_source_that_is_missing_or_of_another_schema(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError, match="there is no database to copy"):
        copy_rows(tmp_path / "missing.db", url)
    assert not (tmp_path / "missing.db").exists()
    with pytest.raises(StoreError, match="db upgrade"):
        copy_rows(url, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_what_the_target_cannot_hold_leaves_it_as_it_was(used: Path, url: str) -> None:
    with closing(sqlite3.connect(used)) as database:
        database.execute("UPDATE task_history SET output = 'a' || char(0) || 'b'")
        database.commit()
    with pytest.raises(StoreError, match=r"task_history cannot be copied: .*NUL"):
        copy_rows(used, url)
    assert not has_tables(url)


@pytest.mark.parametrize("to_server", [True, False])
def test_a_value_that_changes_on_its_way_is_noticed(
    used: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to_server: bool
) -> None:
    target = url if to_server else str(tmp_path / "copy.db")
    read, seen = copying.rows_of, list[str]()

    def changed(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
        """As a column of another precision would do."""
        is_target = table.name in seen
        seen.append(table.name)
        for rows in read(connection, table):
            if is_target and table.name == "task_history":
                rows[0]["latency_ms"] += 1e-9
            yield rows

    monkeypatch.setattr(copying, "rows_of", changed)
    if to_server:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE nothing (id int)"))
        engine.dispose()
    with pytest.raises(StoreError, match="not all are the same"):
        copy_rows(used, target)
    if to_server:
        assert count(url, "nothing") == 0
    else:
        assert not Path(target).exists()
