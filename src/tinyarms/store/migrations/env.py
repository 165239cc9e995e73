"""Alembic's entry: migrates the connection that `tinyarms.store.migrate` hands in."""

from alembic import context

from tinyarms.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
