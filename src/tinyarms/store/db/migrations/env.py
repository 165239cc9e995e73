"""Alembic's entry: migrates the connection that `tinyarms.store.db.migrate` hands in."""

from alembic import context

from tinyarms.store.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
