"""All tables. Every time is UTC. A missing value is NULL, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

from tinyarms.monitoring.verdict import TriggerNumbers
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.release.plan import ReleasePlan
from tinyarms.store.db.json_columns import TypedJson
from tinyarms.store.db.records.release import VariantRef
from tinyarms.store.db.records.session import (
    Findings,
    LiveTestPlan,
    SearchPlan,
)
from tinyarms.store.db.records.watch import EventValue
from tinyarms.store.db.rows import SessionStateType, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String, primary_key=True)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, String, nullable=null)


def _time(name: str, *, null: bool = False) -> Column[datetime]:
    return Column(name, UtcDateTime, nullable=null)


def _int(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=null)


def _float(name: str, *, null: bool = True) -> Column[float]:
    return Column(name, Float, nullable=null)


def _json(name: str) -> Column[Any]:
    return Column(name, JSON, nullable=False)


def _typed(name: str, kind: Any, *, null: bool = False) -> Column[Any]:
    return Column(name, TypedJson(kind), nullable=null)


def _session(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "session_id",
        String,
        ForeignKey("prompt_evolution_sessions.id"),
        primary_key=primary_key,
        nullable=False,
    )


def _variant() -> Column[str]:
    return Column("variant_id", String, ForeignKey("prompt_variants.id"), nullable=False)


def _beside_the_text() -> tuple[Column[Any], ...]:
    """What belongs to a prompt beside its text."""
    optional = ("retrieve", "verbalizer", "words_from")
    return (
        _json("demonstrations"),
        _json("calibration"),
        *(Column(name, JSON(none_as_null=True), nullable=True) for name in optional),
    )


def _partial(
    name: str, rows: ColumnElement[bool], *columns: Column[Any], unique: bool = False
) -> Index:
    """An index of only these rows."""
    return Index(name, *columns, unique=unique, sqlite_where=rows, postgresql_where=rows)


sessions = Table(
    "prompt_evolution_sessions",
    metadata,
    _id(),
    _text("skill"),
    _text("original_prompt_hash"),
    _time("triggered_at"),
    _text("trigger_reason"),
    _text("status"),
    _time("completed_at", null=True),
    _text("stage"),
    _int("base_version"),
    _text("optimizer"),
    Column("seed", BigInteger, nullable=False),
    _text("result", null=True),
    _text("winning_variant", null=True),
    _time("promoted_at", null=True),
    _text("preset"),
    _text("author"),
    Column("state", SessionStateType, nullable=False),
    _typed("trigger_numbers", TriggerNumbers, null=True),
    _typed("search", SearchPlan, null=True),
    _typed("live_test", LiveTestPlan, null=True),
    _typed("findings", Findings),
    Index(None, "skill", "triggered_at"),
)

variants = Table(
    "prompt_variants",
    metadata,
    _id(),
    _session(),
    _text("variant_letter"),
    _text("prompt_template"),
    _text("reasoning"),
    _int("votes"),
    _float("accuracy"),
    _int("accuracy_n"),
    _text("role"),
    *_beside_the_text(),
    _text("prompt_hash"),
    _text("candidate_id", null=True),
    _text("status"),
    Index(None, "session_id"),
)

ab_test_results = Table(
    "ab_test_results",
    metadata,
    _id(),
    _session(),
    _variant(),
    _text("task_id"),
    Column("user_choice", Boolean, nullable=False),
    Column("task_success", Boolean, nullable=True),
    _time("created_at"),
    Index(None, "session_id"),
)

prompt_history = Table(
    "prompt_history",
    metadata,
    _id(),
    _text("skill"),
    _int("version"),
    _text("prompt_template_path"),
    _time("active_from"),
    _time("active_to", null=True),
    _float("accuracy_start"),
    _float("accuracy_end"),
    _text("evolution_source", null=True),
    _text("notes", null=True),
    Index(None, "skill", "active_from"),
)

prompt_versions = Table(
    "prompt_versions",
    metadata,
    Column("skill", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("text"),
    *_beside_the_text(),
    _text("hash"),
    _int("parent", null=True),
    _text("source"),
    _text("path"),
    _time("created_at"),
)

candidates = Table(
    "prompt_candidates",
    metadata,
    Column("variant_id", String, primary_key=True),
    _session(),
    _text("skill_name"),
    _text("prompt_text"),
    _int("generation"),
    _text("parent_id", null=True),
    _text("mutation_type"),
    _float("fitness_score"),
    _int("evaluated_n"),
    *_beside_the_text(),
    _text("prompt_hash"),
    _text("mutation_prompt", null=True),
    _text("origin", null=True),
    _time("created_at"),
    Index(None, "session_id"),
)

model_calls = Table(
    "model_calls",
    metadata,
    _session(primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    _text("key"),
    _text("operator"),
    _json("parents"),
    _json("reply"),
    _text("verdict", null=True),
    _time("created_at"),
)

evaluations = Table(
    "evaluations",
    metadata,
    _session(primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    _text("key"),
    _text("purpose"),
    _text("prompt_hash"),
    _text("example_id"),
    _json("reply"),
    _text("output", null=True),
    _text("violation", null=True),
    _float("score"),
    _text("reason", null=True),
    Column("cached", Boolean, nullable=False),
    _time("created_at"),
    Index(None, "key"),
)

# Calls of a search that got no reply and were left out.
unanswered_calls = Table(
    "unanswered_calls",
    metadata,
    _session(primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    _text("key"),
    _text("example_id", null=True),
    _text("kind"),
    _text("reason"),
    _time("created_at"),
)

# Sums of `evaluations` and `model_calls` by session; they stay when those are pruned.
call_counts = Table(
    "call_counts",
    metadata,
    _session(primary_key=True),
    _int("task_calls"),
    _int("test_calls"),
    _int("writer_calls"),
    _int("judge_calls"),
    _int("cache_hits"),
    _int("prompt_tokens"),
    _int("completion_tokens"),
    _float("seconds", null=False),
    _float("task_money"),
    _float("writer_money"),
    _float("judge_money"),
)

operators = Table(
    "operators",
    metadata,
    _session(primary_key=True),
    Column("operator", String, primary_key=True),
    _int("proposals"),
    _int("accepted"),
    _json("rejected"),
    _int("beat_parent"),
    _json("mutation_prompts"),
    _json("sentences"),
)

tasks = Table(
    "task_history",
    metadata,
    _id(),
    _text("skill"),
    _int("prompt_version", null=True),
    _text("variant_id", null=True),
    _json("inputs"),
    _text("output", null=True),
    _text("violation", null=True),
    _float("latency_ms"),
    _text("model", null=True),
    _int("prompt_tokens", null=True),
    _int("completion_tokens", null=True),
    _text("user", null=True),
    _time("created_at"),
    Column("success", Boolean, nullable=True),
    _text("outcome_source", null=True),
    Index(None, "skill", "created_at"),
)
# The monitor reads the first and newest rows, however many tasks have no outcome.
_partial(
    "ix_task_history_known",
    tasks.c.success.is_not(None),
    tasks.c.skill,
    tasks.c.prompt_version,
    tasks.c.created_at,
)

# Failures are usually rare, so the index finds them without a scan of all tasks.
_partial("ix_task_history_failed", tasks.c.success.is_(False), tasks.c.skill, tasks.c.created_at)

# Each vote and each piece of feedback checks whether its user has run a few tasks.
_partial("ix_task_history_user", tasks.c.user.is_not(None), tasks.c.user)

# Grades of live tasks by a skill's judge; `score` is NULL if the output could not be graded.
grades = Table(
    "task_grades",
    metadata,
    Column("task_id", String, primary_key=True),
    Column("judge", String, primary_key=True),
    _text("skill"),
    _int("prompt_version"),
    _time("task_at"),
    _time("graded_at"),
    Column("sampled", Boolean, nullable=False),
    _float("score"),
    _text("reason", null=True),
    _text("problem", null=True),
    _int("calls"),
    _float("dollars"),
    Index(None, "skill", "graded_at"),
)

# Sums of `task_history` by the hour in which the tasks came; they stay when tasks are pruned.
task_counts = Table(
    "task_counts",
    metadata,
    Column("skill", String, primary_key=True),
    Column("prompt_version", Integer, primary_key=True, autoincrement=False),
    Column("hour", UtcDateTime, primary_key=True),
    *(_int(name) for name in ("tasks", "successes", "failures", "violations")),
)

# Sums of `task_history` by the day (UTC) in which the tasks came, for what models were asked for;
# they stay when tasks are pruned. `model`: empty for the application's own.
task_usage = Table(
    "task_usage",
    metadata,
    Column("skill", String, primary_key=True),
    Column("model", String, primary_key=True),
    Column("day", UtcDateTime, primary_key=True),
    _int("tasks"),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    _float("latency_ms", null=False),
)

# Feedback may arrive before its task: no foreign key. `standing` says whether it counts, and
# `skill` and `settled_at` go with it.
feedback = Table(
    "feedback",
    metadata,
    _id(),
    _text("task_id"),
    Column("success", Boolean, nullable=True),
    _text("correction", null=True),
    _text("user", null=True),
    _time("created_at"),
    _text("skill", null=True),
    _text("standing", null=True),
    _time("settled_at", null=True),
    Index(None, "task_id"),
    Index(None, "created_at"),
    Index("ix_feedback_standing", "skill", "standing", "settled_at"),
)

# The cap compares users by the newest counted feedback with a name.
_partial(
    "ix_feedback_named",
    feedback.c.user.is_not(None),
    feedback.c.skill,
    feedback.c.standing,
    feedback.c.settled_at,
)

examples = Table(
    "examples",
    metadata,
    Column("skill", String, primary_key=True),
    Column("id", String, primary_key=True),
    _text("split"),
    _text("origin"),
    _json("row"),
    _time("created_at"),
    _text("user", null=True),
    _time("reviewed_at", null=True),
)

picture_texts = Table(
    "picture_texts",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("reader", String, primary_key=True),
    _text("text"),
    _time("created_at"),
)

# The examples that prompt versions remember. `content`: what `tinyarms.memory` makes of them.
memories = Table(
    "memories",
    metadata,
    Column("snapshot", String, primary_key=True),
    Column("skill", String, primary_key=True),
    _typed("example_ids", tuple[str, ...]),
    Column("content", LargeBinary, nullable=False),
    _time("created_at"),
)

test_reads = Table(
    "test_reads",
    metadata,
    _id(),
    _text("skill"),
    _text("session_id", null=True),
    _text("prompt_hash"),
    _int("n"),
    _time("created_at"),
    Index(None, "skill"),
)

# `has_choice`: whether its options have several positions. The indexes count without the rows.
ballots = Table(
    "ballots",
    metadata,
    _id(),
    _session(),
    _text("skill"),
    _text("task_id"),
    _text("rule"),
    _float("probability"),
    _text("user", null=True),
    _json("inputs"),
    _time("created_at"),
    Column("has_choice", Boolean, nullable=False),
    Index(None, "session_id", "has_choice", "created_at"),
    Index(None, "skill", "created_at", "has_choice"),
)

# Variants with the same output share a position: they are one option.
ballot_options = Table(
    "ballot_options",
    metadata,
    Column("ballot_id", String, ForeignKey("ballots.id"), primary_key=True),
    _int("position"),
    Column("variant_id", String, ForeignKey("prompt_variants.id"), primary_key=True),
    _text("output", null=True),
)

# `sequence` orders votes of the same time; a ballot takes one vote that counts.
votes = Table(
    "votes",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("ballot_id", String, ForeignKey("ballots.id"), nullable=False),
    _text("answer"),
    _int("position", null=True),
    _text("user", null=True),
    _text("excluded", null=True),
    _time("created_at"),
    Index("ix_votes_ballot_id_user", "ballot_id", "user", unique=True),
)
_partial("ix_votes_counted", votes.c.excluded.is_(None), votes.c.ballot_id, unique=True)

assignments = Table(
    "assignments",
    metadata,
    _id(),
    _session(),
    _text("task_id"),
    _variant(),
    _float("probability", null=False),
    _json("probabilities"),
    _time("created_at"),
    Index(None, "session_id"),
)

# One row per holdback. Its counts stay when its tasks are pruned.
holdbacks = Table(
    "holdbacks",
    metadata,
    _id(),
    _text("skill"),
    _int("version"),
    _int("reference"),
    _typed("rule", HoldbackRule),
    _time("began_at"),
    _time("ended_at", null=True),
    _text("result", null=True),
    _text("reason", null=True),
    _int("new_n", null=True),
    _int("new_successes", null=True),
    _int("reference_n", null=True),
    _int("reference_successes", null=True),
    _int("tasks"),
    _int("reference_tasks"),
    Index(None, "skill", "began_at"),
)

# The prompt that served each task of a holdback. The task itself may never come.
holdback_tasks = Table(
    "holdback_tasks",
    metadata,
    Column("holdback_id", String, ForeignKey("holdbacks.id"), primary_key=True),
    Column("task_id", String, primary_key=True),
    Column("reference", Boolean, nullable=False),
    _float("share", null=False),
    _time("created_at"),
)

leases = Table(
    "leases",
    metadata,
    Column("skill", String, primary_key=True),
    _text("holder"),
    _time("expires_at"),
    _int("token"),
)

promotion_intents = Table(
    "promotion_intents",
    metadata,
    _id(),
    _text("session_id", null=True),
    _text("skill"),
    _text("kind"),
    _typed("plan", ReleasePlan),
    _text("cause"),
    _text("evidence"),
    _text("reason"),
    _text("source"),
    _typed("variant", VariantRef, null=True),
    _int("restored", null=True),
    _typed("holdback", HoldbackRule, null=True),
    _text("state"),
    _time("created_at"),
    _time("done_at", null=True),
)

# What people said about prompts that wait for approval. `sequence` orders rows of the same time.
approvals = Table(
    "approvals",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    _text("skill"),
    _text("verdict"),
    _text("prompt_hash", null=True),
    _text("user", null=True),
    _text("note"),
    _time("at"),
    Index(None, "skill", "prompt_hash"),
)

# The daemon's state of a skill between two passes.
watches = Table(
    "watches",
    metadata,
    Column("skill", String, primary_key=True),
    _time("since"),
    _time("looked_at"),
    _int("failures"),
    _text("error", null=True),
    _time("retry_at", null=True),
    _time("checked_at", null=True),
)

# One row per event; `sequence` orders events of the same time.
daemon_events = Table(
    "daemon_events",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    _text("skill"),
    _text("kind"),
    Column("said", String, key="summary", nullable=False),  # the column keeps its first name
    _typed("data", Mapping[str, EventValue]),
    _time("at"),
    _time("told_at", null=True),
    Index(None, "skill"),
)

# Notices to people: one row per event and channel, joined into messages.
notices = Table(
    "notices",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("channel", String, primary_key=True),
    _text("skill"),
    _text("kind"),
    _typed("data", Mapping[str, int]),
    _time("at"),
    _text("message_id", null=True),
    _time("tried_at", null=True),
    _time("sent_at", null=True),
)

for _table in metadata.tables.values():
    for _column in _table.columns:
        if isinstance(_column.type, TypedJson):
            _column.type.where = f"{_table.name}.{_column.name}"

# Answers whether the vote dialog was annoying, one row per question; `annoyed` is NULL if skipped.
annoyance_answers = Table(
    "annoyance_answers",
    metadata,
    _id(),
    _text("user", null=True),
    Column("annoyed", Boolean),
    _time("created_at"),
)

# The time until which a user is not asked for votes; "" stands for users without a name.
snoozes = Table(
    "snoozes",
    metadata,
    Column("user", String, primary_key=True),
    _time("until"),
)
