from __future__ import annotations

import json

import pytest

from tests.loop.place import SKILL, Place, expected, text
from tinyarms.core.errors import ConfigError, NotEvolvable, UsageError
from tinyarms.core.settings import Budget
from tinyarms.loop.project.context import Context
from tinyarms.loop.searching.estimate import estimate
from tinyarms.loop.searching.prepare import prepare
from tinyarms.loop.searching.request import BudgetOverride, SearchRequest, Trigger


def write_examples(place: Place, **counts: int) -> None:
    """`counts`: split → number of examples."""
    splits = [split for split, n in counts.items() for _ in range(n)]
    rows = [
        {"inputs": {"text": text(n)}, "expected": expected(n), "split": split}
        for n, split in enumerate(splits)
    ]
    (place.root / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def sessions(context: Context) -> int:
    with context.store.read() as work:
        return len(work.sessions.all(SKILL))


def test_limits_replace_those_of_the_settings_one_by_one() -> None:
    budget = Budget(calls=600, tokens=9000)
    assert BudgetOverride().applied_to(budget) == budget
    assert BudgetOverride(calls=20, seconds=1.5).applied_to(budget) == Budget(
        calls=20, tokens=9000, seconds=1.5
    )


@pytest.mark.parametrize(
    "limits",
    [{"calls": 0}, {"tokens": -1}, {"seconds": 0.0}, {"seconds": float("nan")}, {"money": 0.0}],
)
def test_a_budget_out_of_range_is_a_usage_error(limits: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=r"out of range\. It must be"):
        BudgetOverride(**limits).applied_to(Budget())


def test_an_estimate_stores_nothing(place: Place) -> None:
    write_examples(place, search=1, selection=1, test=1)
    context = place.open()
    answer = estimate(context, SearchRequest(skill=SKILL, budget=BudgetOverride(calls=40)))
    assert (answer.task_calls, answer.test_calls) == (40, 0)
    assert sessions(context) == 0


@pytest.mark.slow
def test_an_estimate_has_the_calls_of_the_offline_gate(place: Place) -> None:
    write_examples(place, search=1, selection=1, test=100)
    context = place.open()
    assert estimate(context, SearchRequest(skill=SKILL, variants=3)).test_calls == 400
    original = SearchRequest(skill=SKILL, variants=3, preset="original")
    assert estimate(context, original).test_calls == 0


@pytest.mark.slow
def test_an_estimate_needs_what_a_search_needs(place: Place) -> None:
    write_examples(place, search=1)
    with pytest.raises(NotEvolvable, match="no `selection` examples"):
        estimate(place.open(), SearchRequest(skill=SKILL))
    write_examples(place, search=1, selection=1)
    with pytest.raises(ConfigError, match=r"no models\.huge"):
        estimate(place.open(), SearchRequest(skill=SKILL, writer="huge"))
    with pytest.raises(UsageError, match="nobody"):
        estimate(place.open(), SearchRequest(skill="nobody"))


@pytest.mark.parametrize(
    ("reason", "asks_first"), [("accuracy_drop", False), ("drift", True), ("manual", True)]
)
def test_after_a_drop_a_few_right_answers_do_not_end_the_search(
    place: Place, reason: str, asks_first: bool
) -> None:
    write_examples(place, search=1, selection=1)
    request = SearchRequest(skill=SKILL, trigger=Trigger(reason=reason))
    prepared = prepare(place.open(), request)
    assert prepared.session.search_plan.asks_incumbent_first is asks_first
