"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "examples",
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("skill", "id", name="pk_examples"),
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=True),
        sa.Column("correction", sa.String(), nullable=True),
        sa.Column("user", sa.String(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("skill", sa.String(), nullable=True),
        sa.Column("standing", sa.String(), nullable=True),
        sa.Column("settled_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_task_id", "feedback", ["task_id"])
    op.create_index("ix_feedback_created_at", "feedback", ["created_at"])
    op.create_index("ix_feedback_standing", "feedback", ["skill", "standing", "settled_at"])
    op.create_table(
        "leases",
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("skill", name="pk_leases"),
    )
    op.create_table(
        "promotion_intents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("done_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_promotion_intents"),
    )
    op.create_table(
        "prompt_evolution_sessions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("original_prompt_hash", sa.String(), nullable=False),
        sa.Column("triggered_at", _TIME, nullable=False),
        sa.Column("trigger_reason", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("completed_at", _TIME, nullable=True),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("optimizer", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("trigger_numbers", sa.JSON(), nullable=False),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("winning_variant", sa.String(), nullable=True),
        sa.Column("promoted_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_prompt_evolution_sessions"),
    )
    op.create_index(
        "ix_prompt_evolution_sessions_skill_triggered_at",
        "prompt_evolution_sessions",
        ["skill", "triggered_at"],
    )
    op.create_table(
        "prompt_history",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("prompt_template_path", sa.String(), nullable=False),
        sa.Column("active_from", _TIME, nullable=False),
        sa.Column("active_to", _TIME, nullable=True),
        sa.Column("accuracy_start", sa.Float(), nullable=True),
        sa.Column("accuracy_end", sa.Float(), nullable=True),
        sa.Column("evolution_source", sa.String(), nullable=True),
        sa.Column("notes", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_prompt_history"),
    )
    op.create_index(
        "ix_prompt_history_skill_active_from", "prompt_history", ["skill", "active_from"]
    )
    op.create_table(
        "prompt_versions",
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("demonstrations", sa.JSON(), nullable=False),
        sa.Column("calibration", sa.JSON(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("skill", "number", name="pk_prompt_versions"),
    )
    op.create_table(
        "task_history",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("prompt_version", sa.Integer(), nullable=True),
        sa.Column("variant_id", sa.String(), nullable=True),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("output", sa.String(), nullable=True),
        sa.Column("violation", sa.String(), nullable=True),
        sa.Column("latency_ms", sa.Float(), nullable=True),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("user", sa.String(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("success", sa.Boolean(), nullable=True),
        sa.Column("outcome_source", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_task_history"),
    )
    op.create_index("ix_task_history_skill_created_at", "task_history", ["skill", "created_at"])
    op.create_index(
        "ix_task_history_known",
        "task_history",
        ["skill", "prompt_version", "created_at"],
        sqlite_where=sa.text("success IS NOT NULL"),
        postgresql_where=sa.text("success IS NOT NULL"),
    )
    op.create_index(
        "ix_task_history_failed",
        "task_history",
        ["skill", "created_at"],
        sqlite_where=sa.text("success IS 0"),
        postgresql_where=sa.text("success IS false"),
    )
    op.create_table(
        "task_counts",
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("prompt_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hour", _TIME, nullable=False),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.Column("successes", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("violations", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("skill", "prompt_version", "hour", name="pk_task_counts"),
    )
    op.create_table(
        "test_reads",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("prompt_hash", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_test_reads"),
    )
    op.create_index("ix_test_reads_skill", "test_reads", ["skill"])
    op.create_table(
        "ballots",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("user", sa.String(), nullable=True),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["prompt_evolution_sessions.id"],
            name="fk_ballots_session_id_prompt_evolution_sessions",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ballots"),
    )
    op.create_index("ix_ballots_session_id", "ballots", ["session_id"])
    op.create_table(
        "evaluations",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("prompt_hash", sa.String(), nullable=False),
        sa.Column("example_id", sa.String(), nullable=False),
        sa.Column("reply", sa.JSON(), nullable=False),
        sa.Column("output", sa.String(), nullable=True),
        sa.Column("violation", sa.String(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("cached", sa.Boolean(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["prompt_evolution_sessions.id"],
            name="fk_evaluations_session_id_prompt_evolution_sessions",
        ),
        sa.PrimaryKeyConstraint("session_id", "ordinal", name="pk_evaluations"),
    )
    op.create_index("ix_evaluations_key", "evaluations", ["key"])
    op.create_table(
        "call_counts",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("task_calls", sa.Integer(), nullable=False),
        sa.Column("test_calls", sa.Integer(), nullable=False),
        sa.Column("writer_calls", sa.Integer(), nullable=False),
        sa.Column("judge_calls", sa.Integer(), nullable=False),
        sa.Column("cache_hits", sa.Integer(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["prompt_evolution_sessions.id"],
            name="fk_call_counts_session_id_prompt_evolution_sessions",
        ),
        sa.PrimaryKeyConstraint("session_id", name="pk_call_counts"),
    )
    op.create_table(
        "model_calls",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("parents", sa.JSON(), nullable=False),
        sa.Column("reply", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["prompt_evolution_sessions.id"],
            name="fk_model_calls_session_id_prompt_evolution_sessions",
        ),
        sa.PrimaryKeyConstraint("session_id", "ordinal", name="pk_model_calls"),
    )
    op.create_table(
        "operators",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("proposals", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.JSON(), nullable=False),
        sa.Column("beat_parent", sa.Integer(), nullable=False),
        sa.Column("mutation_prompts", sa.JSON(), nullable=False),
        sa.Column("sentences", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["prompt_evolution_sessions.id"],
            name="fk_operators_session_id_prompt_evolution_sessions",
        ),
        sa.PrimaryKeyConstraint("session_id", "operator", name="pk_operators"),
    )
    op.create_table(
        "prompt_candidates",
        sa.Column("variant_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("skill_name", sa.String(), nullable=False),
        sa.Column("prompt_text", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("mutation_type", sa.String(), nullable=False),
        sa.Column("fitness_score", sa.Float(), nullable=True),
        sa.Column("evaluated_n", sa.Integer(), nullable=False),
        sa.Column("demonstrations", sa.JSON(), nullable=False),
        sa.Column("calibration", sa.JSON(), nullable=False),
        sa.Column("prompt_hash", sa.String(), nullable=False),
        sa.Column("mutation_prompt", sa.String(), nullable=True),
        sa.Column("origin", sa.String(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["prompt_evolution_sessions.id"],
            name="fk_prompt_candidates_session_id_prompt_evolution_sessions",
        ),
        sa.PrimaryKeyConstraint("variant_id", name="pk_prompt_candidates"),
    )
    op.create_index("ix_prompt_candidates_session_id", "prompt_candidates", ["session_id"])
    op.create_table(
        "prompt_variants",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("variant_letter", sa.String(), nullable=False),
        sa.Column("prompt_template", sa.String(), nullable=False),
        sa.Column("reasoning", sa.String(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("accuracy", sa.Float(), nullable=True),
        sa.Column("accuracy_n", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("demonstrations", sa.JSON(), nullable=False),
        sa.Column("calibration", sa.JSON(), nullable=False),
        sa.Column("prompt_hash", sa.String(), nullable=False),
        sa.Column("candidate_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["prompt_evolution_sessions.id"],
            name="fk_prompt_variants_session_id_prompt_evolution_sessions",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_prompt_variants"),
    )
    op.create_index("ix_prompt_variants_session_id", "prompt_variants", ["session_id"])
    op.create_table(
        "ab_test_results",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("variant_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("user_choice", sa.Boolean(), nullable=False),
        sa.Column("task_success", sa.Boolean(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["prompt_evolution_sessions.id"],
            name="fk_ab_test_results_session_id_prompt_evolution_sessions",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["prompt_variants.id"],
            name="fk_ab_test_results_variant_id_prompt_variants",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ab_test_results"),
    )
    op.create_index("ix_ab_test_results_session_id", "ab_test_results", ["session_id"])
    op.create_table(
        "assignments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("variant_id", sa.String(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("probabilities", sa.JSON(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["prompt_evolution_sessions.id"],
            name="fk_assignments_session_id_prompt_evolution_sessions",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["prompt_variants.id"], name="fk_assignments_variant_id_prompt_variants"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_assignments"),
    )
    op.create_index("ix_assignments_session_id", "assignments", ["session_id"])
    op.create_table(
        "ballot_options",
        sa.Column("ballot_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("variant_id", sa.String(), nullable=False),
        sa.Column("output", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ballot_id"], ["ballots.id"], name="fk_ballot_options_ballot_id_ballots"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["prompt_variants.id"],
            name="fk_ballot_options_variant_id_prompt_variants",
        ),
        sa.PrimaryKeyConstraint("ballot_id", "position", name="pk_ballot_options"),
    )
    op.create_table(
        "votes",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("ballot_id", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("user", sa.String(), nullable=True),
        sa.Column("excluded", sa.String(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballots.id"], name="fk_votes_ballot_id_ballots"),
        sa.PrimaryKeyConstraint("sequence", name="pk_votes"),
        sa.UniqueConstraint("ballot_id", name="uq_votes_ballot_id"),
        sa.UniqueConstraint("id", name="uq_votes_id"),
    )
    op.create_table(
        "holdbacks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Integer(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("began_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("new_n", sa.Integer(), nullable=True),
        sa.Column("new_successes", sa.Integer(), nullable=True),
        sa.Column("reference_n", sa.Integer(), nullable=True),
        sa.Column("reference_successes", sa.Integer(), nullable=True),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.Column("reference_tasks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holdbacks"),
    )
    op.create_index("ix_holdbacks_skill_began_at", "holdbacks", ["skill", "began_at"])
    op.create_table(
        "holdback_tasks",
        sa.Column("holdback_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("reference", sa.Boolean(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["holdback_id"], ["holdbacks.id"], name="fk_holdback_tasks_holdback_id_holdbacks"
        ),
        sa.PrimaryKeyConstraint("holdback_id", "task_id", name="pk_holdback_tasks"),
    )
    op.create_table(
        "watches",
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("looked_at", _TIME, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("retry_at", _TIME, nullable=True),
        sa.Column("checked_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("skill", name="pk_watches"),
    )
    op.create_table(
        "daemon_events",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("told_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("sequence", name="pk_daemon_events"),
        sa.UniqueConstraint("id", name="uq_daemon_events_id"),
    )
    op.create_index("ix_daemon_events_skill", "daemon_events", ["skill"])
    op.create_table(
        "notices",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("tried_at", _TIME, nullable=True),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("event_id", "channel", name="pk_notices"),
    )


def downgrade() -> None:
    """Drop all tables."""
    op.drop_table("notices")
    op.drop_table("daemon_events")
    op.drop_table("watches")
    op.drop_table("holdback_tasks")
    op.drop_table("holdbacks")
    op.drop_table("task_counts")
    op.drop_table("votes")
    op.drop_table("ballot_options")
    op.drop_table("assignments")
    op.drop_table("ab_test_results")
    op.drop_table("prompt_variants")
    op.drop_table("prompt_candidates")
    op.drop_table("operators")
    op.drop_table("model_calls")
    op.drop_table("call_counts")
    op.drop_table("evaluations")
    op.drop_table("ballots")
    op.drop_table("test_reads")
    op.drop_table("task_history")
    op.drop_table("prompt_versions")
    op.drop_table("prompt_history")
    op.drop_table("prompt_evolution_sessions")
    op.drop_table("promotion_intents")
    op.drop_table("leases")
    op.drop_table("feedback")
    op.drop_table("examples")
