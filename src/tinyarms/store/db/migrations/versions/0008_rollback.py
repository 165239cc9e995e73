"""Rename the cause of a release that replaced a worse version: `taken_back` becomes `rollback`."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INTENTS = sa.table("promotion_intents", sa.column("cause"))


def upgrade() -> None:
    """Rename the cause in all rows, also of releases that are not finished."""
    renamed = sa.update(_INTENTS).where(_INTENTS.c.cause == "taken_back").values(cause="rollback")
    op.execute(renamed)
