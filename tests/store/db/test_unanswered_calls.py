"""Schema 0004 removes failed calls from the answers that earlier versions stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text

from tests.store.db.first_schema.database import write_postgresql, write_sqlite
from tinyarms.store.db.database import open_store
from tinyarms.store.db.tables import metadata

EMPTY = {"text": "", "prompt_tokens": 0, "completion_tokens": 0, "latency_ms": 2000.0}


def spoil(url: str) -> dict[str, list[str]]:
    """Let calls of every session have failed. Gives the sessions' ids by their state before."""
    engine = create_engine(url)
    with engine.begin() as connection:
        rows = connection.execute(
            text("SELECT id, status, stage FROM prompt_evolution_sessions ORDER BY id")
        ).all()
        for row in rows:
            connection.execute(
                text(
                    "INSERT INTO evaluations (session_id, ordinal, key, purpose, prompt_hash, "
                    "example_id, reply, output, violation, score, cached, created_at) VALUES "
                    "(:id, 9000, 'k', 'search', 'p', 'e1', :empty, NULL, 'empty', 0, "
                    "false, '2024-09-15 10:00:00'), "
                    "(:id, 9001, 'k2', 'search', 'p', 'e2', :silent, NULL, 'empty', 0, "
                    "false, '2024-09-15 10:00:00')"
                ),
                {
                    "id": row.id,
                    "empty": json.dumps(EMPTY),
                    "silent": json.dumps(EMPTY | {"prompt_tokens": 20}),
                },
            )
            connection.execute(
                text(
                    "INSERT INTO model_calls (session_id, ordinal, key, operator, parents, reply, "
                    "verdict, created_at) VALUES (:id, 9002, 'w', 'op', '[]', :empty, NULL, "
                    "'2024-09-15 10:00:00')"
                ),
                {"id": row.id, "empty": json.dumps(EMPTY)},
            )
    engine.dispose()
    states: dict[str, list[str]] = {}
    for row in rows:
        open_search = (row.status, row.stage) == ("active", "searching")
        states.setdefault("open search" if open_search else "other", []).append(row.id)
    return states


@pytest.mark.slow
@pytest.mark.parametrize("server", ["sqlite", "postgresql"])
def test_failed_calls_are_no_answers_any_more(
    tmp_path: Path, server: str, request: pytest.FixtureRequest
) -> None:
    file = tmp_path / "tinyarms.db"
    write_sqlite(file)
    url = f"sqlite:///{file}"
    if server == "postgresql":
        address = make_url(request.getfixturevalue("postgresql_url"))
        engine = create_engine(address, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS unanswered_calls WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE unanswered_calls"))
        engine.dispose()
        address = address.set(database="unanswered_calls")
        url = address.render_as_string(hide_password=False)
        write_postgresql(url, file)
    sessions = spoil(url)
    assert sessions["open search"] and sessions["other"]
    store = open_store(url)
    with store.read() as work:
        connection = work.tasks._connection
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        for session_id in (*sessions["open search"], *sessions["other"]):
            session = work.sessions.get(session_id)
            assert work.calls.evaluation(session_id, 9000) is None
            silent = work.calls.evaluation(session_id, 9001)
            assert silent is not None and silent.score == 0  # a reply that came is an answer
            assert work.calls.writer(session_id, 9002) is None
            assert work.calls.cached("k", session.skill) is None
            moved = [(u.ordinal, u.example_id, u.kind) for u in work.calls.unanswered(session_id)]
            assert moved == [(9000, "e1", "failed"), (9002, None, "failed")]
        states = {i: work.sessions.get(i).state for i in sessions["open search"]}
        assert set(states.values()) == {"cancelled"}
        assert any(work.sessions.get(i).state != "cancelled" for i in sessions["other"])
    store.close()
