from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

import tinyarms.store.db.migrate as migrate_module
from tests.store.rows import SKILL
from tinyarms.core.errors import NewerSchema, StoreError
from tinyarms.store.db.database import Store, open_store
from tinyarms.store.db.migrate import HEAD, schema_of
from tinyarms.store.db.tables import metadata


def _scripts() -> ScriptDirectory:
    config = Config()
    folder = Path(str(migrate_module.__file__)).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    return ScriptDirectory.from_config(config)


def test_head_is_the_newest_revision() -> None:
    assert _scripts().get_current_head() == HEAD


@pytest.mark.slow
def test_migrations_make_the_tables_that_the_code_has(store: Store) -> None:
    with store.read() as uow:
        connection = uow.tasks._connection
        assert schema_of(connection) == HEAD
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            "prompt_evolution_sessions",
            "id skill original_prompt_hash triggered_at trigger_reason status completed_at",
        ),
        (
            "prompt_variants",
            "id session_id variant_letter prompt_template reasoning votes accuracy",
        ),
        (
            "ab_test_results",
            "id session_id variant_id task_id user_choice task_success created_at",
        ),
        (
            "prompt_history",
            "id skill version prompt_template_path active_from active_to accuracy_start "
            "accuracy_end evolution_source notes",
        ),
        (
            "prompt_candidates",
            "variant_id skill_name prompt_text generation parent_id mutation_type "
            "fitness_score created_at",
        ),
    ],
)
def test_the_tables_of_the_original_design_keep_their_columns(
    store: Store, table: str, columns: str
) -> None:
    with store.read() as uow:
        found = {column["name"] for column in inspect(uow.tasks._connection).get_columns(table)}
    assert set(columns.split()) <= found


@pytest.mark.slow
def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "tinyarms.db"
    open_store(path).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerSchema, match="9999 is newer") as caught:
        open_store(path)
    assert "Upgrade tinyarms" in caught.value.hint
    assert caught.value.exit_code == 2  # The service is not started again and again.
    with engine.connect() as connection:
        assert schema_of(connection) == "9999"
    engine.dispose()


@pytest.mark.slow
def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "tinyarms.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE votes (mine TEXT)"))
    with pytest.raises(StoreError, match="votes already exists"):
        open_store(path)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["votes"]
    engine.dispose()


@pytest.mark.slow
def test_threads_migrate_several_databases_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(open_store, (tmp_path / f"{n}.db" for n in range(4))))
    for store in stores:
        with store.read() as work:
            assert work.tasks.count(SKILL) == 0
        store.close()
