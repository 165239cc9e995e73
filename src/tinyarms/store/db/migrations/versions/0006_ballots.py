"""Make arms with the same output one option of a ballot; store snoozes of users.

Several variants may share one position of a ballot, so the variant becomes the key of an option.
Equal outputs of unanswered ballots are merged; ballots with a vote stay as they were shown. Two new
indexes find the rows of named users.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OPTIONS = sa.table(
    "ballot_options",
    sa.column("ballot_id", sa.String()),
    sa.column("position", sa.Integer()),
    sa.column("variant_id", sa.String()),
    sa.column("output", sa.String()),
)


def upgrade() -> None:
    """Change the key of the options, merge waiting ballots, and make the table of snoozes."""
    _change_key()
    _merge_waiting()
    _index("ix_task_history_user", "task_history", ["user"])
    _index("ix_feedback_named", "feedback", ["skill", "standing", "settled_at"])
    op.create_table(
        "snoozes",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_snoozes")),
    )


def _change_key() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("pk_ballot_options", "ballot_options", type_="primary")
        op.create_primary_key("pk_ballot_options", "ballot_options", ["ballot_id", "variant_id"])
        return
    # SQLite cannot change a key. An alembic batch would write the constraints of the new table in
    # an order that differs between runs.
    op.create_table(
        "ballot_options_by_variant",
        sa.Column("ballot_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.String(), nullable=False),
        sa.Column("output", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("ballot_id", "variant_id", name="pk_ballot_options"),
        sa.ForeignKeyConstraint(
            ["ballot_id"], ["ballots.id"], name="fk_ballot_options_ballot_id_ballots"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["prompt_variants.id"],
            name="fk_ballot_options_variant_id_prompt_variants",
        ),
    )
    columns = [column.name for column in _OPTIONS.columns]
    into = sa.table("ballot_options_by_variant", *(sa.column(name) for name in columns))
    op.execute(sa.insert(into).from_select(columns, sa.select(_OPTIONS)))
    op.drop_table("ballot_options")
    op.rename_table("ballot_options_by_variant", "ballot_options")


def _index(name: str, table: str, columns: list[str]) -> None:
    """An index of the rows that name a user."""
    named = sa.column("user").is_not(None)
    op.create_index(name, table, columns, sqlite_where=named, postgresql_where=named)


def _merge_waiting() -> None:
    connection, votes = op.get_bind(), sa.table("votes", sa.column("ballot_id", sa.String()))
    waiting = _OPTIONS.c.ballot_id.not_in(sa.select(votes.c.ballot_id))
    order = (_OPTIONS.c.ballot_id, _OPTIONS.c.position)
    rows = connection.execute(sa.select(_OPTIONS).where(waiting).order_by(*order)).all()
    places: dict[str, dict[str | None, int]] = {}
    for row in rows:
        outputs = places.setdefault(row.ballot_id, {})
        position = outputs.setdefault(row.output, len(outputs))
        if position != row.position:
            here = (_OPTIONS.c.ballot_id == row.ballot_id) & (
                _OPTIONS.c.variant_id == row.variant_id
            )
            connection.execute(sa.update(_OPTIONS).where(here).values(position=position))
