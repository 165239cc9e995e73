"""Keep the memories of prompts, and what each prompt takes from its memory."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_PROMPTS = ("prompt_variants", "prompt_versions", "prompt_candidates")


def upgrade() -> None:
    """Make the table and add the columns; prompts so far have no memory."""
    for table in _PROMPTS:
        op.add_column(table, sa.Column("retrieve", sa.JSON(), nullable=True))
    op.create_table(
        "memories",
        sa.Column("snapshot", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("example_ids", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("snapshot", "skill", name=op.f("pk_memories")),
    )
    _searches_go_on_without_one()


def _searches_go_on_without_one() -> None:
    """Searches that have begun keep to their path, on which no prompt has a memory."""
    sessions = sa.table(
        "prompt_evolution_sessions", sa.column("id", sa.String()), sa.column("search", sa.JSON())
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(sessions)).all()
    for id, search in rows:
        if search is not None and "evolution" in search:
            search["evolution"]["memory"] = False
            changed = sa.update(sessions).where(sessions.c.id == id).values(search=search)
            connection.execute(changed)
