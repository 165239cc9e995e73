from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from tests.store.rows import session
from tinyarms.core.errors import StoreError
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.release.period import Period
from tinyarms.release.plan import ReleasePlan, plan_release
from tinyarms.skills.prompt import Demonstration, Prompt, PromptVersion
from tinyarms.store.db.database import Store
from tinyarms.store.db.json_columns import TypedJson
from tinyarms.store.db.records import EventValue, Findings
from tinyarms.store.db.tables import metadata

NOW = datetime(2024, 11, 10, 8, tzinfo=UTC)


def there_and_back(kind: Any, value: Any) -> Any:
    column, dialect = TypedJson(kind), sqlite.dialect()
    stored = json.loads(json.dumps(column.process_bind_param(value, dialect)))
    return column.process_result_value(stored, dialect)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip),
    st.dictionaries(st.text("xyz", min_size=1), st.floats(-5, 5), max_size=3),
)
def test_a_plan_survives_json(words: str, calibration: dict[str, float]) -> None:
    prompt = Prompt(words.strip(), (Demonstration({"text": words}, "yes"),), calibration)
    first = PromptVersion("naming", 1, Prompt("Yes?"), None, "initial", NOW, "skills/naming.md")
    plan = plan_release(
        first,
        2,
        prompt,
        "promote",
        history=[Period(version=first, since=NOW, until=None, by_hand=True)],
        previous_accuracy=0.78,
        current_accuracy=None,
        reason="Accuracy drop",
        now=NOW,
    )
    again = there_and_back(ReleasePlan, plan)
    assert again == plan
    assert again.prompt_version == plan.prompt_version


def test_plain_values_keep_their_types() -> None:
    data = {"by_hand": True, "n": 1, "share": 1.0, "reason": "1", "variant": None}
    again = there_and_back(Mapping[str, EventValue], data)
    assert again == data
    assert [type(value) for value in again.values()] == [type(value) for value in data.values()]


def test_nothing_is_null() -> None:
    assert there_and_back(Findings, None) is None


GATE = {
    "n": 1, "before": 0.5, "after": 1, "wins": 1, "losses": 0, "p": 0.5, "threshold": 0.05,
    "passed": False, "enough": True, "reason": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"gate": {"v": {**GATE, "more": 1}}}, "gate.v.more: Unexpected keyword argument"),
        ({"verdict": 1}, "verdict: Unexpected keyword argument"),
        ({"gate": {"v": {**GATE, "n": "many"}}}, "gate.v.n: Input should be a valid integer"),
        ({"decision": {}}, "decision.reason: Field required"),
        ([], "it: Input should be a dictionary or an instance of Findings"),
    ],
)
def test_bad_json_says_where_it_is(store: Store, stored: Any, said: str) -> None:
    with store.unit_of_work() as work:
        work.sessions.add(session())
        bad = text("UPDATE prompt_evolution_sessions SET findings = :value")
        work.sessions._connection.execute(bad, {"value": json.dumps(stored)})
    with pytest.raises(StoreError) as caught, store.read() as work:
        work.sessions.get("s1")
    assert caught.value.message.startswith("prompt_evolution_sessions.findings: ")
    assert said in caught.value.message
    assert json.dumps(stored)[:40] in caught.value.hint and "\n" not in str(caught.value)


def test_what_is_good_is_read() -> None:
    findings = TypedJson(Findings).process_result_value({"gate": {"v": GATE}}, sqlite.dialect())
    assert findings == Findings(gate={"v": GateEvidence(**GATE)})  # type: ignore[arg-type]


def test_every_typed_column_knows_its_place() -> None:
    found = {
        column.type.where
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, TypedJson)
    }
    assert found >= {
        "prompt_evolution_sessions.findings",
        "promotion_intents.holdback",
        "holdbacks.rule",
        "daemon_events.data",
    }


@pytest.mark.slow
def test_to_open_a_store_needs_no_mathematics() -> None:
    code = (
        "import sys, tinyarms.store.db.database\n"
        "print(*sorted({'numpy', 'scipy', 'river', 'alembic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
