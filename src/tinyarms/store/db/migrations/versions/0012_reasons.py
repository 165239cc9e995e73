"""Keep why a judge did not give an output the best grade."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; evaluations so far have no reason."""
    op.add_column("evaluations", sa.Column("reason", sa.String(), nullable=True))
