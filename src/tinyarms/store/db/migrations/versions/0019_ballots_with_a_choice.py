"""Keep whether a ballot has a choice, and find those of a session in their order."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_BY_SESSION = "ix_ballots_session_id_has_choice_created_at"
_BY_SKILL = "ix_ballots_skill_created_at_has_choice"
_BEFORE = {
    "ix_ballots_session_id": ["session_id"],
    "ix_ballots_skill_created_at": ["skill", "created_at"],
}


def upgrade() -> None:
    """Add the column: outputs that differ stand at several positions."""
    op.add_column(
        "ballots", sa.Column("has_choice", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    # Read once, as a list: there may be many ballots.
    op.execute(
        "UPDATE ballots SET has_choice = true "
        "WHERE id IN (SELECT ballot_id FROM ballot_options WHERE position > 0)"
    )
    if op.get_bind().dialect.name == "postgresql":  # SQLite cannot take a default back
        op.alter_column("ballots", "has_choice", server_default=None)
    for name in _BEFORE:
        op.drop_index(name, "ballots")
    op.create_index(_BY_SESSION, "ballots", ["session_id", "has_choice", "created_at"])
    op.create_index(_BY_SKILL, "ballots", ["skill", "created_at", "has_choice"])


def downgrade() -> None:
    """Remove the column; the indexes are those of before."""
    for name in (_BY_SESSION, _BY_SKILL):
        op.drop_index(name, "ballots")
    for name, columns in _BEFORE.items():
        op.create_index(name, "ballots", columns)
    op.drop_column("ballots", "has_choice")
