"""Number the owners of a lease, so that a process that lost it cannot write any more."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the lease of an earlier version, if one is held, has the number 0."""
    op.add_column(
        "leases", sa.Column("token", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    with op.batch_alter_table("leases") as batch:
        batch.alter_column("token", server_default=None)
