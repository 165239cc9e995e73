"""Schema 0002 migrates a database from the code before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, create_engine, make_url, text

from tests.store.db.first_schema.database import write_postgresql, write_sqlite
from tests.store.db.first_schema.project import BEGIN, BETTER, BUDGET, SKILLS, V1
from tinyarms.core.settings import AbTesting, Budget
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.store.db.database import Store, open_store
from tinyarms.store.db.records import Findings, ProbeResult, SessionRecord, SessionState, VariantRef
from tinyarms.store.db.tables import metadata

SESSIONS, INTENTS = "prompt_evolution_sessions", "promotion_intents"
ORIGINAL = "status", "stage", "result", "winning_variant", "completed_at", "promoted_at"
"""The columns that stay as they are."""


@pytest.fixture(scope="module")
def urls(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[str, str]]:
    """Of the database before its migration, once on each server."""
    file = tmp_path_factory.mktemp("first") / "tinyarms.db"
    write_sqlite(file)
    server = make_url(request.getfixturevalue("postgresql_url"))
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE first_schema"))
    url = server.set(database="first_schema").render_as_string(hide_password=False)
    write_postgresql(url, file)
    yield {"sqlite": f"sqlite:///{file}", "postgresql": url}
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE first_schema WITH (FORCE)"))
    engine.dispose()


MORE_SESSIONS: dict[str, dict[str, Any]] = {
    "kept": {"status": "completed", "stage": "done", "result": "kept"},
    "no_difference": {"status": "completed", "stage": "done", "result": "no_difference"},
    "nothing_better": {"status": "completed", "stage": "done", "result": "nothing_better"},
    "not_worth_it": {"status": "completed", "stage": "done", "result": "not_worth_it"},
    "cancelled": {"status": "cancelled", "stage": "done", "result": None},
}
"""Ends that none of the stored sessions has come to."""
MORE_CAUSES: dict[str, dict[str, Any]] = {
    "rollback": {"by_hand": False, "holdback_ended": "It is worse.", "decision": "It is worse."},
    "periodic_reset": {"by_hand": False, "periodic": True, "reason": "Reset by the setting"},
}


def _add_rows(engine: Engine) -> None:
    """Copies of a stored session and of a rollback, changed."""
    tables = MetaData()
    with engine.begin() as connection:
        tables.reflect(connection, only=[SESSIONS, INTENTS])
        sessions, intents = tables.tables[SESSIONS], tables.tables[INTENTS]
        like = sessions.select().where(sessions.c.skill == "picks")
        row = dict(connection.execute(like).one()._mapping)
        settings = row["settings"] | {"decision": {"action": "keep", "reason": "So it is."}}
        judge = {"model": "m", "threshold": 0.5, "grades": [0.4, None], "dropped": 1, "said": "!"}
        numbers = {"n": 20, "p": 0.03}
        probe = {"verdict": "worth_it", "reason": "3 fixed.", "calls": 30, "numbers": numbers}
        settings |= {"judge": judge, "probe": probe}
        for name, changed in MORE_SESSIONS.items():
            more = {"id": name, "skill": "more", "settings": settings}
            connection.execute(sessions.insert().values(row | changed | more))
        like = intents.select().where(intents.c.kind == "rollback").limit(1)
        row = dict(connection.execute(like).one()._mapping)
        for name, changed in MORE_CAUSES.items():
            more = {"id": name, "skill": "more", "plan": row["plan"] | changed}
            connection.execute(intents.insert().values(row | more))


def _original(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        query = f"SELECT id, {', '.join(ORIGINAL)} FROM {SESSIONS} ORDER BY id"
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, urls: dict[str, str]) -> Iterator[Store]:
    url = urls[request.param]
    engine = create_engine(url)
    _add_rows(engine)
    before = _original(engine)
    store = open_store(url)
    assert _original(engine) == before
    engine.dispose()
    yield store
    store.close()


def latest(store: Store, skill: str) -> SessionRecord:
    with store.read() as work:
        session = work.sessions.latest(skill)
    assert session is not None
    return session


@pytest.mark.slow
def test_the_schema_is_the_one_that_a_new_database_has(migrated: Store) -> None:
    with migrated.read() as work:
        context = MigrationContext.configure(work.tasks._connection)
        assert compare_metadata(context, metadata) == []


@pytest.mark.slow
def test_every_row_can_be_read(migrated: Store) -> None:
    with migrated.read() as work:
        for skill in SKILLS:
            assert len(work.sessions.all(skill)) == 1
            work.holdbacks.all(skill)
        assert len(work.intents.carried_out("returned")) == 4
        assert [intent.skill for intent in work.intents.pending()] == ["pending"]


@pytest.mark.slow
def test_sessions_have_a_state_an_author_and_a_preset(migrated: Store) -> None:
    found = {skill: latest(migrated, skill) for skill in SKILLS}
    assert {skill: (s.state.value, s.author, s.preset) for skill, s in found.items()} == {
        "half": ("searching", "writer", "default"),
        "promoted": ("promoted", "writer", "default"),
        "picks": ("testing", "people", "default"),
        "single": ("testing", "people", "default"),
        "review": ("in_review", "people", "original"),
        "returned": ("promoted", "people", "default"),
        "people": ("ready", "people", "default"),
        "pending": ("testing", "people", "default"),
    }
    with migrated.read() as work:
        ended = {session.id: session for session in work.sessions.all("more")}
    assert {state: SessionState(state) for state in ended} == {
        state: session.state for state, session in ended.items()
    }
    assert set(ended) == set(MORE_SESSIONS)


@pytest.mark.slow
def test_a_search_keeps_what_it_began_with(migrated: Store) -> None:
    session = latest(migrated, "half")
    plan = session.search_plan
    assert (plan.variants, plan.writer, plan.budget) == (2, "small", Budget(calls=BUDGET))
    assert plan.evolution.budget.calls == BUDGET and plan.evolution.population_size == 20
    assert plan.cost.seconds is not None and plan.example_ids is not None
    assert len(plan.example_ids) == 30 and plan.inherited == ()
    assert len(plan.failures) == 16 and plan.failures[0] == "e119"
    assert session.findings == Findings()
    seen = session.trigger_numbers
    assert seen is not None and (seen.rule, seen.sample_size) == ("drop", 20)
    assert seen.explanation.startswith("Accuracy ") and "drop" in seen.rules
    assert latest(migrated, "picks").search is None
    assert latest(migrated, "picks").trigger_numbers is None


@pytest.mark.slow
def test_a_live_test_keeps_its_rules(migrated: Store) -> None:
    plan = latest(migrated, "picks").live_test_plan
    assert (plan.rule, plan.limits) == ("taste_only", AbTesting())
    assert (plan.min_improvement, plan.review_below, len(plan.arms)) == (0.05, 0.7, 2)
    assert (plan.started_at - BEGIN).total_seconds() > 0
    single = latest(migrated, "single").live_test_plan
    assert (single.rule, single.limits.max_votes) == ("single_mode", 5000)
    assert latest(migrated, "half").live_test is latest(migrated, "people").live_test is None


@pytest.mark.slow
def test_what_was_found_out_and_decided(migrated: Store) -> None:
    promoted = latest(migrated, "promoted").findings
    assert promoted.decision is not None and promoted.decision.version == 2
    assert len(promoted.gate) == 2
    for gate in promoted.gate.values():
        assert (gate.n, gate.enough) == (100, True)
        assert gate.gain is not None and gate.gain > 0
    review = latest(migrated, "review").findings.decision
    assert review is not None and (review.variant, review.version) == ("A", None)
    assert "a person must look" in review.reason
    more = latest(migrated, "more").findings
    assert more.judge is not None and more.judge.grades == (0.4, None)
    assert more.judge.summary == "!"  # stored as `said`
    assert more.probe == ProbeResult("worth_it", "3 fixed.", 30, {"n": 20, "p": 0.03})


@pytest.mark.slow
def test_why_a_prompt_went_into_production(migrated: Store) -> None:
    with migrated.read() as work:
        returned = work.intents.carried_out("returned")
        more = {intent.id: intent for intent in work.intents.carried_out("more")}
        [promoted] = work.intents.carried_out("promoted")
        [pending] = work.intents.pending()
        [held] = work.holdbacks.all("promoted")
        [_, winner] = work.experiments.variants(pending.session_id or "")
    assert [intent.cause for intent in returned] == [
        "promotion_by_hand",
        "hand_edit",
        "rollback_by_hand",
        "reset_by_hand",
    ]
    assert [intent.restored for intent in returned] == [None, None, 2, 1]
    assert [intent.plan.version for intent in returned] == [2, 3, 4, 5]
    assert returned[-1].plan.prompt.text == V1 and returned[-1].plan.kind == "rollback"
    assert {id: intent.cause for id, intent in more.items()} == {c: c for c in MORE_CAUSES}
    assert more["rollback"].evidence == "It is worse."
    assert (promoted.cause, promoted.source) == ("promotion", "small")
    assert promoted.holdback == held.rule == HoldbackRule(0.2, 0.04)
    assert "leads" in promoted.evidence
    assert pending.variant == VariantRef(winner.id, "A") and pending.holdback is not None
    assert (pending.plan.prompt.text, pending.plan.config.prompt_version) == (BETTER, 2)
    assert [entry.version for entry in pending.plan.config.evolution_history] == [1, 2]


@pytest.mark.slow
def test_nothing_of_the_old_form_is_left(migrated: Store) -> None:
    tables = MetaData()
    with migrated.read() as work:
        connection = work.tasks._connection
        tables.reflect(connection, only=[SESSIONS, INTENTS])
        assert "settings" not in tables.tables[SESSIONS].c
        plans = connection.execute(tables.tables[INTENTS].select()).all()
    assert all("release" not in row.plan and "by_hand" not in row.plan for row in plans)
