"""Bring a database to the newest schema. Alembic is loaded only if the schema is not current."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, inspect, select, text

from tinyarms.core.errors import NewerSchema
from tinyarms.store.db.dialects import one_migration_at_a_time
from tinyarms.store.db.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0019"
"""The newest revision under `migrations/versions`."""
MIGRATIONS = Path(__file__).parent / "migrations"

_ALEMBIC = threading.Lock()
"""Alembic keeps the running migration in variables of the process: one at a time."""

SchemaState = Literal["empty", "behind", "current", "newer"]
"""How a database's schema compares with this program's."""


def schema_of(connection: Connection) -> str | None:
    """The revision of the database; `None` for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    query = text("SELECT version_num FROM alembic_version")
    revision: str | None = connection.execute(query).scalar()
    return revision


def state_of(schema: str | None) -> SchemaState:
    """How a database's revision compares with this program's; `None` means no schema."""
    if schema is None:
        return "empty"
    if schema == HEAD:
        return "current"
    return "behind" if schema in _revisions() else "newer"


def is_worth_a_backup(connection: Connection) -> bool:
    """Whether an upgrade would change rows."""
    return state_of(schema_of(connection)) == "behind" and has_rows(connection)


def has_rows(connection: Connection) -> bool:
    """Whether any table of the store has a row."""
    tables = set(inspect(connection).get_table_names())
    return any(
        connection.execute(select(1).select_from(table).limit(1)).first() is not None
        for table in metadata.sorted_tables
        if table.name in tables
    )


def migrate(connection: Connection, where: str) -> None:
    """Upgrade inside the caller's unit of work. Raises `NewerSchema`."""
    from alembic import command

    one_migration_at_a_time(connection)
    schema = schema_of(connection)
    state = state_of(schema)
    if state == "current":
        return
    if state == "newer":
        raise newer_schema(where, schema)
    config = _config()
    config.attributes["connection"] = connection
    with _ALEMBIC:
        command.upgrade(config, "head")


def newer_schema(where: str, schema: str | None) -> NewerSchema:
    """The error of a database that a newer tinyArms has upgraded."""
    return NewerSchema(
        f"{where}: its schema {schema} is newer than this tinyArms ({HEAD}).",
        "Upgrade tinyarms, or name another database.",
    )


def _revisions() -> set[str]:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    return {script.revision for script in scripts.walk_revisions()}


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
