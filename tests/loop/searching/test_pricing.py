"""What a search costs: estimated before, limited, and refused where a price is not known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.loop.place import SKILL, Place
from tests.loop.searching.test_estimate import write_examples
from tinyarms.core.errors import ConfigError
from tinyarms.core.prices import FREE, Price
from tinyarms.loop.diagnosing.prices import price_findings
from tinyarms.loop.evaluating.evaluate import evaluate
from tinyarms.loop.searching.estimate import estimate
from tinyarms.loop.searching.prepare import prepare
from tinyarms.loop.searching.request import BudgetOverride, SearchRequest

HOSTED = {"kind": "openai", "model": "own", "base_url": "https://models.example/v1"}
LIMITED = SearchRequest(skill=SKILL, writer="big", budget=BudgetOverride(money=0.5))


def set_up(place: Place, big: dict[str, Any], **skill: Any) -> None:
    """Add the model `big`, and change the skill."""
    write_examples(place, search=2, selection=2, test=2)
    path = place.root / "config.yaml"
    yaml = YAML()
    config = yaml.load(path.read_text())
    config["models"]["big"] = big
    config["skills"][SKILL].update(skill)
    with path.open("w") as file:
        yaml.dump(config, file)


@pytest.mark.slow
def test_a_limit_of_money_without_a_price_is_refused_with_the_remedy(place: Place) -> None:
    set_up(place, HOSTED)
    with pytest.raises(ConfigError) as refused:
        prepare(place.open(), LIMITED)
    assert "the price of models.big is not known" in refused.value.message
    assert "`prices: {input: …, output: …}` to models.big" in refused.value.hint
    assert prepare(place.open(), SearchRequest(skill=SKILL, writer="big"))


@pytest.mark.slow
def test_the_price_in_the_config_lets_money_be_limited(place: Place) -> None:
    set_up(place, HOSTED | {"prices": {"input": 2, "output": 8}})
    plan = prepare(place.open(), LIMITED).session.search_plan
    assert plan.budget.money == 0.5
    assert (plan.prices.task, plan.prices.writer) == (FREE, Price(input=2, output=8))
    assert plan.prices.judge == FREE  # there is none


def test_a_judge_needs_a_price_too(place: Place) -> None:
    set_up(place, HOSTED, judge={"model": "big"})
    request = SearchRequest(skill=SKILL, budget=BudgetOverride(money=0.5))
    with pytest.raises(ConfigError, match=r"models\.big is not known"):
        prepare(place.open(), request)


@pytest.mark.slow
def test_the_calls_of_a_scorer_are_within_a_limit_of_money(place: Place) -> None:
    scorer = {"scorer": {"name": "judge", "rubric": "Is it good?", "model": "big"}}
    set_up(place, HOSTED | {"prices": {"input": 2, "output": 8}}, **scorer)
    limited = SearchRequest(skill=SKILL, budget=BudgetOverride(money=0.01))
    plan = prepare(place.open(), limited).session.search_plan
    assert plan.prices.scorer == Price(input=2, output=8)
    free, answer = (estimate(place.open(), r) for r in (SearchRequest(skill=SKILL), limited))
    assert answer.scorer_calls == answer.task_calls + answer.test_calls < free.scorer_calls
    assert answer.money is not None and 0 < (answer.money.judge or 0) <= 0.01


@pytest.mark.slow
def test_a_scorer_without_a_price_is_refused_where_money_is_limited(place: Place) -> None:
    scorer = {"scorer": {"name": "judge", "rubric": "Is it good?", "model": "big"}}
    set_up(place, HOSTED, **scorer)
    with pytest.raises(ConfigError, match=r"the price of models\.big is not known"):
        prepare(place.open(), SearchRequest(skill=SKILL, budget=BudgetOverride(money=0.5)))


@pytest.mark.slow
def test_the_rubrics_of_the_scorer_checks_are_calls_that_cost_money(place: Place) -> None:
    scorer = {"scorer": {"name": "checks", "model": "big"}}
    set_up(place, HOSTED, **scorer)
    request, limit = SearchRequest(skill=SKILL), BudgetOverride(money=0.5)
    plain = estimate(place.open(), request)
    assert plain.scorer_calls == 0 and plain.money is not None and plain.money.judge == 0
    assert prepare(place.open(), SearchRequest(skill=SKILL, budget=limit))
    path = place.root / "examples.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows[::2]:
        row["required"] = {"judge:Is it kind?": 1, "not-judge:Is it rude?": 1, "contains:o": 1}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    graded = estimate(place.open(), request)
    assert graded.scorer_calls == graded.task_calls + graded.test_calls  # two of each second row
    assert graded.money is not None and graded.money.judge is None
    with pytest.raises(ConfigError, match=r"the price of models\.big is not known"):
        prepare(place.open(), SearchRequest(skill=SKILL, budget=limit))
    with pytest.raises(ConfigError, match=r"the price of models\.big is not known"):
        place.setting("{evolution: {budget: {money: 0.5}}}")
        evaluate(place.open(), SKILL)


@pytest.mark.slow
def test_doctor_names_the_checks_that_forbid_a_limit_of_money(place: Place) -> None:
    scorer = {"scorer": {"name": "checks", "model": "big"}}
    set_up(place, HOSTED, **scorer)
    place.setting("{evolution: {budget: {money: 0.5}}}")
    assert not [f for f in price_findings(place.open()) if f.level == "error"]
    path = place.root / "examples.jsonl"
    row = json.loads(path.read_text().splitlines()[0]) | {"required": {"judge:Kind?": 1}}
    path.write_text(json.dumps(row) + "\n")
    [error] = [f for f in price_findings(place.open()) if f.level == "error"]
    assert "the price of models.big is not known" in error.what


@pytest.mark.slow
def test_an_estimate_has_the_money_before_the_first_call(place: Place) -> None:
    set_up(place, HOSTED | {"prices": {"input": 2, "output": 8}}, model="big")
    answer = estimate(place.open(), SearchRequest(skill=SKILL, writer="big"))
    assert answer.money is not None and answer.tokens is None
    assert 0 < (answer.money.task or 0) < 1
    assert (answer.money.writer, answer.money.total) == (None, None)  # how often is not known
    limited = estimate(place.open(), LIMITED)
    assert limited.money is not None and limited.money.total == 0.5
    tight = BudgetOverride(money=(answer.money.task or 0) / 4)
    few = estimate(place.open(), SearchRequest(skill=SKILL, writer="big", budget=tight))
    assert 0 < few.task_calls < answer.task_calls / 3


@pytest.mark.slow
def test_models_on_this_machine_cost_nothing_and_may_be_limited(place: Place) -> None:
    write_examples(place, search=1, selection=1)
    request = SearchRequest(skill=SKILL, budget=BudgetOverride(money=0.01))
    answer = estimate(place.open(), request)
    assert answer.money is not None and answer.money.total == 0
    assert answer.task_calls == 600


def test_a_price_that_is_unknown_is_never_0(place: Place) -> None:
    set_up(place, HOSTED, model="big")
    money = estimate(place.open(), SearchRequest(skill=SKILL)).money
    assert money is not None and money.task is None and money.total is None
