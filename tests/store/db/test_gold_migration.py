"""Schema 0005 moves collected examples to `search`, with the user who made the correction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, insert, make_url, text

import tinyarms.store.db.migrate as migrate_module
from tests.store.rows import session
from tinyarms.store.db.database import Store, open_store
from tinyarms.store.db.records import SessionRecord
from tinyarms.store.db.tables import sessions

NOW = datetime(2024, 9, 15, tzinfo=UTC)
SKILL, OTHER = "feeling", "weather"
COLLECTED = {"one": "test", "two": "selection", "three": "search"}
"""Text of the collected examples and the split that each has before."""
CORRECTIONS = (
    # number, skill, text, whose feedback, whose task, correction
    (1, SKILL, "one", "ann", None, "good"),
    (2, SKILL, "one", None, "bob", "good"),
    (3, SKILL, "two", None, None, "good"),
    (4, SKILL, "three", "cleo", None, "good"),
    (5, OTHER, "three", "dora", None, "good"),
    (6, SKILL, "three", "eve", None, None),
)


def example(skill: str, word: str, split: str, origin: str) -> dict[str, Any]:
    row = {"id": word, "inputs": {"text": word}, "expected": "good"}
    columns = {"split": split, "origin": origin}
    return {"skill": skill, "id": word, "created_at": NOW, "row": row | columns, **columns}


def plain_session(record: SessionRecord) -> dict[str, Any]:
    """The columns of a session that a search has begun with all examples."""
    needed = {
        "id": record.id,
        "skill": SKILL,
        "original_prompt_hash": "hash",
        "triggered_at": NOW,
        "trigger_reason": "manual",
        "status": "active",
        "stage": "searching",
        "base_version": 1,
        "optimizer": "promptbreeder",
        "seed": 0,
        "preset": "default",
        "author": "writer",
        "state": "searching",
        "findings": {},
    }
    kind = sessions.c.search.type
    dumped = kind.process_bind_param(record.search, None)
    ids = {"example_ids": ["gold", "one", "three", "two"]}
    return needed | {"search": dumped | ids}


def write_schema_0003(url: str) -> None:
    """A database of the code before: gold, collected examples and a search that read them."""
    engine = create_engine(url)
    config = Config()
    folder = Path(str(migrate_module.__file__)).parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    examples = [example(SKILL, word, split, "collected") for word, split in COLLECTED.items()]
    examples += [example(SKILL, "gold", "test", "gold"), example(OTHER, "one", "test", "gold")]
    tasks, feedback = [], []
    for number, skill, word, user, task_user, correction in CORRECTIONS:
        task = {"id": f"t{number}", "skill": skill, "inputs": {"text": word}, "user": task_user}
        tasks.append(task | {"created_at": NOW})
        at = NOW + timedelta(hours=number)
        about = {"id": f"f{number}", "task_id": f"t{number}", "created_at": at}
        feedback.append(about | {"user": user, "correction": correction})
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        tables = MetaData()
        tables.reflect(connection)
        for name, rows in (
            ("examples", examples),
            ("task_history", tasks),
            ("feedback", feedback),
            ("prompt_evolution_sessions", [plain_session(session("s1", skill=SKILL))]),
        ):
            connection.execute(insert(tables.tables[name]), rows)
    engine.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def migrated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('gold') / 'tinyarms.db'}"
        write_schema_0003(url)
        store = open_store(url)
        yield store
        store.close()
        return
    server = make_url(request.getfixturevalue("postgresql_url"))
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE gold"))
    url = server.set(database="gold").render_as_string(hide_password=False)
    write_schema_0003(url)
    store = open_store(url)
    yield store
    store.close()
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE gold WITH (FORCE)"))
    engine.dispose()


@pytest.mark.slow
def test_collected_examples_move_to_search_and_gold_stays(migrated: Store) -> None:
    with migrated.read() as work:
        found = {e.id: (e.origin, e.split) for e in work.examples.all(SKILL)}
        [gold] = work.examples.all(OTHER)
    assert found == dict.fromkeys(COLLECTED, ("collected", "search")) | {"gold": ("gold", "test")}
    assert (gold.origin, gold.split) == ("gold", "test")


@pytest.mark.slow
def test_the_newest_correction_says_whose_it_is(migrated: Store) -> None:
    with migrated.read() as work:
        users = {record.example.id: record.user for record in work.examples.records(SKILL)}
        reviewed = [record.reviewed_at for record in work.examples.records(SKILL)]
    assert users == {"one": "bob", "two": None, "three": "cleo", "gold": None}
    assert reviewed == [None] * 4


@pytest.mark.slow
def test_a_search_forgets_what_has_moved(migrated: Store) -> None:
    with migrated.read() as work:
        found = work.sessions.get("s1")
    assert found.search_plan.example_ids == ("gold", "three")
