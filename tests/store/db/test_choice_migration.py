"""Schema 0019 keeps whether a ballot has a choice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, create_engine, inspect, text

import tinyarms.store.db.migrate as migrate_module
from tests.postgresql import Server, new_database
from tests.store.rows import ballot, session, variant, vote
from tinyarms.store.db.database import open_store
from tinyarms.store.db.tables import metadata

BEFORE = "0018"
INDEXES_BEFORE = {"ix_ballots_session_id", "ix_ballots_skill_created_at"}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'tinyarms.db'}"
        return
    server: Server = request.getfixturevalue("postgresql")
    with new_database(server) as made:
        yield made


@pytest.mark.slow
def test_ballots_keep_their_choice_when_the_schema_goes_back_and_forth(url: str) -> None:
    asked = ballot("asked")
    same = tuple(replace(option, position=0) for option in asked.options)
    with closing(open_store(url)) as store:
        with store.unit_of_work() as work:
            work.sessions.add(session("s1"))
            work.experiments.add_variants([variant("A"), variant("B")])
            for stored in (asked, replace(asked, id="same", options=same), ballot("voted")):
                work.experiments.add_ballot(stored)
            work.experiments.add_vote(vote("v", "voted"))
        with store.read() as work:
            stored_ballots = work.experiments.ballots("s1")
    engine = create_engine(url)
    _go_back(engine)
    with closing(open_store(url)) as store, store.read() as work:
        assert work.experiments.ballots("s1") == stored_ballots
        assert work.experiments.agreement("s1") == (1, 2, asked.created_at)
        assert [each.id for each in work.experiments.waiting(asked.skill)] == ["asked"]
        assert work.experiments.votes_on(["voted"]) == [vote("v", "voted")]
    with engine.connect() as connection:
        assert _indexes(connection) == {index.name for index in metadata.tables["ballots"].indexes}
    engine.dispose()


def _go_back(engine: Engine) -> None:
    """To the schema before, with its indexes and without the column."""
    config = migrate_module._config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, BEFORE)
        columns = {column["name"] for column in inspect(connection).get_columns("ballots")}
        assert "has_choice" not in columns
        assert _indexes(connection) == INDEXES_BEFORE
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        assert version == BEFORE


def _indexes(connection: Connection) -> set[str | None]:
    return {index["name"] for index in inspect(connection).get_indexes("ballots")}
