"""Replace the untyped JSON of sessions, releases and trigger readings by typed columns.

`settings` of a session splits into `preset`, `author`, `state`, `search`, `live_test` and
`findings`. `plan` of an intent keeps what will be written; its reason moves to new columns.
"""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SESSIONS, _INTENTS = "prompt_evolution_sessions", "promotion_intents"
_Row = Mapping[str, Any]


def upgrade() -> None:
    """Read the rows, change the columns, and write the rows in the new form."""
    with_variants = _column("SELECT DISTINCT session_id FROM prompt_variants")
    _convert(
        _SESSIONS,
        read=("status", "stage", "result", "optimizer", "settings", "trigger_numbers"),
        dropped=("settings", "trigger_numbers"),
        added=(
            sa.Column("preset", sa.String(), nullable=False, server_default="default"),
            sa.Column("author", sa.String(), nullable=False, server_default="writer"),
            sa.Column("state", sa.String(), nullable=False, server_default="cancelled"),
            sa.Column("trigger_numbers", _json(), nullable=True),
            sa.Column("search", _json(), nullable=True),
            sa.Column("live_test", _json(), nullable=True),
            sa.Column("findings", _json(), nullable=False, server_default="{}"),
        ),
        convert=lambda row: _session(row, row["id"] in with_variants),
    )
    _convert(
        _INTENTS,
        read=("kind", "plan"),
        dropped=(),
        added=(
            sa.Column("cause", sa.String(), nullable=False, server_default=""),
            sa.Column("evidence", sa.String(), nullable=False, server_default=""),
            sa.Column("reason", sa.String(), nullable=False, server_default=""),
            sa.Column("source", sa.String(), nullable=False, server_default=""),
            sa.Column("variant", _json(), nullable=True),
            sa.Column("restored", sa.Integer(), nullable=True),
            sa.Column("holdback", _json(), nullable=True),
        ),
        convert=_intent,
    )


def _convert(
    table: str,
    *,
    read: tuple[str, ...],
    dropped: tuple[str, ...],
    added: tuple[sa.Column[Any], ...],
    convert: Callable[[_Row], dict[str, Any]],
) -> None:
    connection = op.get_bind()
    old = _table(table, *(sa.column(name, _types().get(name)) for name in read))
    rows = [dict(row) for row in connection.execute(sa.select(old)).mappings()]
    for name in dropped:
        op.drop_column(table, name)
    for column in added:
        op.add_column(table, column)
    kept = [sa.column(name, _types().get(name)) for name in read if name not in dropped]
    new = _table(table, *kept, *(sa.column(column.name, column.type) for column in added))
    for row in rows:
        changed = sa.update(new).where(new.c.id == row["id"]).values(convert(row))
        connection.execute(changed)
    if connection.dialect.name == "postgresql":  # SQLite cannot take a default back
        for column in added:
            if column.server_default is not None:
                op.alter_column(table, column.name, server_default=None)


def _session(row: _Row, has_variants: bool) -> dict[str, Any]:
    settings, by_people = row["settings"], row["optimizer"] == "manual"
    findings = {name: settings[name] for name in ("probe", "judge", "gate") if name in settings}
    decision = settings.get("decision")
    if decision is not None:
        findings["decision"] = {k: v for k, v in decision.items() if k != "action"}
    return {
        "preset": settings.get("preset", "default"),
        "author": "people" if by_people else "writer",
        "state": _state(row, decision is not None, has_variants),
        "trigger_numbers": _trigger(row["trigger_numbers"]),
        "search": None if by_people else _search(settings),
        "live_test": _live_test(settings),
        "findings": findings,
    }


def _state(row: _Row, is_decided: bool, has_variants: bool) -> str:
    if row["status"] == "cancelled":
        return "cancelled"
    if row["status"] == "completed":
        return row["result"] or "kept"
    if row["stage"] == "searching":
        return "ready" if has_variants else "searching"
    return "in_review" if is_decided else "testing"


def _trigger(numbers: _Row) -> dict[str, Any] | None:
    if "rules" not in numbers:
        return None
    others = {name: value for name, value in numbers.items() if name != "said"}
    return {"explanation": numbers["said"], **others}


def _search(settings: _Row) -> dict[str, Any] | None:
    names = ("variants", "writer", "budget", "evolution", "cost", "failures", "inherited")
    plan = {name: settings[name] for name in names if name in settings}
    return {**plan, "example_ids": settings.get("examples")} if plan else None


def _live_test(settings: _Row) -> dict[str, Any] | None:
    if "rule" not in settings:
        return None
    return {
        "rule": settings["rule"],
        "arms": settings["arms"],
        "started_at": settings["testing_since"],
        "limits": settings["ab_testing"],
        "min_improvement": settings["min_accuracy_improvement"],
        "review_below": settings["review_below"],
    }


def _intent(row: _Row) -> dict[str, Any]:
    plan = row["plan"]
    wins = plan["variant_id"] is not None
    return {
        "plan": plan["release"],
        "cause": _cause(row["kind"], plan),
        "evidence": plan["decision"],
        "reason": plan["reason"],
        "source": plan["source"],
        "variant": {"id": plan["variant_id"], "letter": plan["variant_letter"]} if wins else None,
        "restored": plan["restored"],
        "holdback": plan["holdback"],
    }


def _cause(kind: str, plan: _Row) -> str:
    if kind == "promote":
        return "promotion_by_hand" if plan["by_hand"] else "promotion"
    if kind == "manual":
        return "hand_edit"
    if plan["periodic"]:
        return "periodic_reset"
    if not plan["by_hand"]:
        return "taken_back"
    # Until now only this sentence distinguished the two.
    return "reset_by_hand" if plan["reason"].startswith("Reset") else "rollback_by_hand"


def _column(query: str) -> set[str]:
    return set(op.get_bind().execute(sa.text(query)).scalars())


def _table(name: str, *columns: sa.ColumnClause[Any]) -> sa.TableClause:
    return sa.table(name, sa.column("id", sa.String()), *columns)


def _types() -> dict[str, sa.JSON]:
    return dict.fromkeys(("settings", "trigger_numbers", "plan"), _json())


def _json() -> sa.JSON:
    return sa.JSON(none_as_null=True)
