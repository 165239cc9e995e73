"""Keep the verbalizers of prompts: what the words that the model lists tell about the labels."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_PROMPTS = ("prompt_variants", "prompt_versions", "prompt_candidates")


def upgrade() -> None:
    """Add the columns; prompts so far have no verbalizer."""
    for table in _PROMPTS:
        op.add_column(table, sa.Column("verbalizer", sa.JSON(), nullable=True))
    _searches_go_on_without_one()


def _searches_go_on_without_one() -> None:
    """Searches that have begun keep to their path, on which no prompt has a verbalizer."""
    sessions = sa.table(
        "prompt_evolution_sessions", sa.column("id", sa.String()), sa.column("search", sa.JSON())
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(sessions)).all()
    for id, search in rows:
        if search is not None and "evolution" in search:
            search["evolution"]["verbalizer"] = False
            changed = sa.update(sessions).where(sessions.c.id == id).values(search=search)
            connection.execute(changed)


def downgrade() -> None:
    """Remove the columns."""
    for table in _PROMPTS:
        op.drop_column(table, "verbalizer")
