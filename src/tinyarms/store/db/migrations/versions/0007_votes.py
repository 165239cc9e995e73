"""Let a ballot take one vote that counts, and one vote of each user.

Until now a ballot took a single vote, even if that vote did not count.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COLUMNS = ("sequence", "id", "ballot_id", "answer", "position", "user", "excluded", "created_at")


def upgrade() -> None:
    """Replace the unique ballot of a vote by two unique indexes."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("uq_votes_ballot_id", "votes", type_="unique")
    else:
        _copy()
    op.create_index("ix_votes_ballot_id_user", "votes", ["ballot_id", "user"], unique=True)
    counts = sa.column("excluded").is_(None)
    op.create_index(
        "ix_votes_counted",
        "votes",
        ["ballot_id"],
        unique=True,
        sqlite_where=counts,
        postgresql_where=counts,
    )


def _copy() -> None:
    """SQLite cannot drop a constraint. An alembic batch would write the constraints of the new
    table in an order that differs between runs."""
    op.create_table(
        "votes_with_users",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("ballot_id", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("user", sa.String(), nullable=True),
        sa.Column("excluded", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballots.id"], name="fk_votes_ballot_id_ballots"),
        sa.PrimaryKeyConstraint("sequence", name="pk_votes"),
        sa.UniqueConstraint("id", name="uq_votes_id"),
    )
    old, new = (
        sa.table(name, *(sa.column(column) for column in _COLUMNS))
        for name in ("votes", "votes_with_users")
    )
    op.execute(sa.insert(new).from_select(_COLUMNS, sa.select(old)))
    op.drop_table("votes")
    op.rename_table("votes_with_users", "votes")
