"""Keep sums of what the tasks of each day used, and find the ballots of the last days."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index, and the table with the sums of the tasks that are there."""
    op.create_index(op.f("ix_ballots_skill_created_at"), "ballots", ["skill", "created_at"])
    op.create_table(
        "task_usage",
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("day", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=False),
        sa.Column("latency_ms", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("skill", "model", "day", name=op.f("pk_task_usage")),
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    day = (
        "substr(created_at, 1, 10) || ' 00:00:00.000000'"
        if on_sqlite
        else "date_trunc('day', created_at, 'UTC')"
    )
    op.execute(
        "INSERT INTO task_usage (skill, model, day, tasks, prompt_tokens, completion_tokens, "
        f"latency_ms) SELECT skill, coalesce(model, ''), {day}, count(*), "
        "coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0), "
        "coalesce(sum(latency_ms), 0) FROM task_history GROUP BY 1, 2, 3"
    )
