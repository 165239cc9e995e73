"""Bring a database to the newest schema. Alembic is loaded only where there is something to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from tinyarms.core.errors import StoreError
from tinyarms.store.db.dialects import one_at_a_time

HEAD = "0002"
"""The newest revision under `migrations/versions`."""


def schema_of(connection: Connection) -> str | None:
    """The revision of the database; `None` for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def migrate(connection: Connection, where: str) -> None:
    """Upgrade inside the caller's unit of work. Raises `StoreError` for a newer schema."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    one_at_a_time(connection, "migrate")
    found = schema_of(connection)
    if found == HEAD:
        return
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"{where}: its schema {found} is newer than this tinyArms ({HEAD}).",
            "Upgrade tinyarms, or name another database.",
        )
    command.upgrade(config, "head")
