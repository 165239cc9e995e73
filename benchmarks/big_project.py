"""A project with millions of tasks, whose skill is in a live test with many ballots and votes.

SQL makes the rows, on SQLite or PostgreSQL: one year of tasks of two skills, the last one now. One
in ten has no outcome, 92 % of the others are successes, one in ten has feedback.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, text
from tests.loop.place import OTHER, SKILL
from tests.web.kills import environ_of, make_live_project

from tinyarms import TinyArms

DAYS = 365
USERS = 1000
BALLOTS, VOTES = 50_000, 400
"""Ballots of the live test, and those of them that were answered, half for each option."""

_SQLITE = {
    "numbers": "WITH RECURSIVE made(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM made "
    "WHERE n < :rows) ",
    "from": "FROM made",
    "id": "printf('{kind}%031x', n)",
    "at": "strftime('%Y-%m-%d %H:%M:%f', :begin, ({n} * :step) || ' seconds') || '000'",
    "hour": "substr(created_at, 1, 13) || ':00:00.000000'",
    "chance": "abs(random()) % 100",
    "as_json": "{0}",
    "yes": "1",
    "no": "0",
}
_POSTGRESQL = {
    "numbers": "",
    "from": "FROM generate_series(1, :rows) AS n",
    "id": "'{kind}' || lpad(to_hex(n), 31, '0')",
    "at": "CAST(:begin AS timestamptz) + ({n} * :step) * interval '1 second'",
    "hour": "date_trunc('hour', created_at, 'UTC')",
    "chance": "floor(random() * 100)",
    "as_json": "CAST({0} AS json)",
    "yes": "true",
    "no": "false",
}


def make_big_project(folder: Path, rows: int, url: str | None = None) -> Path:
    """The project's folder. `url`: of an empty database on a server; `None`: SQLite."""
    root = make_live_project(folder, url)
    with TinyArms.open(root, environ_of(url)) as arms:
        arms.show(OTHER)
    engine = create_engine(f"sqlite:///{root / 'tinyarms.db'}" if url is None else url)
    _fill(engine, rows)
    engine.dispose()
    return root


def _fill(engine: Engine, rows: int) -> None:
    words = _SQLITE if engine.dialect.name == "sqlite" else _POSTGRESQL
    begin = datetime.now(UTC) - timedelta(days=DAYS)
    values = {
        "rows": rows,
        "step": DAYS * 86400 / rows,
        "begin": begin.strftime("%Y-%m-%d %H:%M:%S") if words is _SQLITE else begin,
        "skill": SKILL,
        "other": OTHER,
    }
    with engine.connect() as plain:
        if words is _SQLITE:
            for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
                plain.exec_driver_sql(f"PRAGMA {pragma}")
            plain.rollback()
        else:
            plain = plain.execution_options(isolation_level="AUTOCOMMIT")
        indexes = _without_indexes(plain, words)
        for statement in (_TASKS, _FEEDBACK, _COUNTS, _USAGE, _SINCE):
            plain.execute(text(_in(statement, words)), values)
        _add_ballots(plain, words, values)
        for index in indexes:
            plain.exec_driver_sql(index)
        if words is _SQLITE:
            plain.commit()
        # A server has done this long before it has so many rows.
        plain.exec_driver_sql("VACUUM ANALYZE" if words is _POSTGRESQL else "PRAGMA optimize")


def _without_indexes(connection: Connection, words: Mapping[str, str]) -> list[str]:
    """Drop the indexes of the large tables; returns the statements that make them."""
    tables = "('task_history', 'feedback')"
    query = (
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN {tables} "
        "AND sql IS NOT NULL"
        if words is _SQLITE
        else f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN {tables} "
        "AND indexname NOT LIKE 'pk_%'"
    )
    found = connection.execute(text(query)).all()
    for name, _ in found:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    return [str(made) for _, made in found]


_TASKS = """
INSERT INTO task_history (id, skill, prompt_version, inputs, output, violation, latency_ms, model,
  prompt_tokens, completion_tokens, "user", created_at, success, outcome_source)
{numbers}SELECT {id:a}, CASE WHEN n % 10 < 7 THEN :skill ELSE :other END, 1,
  {inputs}, CASE WHEN n % 200 = 0 THEN NULL ELSE 'good' END,
  CASE WHEN n % 200 = 0 THEN 'no label' END, 100 + n % 50, 'small', 80, 5,
  CASE WHEN n % 3 = 0 THEN 'user' || (n % {users}) END, {at:n},
  CASE WHEN n % 10 <> 1 THEN CASE WHEN {chance} < 92 THEN {yes} ELSE {no} END END,
  CASE WHEN n % 10 <> 1 THEN 'feedback' END {from}
"""
_FEEDBACK = """
INSERT INTO feedback (id, task_id, success, "user", created_at, skill, standing, settled_at)
SELECT 'f' || id, id, success, "user", created_at, skill, 'counted', created_at
FROM task_history WHERE "user" LIKE 'user%5' AND success IS NOT NULL
"""
_COUNTS = """
INSERT INTO task_counts (skill, prompt_version, hour, tasks, successes, failures, violations)
SELECT skill, prompt_version, {hour}, count(*), count(CASE WHEN success THEN 1 END),
  count(CASE WHEN NOT success THEN 1 END), count(violation) FROM task_history GROUP BY 1, 2, 3
"""
_USAGE = """
INSERT INTO task_usage (skill, model, day, tasks, prompt_tokens, completion_tokens, latency_ms)
SELECT skill, model, {day}, count(*), sum(prompt_tokens), sum(completion_tokens), sum(latency_ms)
FROM task_history GROUP BY 1, 2, 3
"""
_SINCE = "UPDATE prompt_history SET active_from = {at:0}"


def _in(statement: str, words: Mapping[str, str]) -> str:
    """The statement in the words of a database."""
    for name in ("a", "b", "v"):
        statement = statement.replace(f"{{id:{name}}}", words["id"].format(kind=name))
    for name in ("n", "0", "(:rows - n)"):
        statement = statement.replace(f"{{at:{name}}}", words["at"].format(n=name))
    day = words["hour"].replace("13", "10").replace("':00:", "' 00:00:").replace("'hour'", "'day'")
    inputs = words["as_json"].format("""'{"text": "comment ' || (n % 300) || '"}'""")
    return statement.format(**words, day=day, users=USERS, inputs=inputs)


def _add_ballots(
    connection: Connection, words: Mapping[str, str], values: Mapping[str, object]
) -> None:
    """Ballots of the open live test, made in the last days."""
    session = connection.execute(
        text("SELECT id FROM prompt_evolution_sessions WHERE skill = :skill"), values
    ).scalar_one()
    variants = connection.execute(
        text("SELECT id FROM prompt_variants WHERE session_id = :session ORDER BY role DESC"),
        {"session": session},
    ).scalars()
    first, second = list(variants)[:2]
    given = {**values, "rows": BALLOTS, "session": session, "first": first, "second": second}
    given["step"] = 10 * 86400 / BALLOTS
    begin = datetime.now(UTC) - timedelta(days=10)
    given["begin"] = begin.strftime("%Y-%m-%d %H:%M:%S") if words is _SQLITE else begin
    for statement in (_BALLOTS, _FIRST, _SECOND, _VOTES):
        connection.execute(text(_in(statement, words)), given)


_BALLOTS = """
INSERT INTO ballots (id, session_id, skill, task_id, rule, probability, "user", inputs, created_at,
  has_choice)
{numbers}SELECT {id:b}, :session, :skill, {id:a}, 'bayesian', 0.5,
  CASE WHEN n % 3 = 0 THEN 'user' || (n % {users}) END, {inputs},
  {at:n}, {yes} {from}
"""
_FIRST = """
INSERT INTO ballot_options (ballot_id, position, variant_id, output)
{numbers}SELECT {id:b}, n % 2, :first, 'good' {from}
"""
_SECOND = _FIRST.replace("n % 2", "1 - n % 2").replace(":first, 'good'", ":second, 'bad'")
_VOTES = f"""
INSERT INTO votes (id, ballot_id, answer, position, "user", excluded, created_at)
{{numbers}}SELECT {{id:v}}, {{id:b}}, 'pick', n / 2 % 2, 'user' || (n % {{users}}), NULL, {{at:n}}
{{from}} WHERE n <= {VOTES}
"""
