"""What candidates cost: their limits, and which of equally accurate finalists comes first."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evolution.world import World, candidate, problem
from tinyarms.core.settings import Evolution, Limits
from tinyarms.evolution.optimizers.population_search import PopulationSearch
from tinyarms.evolution.optimizers.registry import OPTIMIZERS, make_optimizer, original_calls
from tinyarms.evolution.protocol import Evaluate, Evaluated, Finalist
from tinyarms.evolution.scoring.costs import EQUAL_ACCURACY, Costs


def costs(limits: Limits, **calls: list[tuple[int | None, float | None]]) -> Costs:
    made = Costs(limits)
    for name, answers in calls.items():
        for tokens, ms in answers:
            made.add(name, Evaluated(1.0, False, prompt_tokens=tokens, ms=ms))
    return made


def finalist(name: str, accuracy: float) -> Finalist:
    made = candidate("Say it.", name=name)
    return Finalist(made, made.prompt, accuracy, accuracy, 100, 0, 0)


def test_tokens_are_limited_on_average_and_time_at_the_95th_percentile() -> None:
    found = costs(
        Limits(prompt_tokens=100, p95_ms=50.0),
        short=[(90, 10.0), (110, 20.0)],
        long=[(90, 10.0), (111, 10.0)],
        slow=[(10, 10.0)] * 18 + [(10, 51.0)] * 2,
        fast=[(10, 10.0)] * 19 + [(10, 5000.0)],
        unknown=[(None, None)],
    )
    names = ("short", "long", "slow", "fast", "unknown", "never asked")
    exceeded = [found.exceeded(name) for name in names]
    assert exceeded == [None, "prompt_tokens", "p95_ms", None, None, None]
    assert (found.prompt_tokens("long"), found.p95_ms("slow")) == (100.5, 51.0)
    unlimited = costs(Limits(), long=[(10**6, 1e9)])
    assert unlimited.exceeded("long") is None


def test_of_equally_accurate_finalists_the_cheaper_comes_first() -> None:
    found = costs(
        Limits(),
        dear=[(400, 1.0)],
        cheap=[(100, 1.0)],
        worse=[(10, 1.0)],
        worst=[(5, 1.0)],
    )
    ranked = [finalist("dear", 0.80), finalist("cheap", 0.79), finalist("worse", 0.785)]
    ranked.append(finalist("worst", 0.5))
    order = [each.candidate.id for each in found.cheaper_first(ranked)]
    assert order == ["cheap", "dear", "worse", "worst"]
    # Without known costs the order stays.
    assert Costs(Limits()).cheaper_first(ranked) == ranked


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(50, 90), st.integers(1, 9) | st.none()), min_size=1, max_size=7)
)
def test_each_place_has_one_that_is_as_accurate_as_the_best_of_the_rest(
    drawn: list[tuple[int, int | None]],
) -> None:
    given = [finalist(f"c{n}", percent / 100) for n, (percent, _) in enumerate(drawn)]
    found = costs(Limits(), **{f"c{n}": [(tokens, 1.0)] for n, (_, tokens) in enumerate(drawn)})
    left = list(given)
    for each in found.cheaper_first(given):
        assert abs(each.accuracy - left[0].accuracy) <= EQUAL_ACCURACY + 1e-9
        left.remove(each)
    assert left == []


@dataclass
class Counted(World):
    """A world in which a prompt costs tokens and time by its length."""

    def _evaluated(self, request: Evaluate) -> Evaluated:
        length = len(request.prompt.text) + 100 * len(request.prompt.demonstrations)
        return replace(super()._evaluated(request), prompt_tokens=length, ms=2.0 * length)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
@pytest.mark.parametrize("limit", ["prompt_tokens", "p95_ms"])
def test_no_search_has_a_finalist_over_a_limit(name: str, limit: str) -> None:
    given = problem(calls=260, search=50, selection=30)
    given = replace(given, calls=original_calls(given.settings)) if name == "original" else given

    def finalists(limits: Limits) -> tuple[PopulationSearch, list[float]]:
        chosen = given.settings.model_copy(update={"limits": limits})
        limited = replace(given, settings=chosen)
        search = make_optimizer(name, limited)
        assert isinstance(search, PopulationSearch)
        Counted(limited).run(search)
        ids = [each.candidate.id for each in search.outcome.finalists]
        return search, [search.costs.prompt_tokens(id) or 0 for id in ids]

    _, lengths = finalists(Limits())
    assert lengths
    most = int(min(lengths)) - 1
    search, shorter = finalists(Limits(**{limit: most if limit == "prompt_tokens" else 2 * most}))
    assert all(each <= most for each in shorter)
    over = search.outcome.over_limits
    assert over and set(over.values()) == {limit}
    incumbents = {c.id for c in search.outcome.candidates if c.operator == "incumbent"}
    assert incumbents.isdisjoint(over)
    assert Evolution().limits == Limits()
