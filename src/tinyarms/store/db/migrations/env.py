"""Alembic's entry: migrates the connection given by `tinyarms.store.db.migrate`."""

from alembic import context

from tinyarms.store.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
