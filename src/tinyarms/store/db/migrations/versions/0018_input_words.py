"""Keep from which inputs the words of a prompt's answers come."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_PROMPTS = ("prompt_variants", "prompt_versions", "prompt_candidates")


def upgrade() -> None:
    """Add the columns; the answers of prompts so far are made of any words."""
    for table in _PROMPTS:
        op.add_column(table, sa.Column("words_from", sa.JSON(), nullable=True))
    _searches_go_on_as_they_began()


def _searches_go_on_as_they_began() -> None:
    """Searches that have begun keep to their path, on which no prompt limits its words."""
    sessions = sa.table(
        "prompt_evolution_sessions", sa.column("id", sa.String()), sa.column("search", sa.JSON())
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(sessions)).all()
    for id, search in rows:
        if search is not None and "evolution" in search:
            search["evolution"]["input_words"] = False
            changed = sa.update(sessions).where(sessions.c.id == id).values(search=search)
            connection.execute(changed)


def downgrade() -> None:
    """Remove the columns."""
    for table in _PROMPTS:
        op.drop_column(table, "words_from")
