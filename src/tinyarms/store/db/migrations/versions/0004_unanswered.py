"""Store failed calls separately from evaluations, and allow an output without a score.

Until now a failed call was stored as an empty reply with the score 0. These rows move to
`unanswered_calls`, so that no search or gate reads them as answers. An open search that has used
these scores is cancelled; the next search finds the real replies in the cache. An interrupted
offline gate is cancelled too, because gates now call in another order. An open live test continues,
because users judge it too.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FAILURES_COUNTED = "An earlier version took calls that failed for wrong answers: begin anew."
_GATE_CHANGED = "The offline gate was interrupted in an earlier version: begin anew."

_sessions = sa.table(
    "prompt_evolution_sessions",
    sa.column("id", sa.String()),
    sa.column("state", sa.String()),
    sa.column("status", sa.String()),
    sa.column("stage", sa.String()),
    sa.column("completed_at", sa.DateTime(timezone=True)),
    sa.column("findings", sa.JSON(none_as_null=True)),
)
_variants = sa.table(
    "prompt_variants", sa.column("session_id", sa.String()), sa.column("status", sa.String())
)
_evaluations = sa.table(
    "evaluations",
    sa.column("session_id", sa.String()),
    sa.column("ordinal", sa.Integer()),
    sa.column("key", sa.String()),
    sa.column("purpose", sa.String()),
    sa.column("example_id", sa.String()),
    sa.column("reply", sa.JSON(none_as_null=True)),
    sa.column("created_at", sa.DateTime(timezone=True)),
)
_writer_calls = sa.table(
    "model_calls",
    *(sa.column(c.name, c.type) for c in _evaluations.c if c.name not in ("purpose", "example_id")),
)


def upgrade() -> None:
    """Make the table, allow missing scores, and move the failed calls."""
    unanswered = op.create_table(
        "unanswered_calls",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("example_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["prompt_evolution_sessions.id"],
            name=op.f("fk_unanswered_calls_session_id_prompt_evolution_sessions"),
        ),
        sa.PrimaryKeyConstraint("session_id", "ordinal", name=op.f("pk_unanswered_calls")),
    )
    with op.batch_alter_table("evaluations") as table:
        table.alter_column("score", existing_type=sa.Float(), nullable=True)
    for calls in (_evaluations, _writer_calls):
        _move(calls, unanswered)

    gates = sa.select(_evaluations.c.session_id).where(_evaluations.c.purpose == "test")
    for session_id in op.get_bind().execute(gates.distinct()).scalars().all():
        _cancel_search(session_id, _GATE_CHANGED)


def _move(calls: sa.TableClause, unanswered: sa.Table) -> None:
    """Move the failed calls of one table, and cancel the open searches that have used them."""
    connection, reply = op.get_bind(), calls.c.reply
    failed = (
        reply["text"].as_string() == "",
        reply["prompt_tokens"].as_integer() == 0,
        reply["completion_tokens"].as_integer() == 0,
    )
    rows = connection.execute(sa.select(calls).where(*failed)).mappings().all()
    if not rows:
        return
    connection.execute(sa.insert(unanswered), [_unanswered(row) for row in rows])
    connection.execute(sa.delete(calls).where(*failed))
    for session_id in {row["session_id"] for row in rows}:
        _cancel_search(session_id, _FAILURES_COUNTED)


def _unanswered(row: sa.RowMapping) -> dict[str, Any]:
    return {
        "session_id": row["session_id"],
        "ordinal": row["ordinal"],
        "key": row["key"],
        "example_id": row.get("example_id"),
        "kind": "failed",
        "reason": "",
        "created_at": row["created_at"],
    }


def _cancel_search(session_id: str, reason: str) -> None:
    """Cancel the session if its live test has not begun."""
    connection, sessions = op.get_bind(), _sessions
    is_waiting = (sessions.c.id == session_id) & sessions.c.state.in_(["searching", "ready"])
    row = connection.execute(sa.select(sessions).where(is_waiting)).mappings().one_or_none()
    if row is None:
        return
    findings = {**row["findings"], "decision": {"reason": reason}}
    columns = {"state": "cancelled", "status": "cancelled", "stage": "done"}
    values = {**columns, "completed_at": datetime.now(UTC), "findings": findings}
    connection.execute(sa.update(sessions).where(is_waiting).values(values))
    archived = sa.update(_variants).where(_variants.c.session_id == session_id)
    connection.execute(archived.values(status="archived"))
