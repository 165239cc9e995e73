"""What a search costs: estimated before, limited, and refused where a price is not known."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.loop.place import SKILL, Place
from tests.loop.searching.test_estimate import write_examples
from tinyarms.core.errors import ConfigError
from tinyarms.core.prices import FREE, Price
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
def test_a_scorer_that_costs_money_is_refused_because_it_is_not_counted(place: Place) -> None:
    scorer = {"scorer": {"name": "judge", "rubric": "Is it good?", "model": "big"}}
    set_up(place, HOSTED | {"prices": {"input": 2, "output": 8}}, **scorer)
    request = SearchRequest(skill=SKILL, budget=BudgetOverride(money=0.5))
    with pytest.raises(ConfigError, match="the calls of a scorer are not counted"):
        prepare(place.open(), request)
    free = SearchRequest(skill=SKILL)
    money = estimate(place.open(), free).money
    assert money is not None and money.judge is None and money.total is None


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
