"""Restrict collected examples to searches, and store the user that each came from.

Collected examples in `selection` or `test` move to `search`. Sessions that began with them drop
them, so that no session reads an example in another split than it began with. `user` is the user of
the newest correction of a task with the same inputs.
"""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_EXAMPLES = sa.table(
    "examples",
    *map(sa.column, ("skill", "id", "split", "origin", "user")),
    sa.column("row", sa.JSON),
)
_TASKS = sa.table(
    "task_history", *map(sa.column, ("id", "skill", "user")), sa.column("inputs", sa.JSON)
)
_FEEDBACK = sa.table(
    "feedback", *map(sa.column, ("id", "task_id", "correction", "user", "created_at"))
)
_SESSIONS = sa.table(
    "prompt_evolution_sessions", *map(sa.column, ("id", "skill")), sa.column("search", sa.JSON)
)


def upgrade() -> None:
    """Add the columns, move the collected examples, and set their users."""
    op.add_column("examples", sa.Column("user", sa.String(), nullable=True))
    op.add_column("examples", sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
    connection = op.get_bind()
    query = sa.select(_EXAMPLES).where(_EXAMPLES.c.origin == "collected")
    collected = connection.execute(query).all()
    if not collected:
        return
    users = _users()
    moved: dict[str, set[str]] = {}
    for example in collected:
        if example.split != "search":
            moved.setdefault(example.skill, set()).add(example.id)
        connection.execute(
            sa.update(_EXAMPLES)
            .where(_EXAMPLES.c.skill == example.skill, _EXAMPLES.c.id == example.id)
            .values(
                split="search",
                row={**example.row, "split": "search"},
                user=users.get((example.skill, _key(example.row["inputs"]))),
            )
        )
    _forget(moved)


def _users() -> dict[tuple[str, str], str | None]:
    """(skill, inputs) → the user who last corrected a task with these inputs."""
    query = (
        sa.select(
            _TASKS.c.skill,
            _TASKS.c.inputs,
            sa.func.coalesce(_FEEDBACK.c.user, _TASKS.c.user).label("user"),
        )
        .join(_FEEDBACK, _FEEDBACK.c.task_id == _TASKS.c.id)
        .where(_FEEDBACK.c.correction.is_not(None))
        .order_by(_FEEDBACK.c.created_at, _FEEDBACK.c.id)
    )
    rows = op.get_bind().execute(query)
    return {(row.skill, _key(row.inputs)): row.user for row in rows}


def _forget(moved: Mapping[str, set[str]]) -> None:
    """Remove the moved examples from the sessions that began with them."""
    connection = op.get_bind()
    for session in connection.execute(sa.select(_SESSIONS)).all():
        out = moved.get(session.skill, set())
        ids = (session.search or {}).get("example_ids")
        if ids and not out.isdisjoint(ids):
            kept = [id for id in ids if id not in out]
            changed = sa.update(_SESSIONS).where(_SESSIONS.c.id == session.id)
            connection.execute(changed.values(search={**session.search, "example_ids": kept}))


def _key(inputs: Mapping[str, Any]) -> str:
    return json.dumps(inputs, sort_keys=True)
