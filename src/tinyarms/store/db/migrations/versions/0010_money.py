"""Keep what a session's calls cost when the calls are pruned."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the cost of calls that are pruned already is not known."""
    for role in ("task", "writer", "judge"):
        op.add_column("call_counts", sa.Column(f"{role}_money", sa.Float(), nullable=True))
