from collections import Counter

import pytest

from tests.evolution.world import PATTERN, World, problem
from tinyarms.evolution.constants import BLOCK_EXAMPLES
from tinyarms.evolution.optimizers.promptbreeder import PromptBreeder
from tinyarms.evolution.scoring.call_allocation import shares_of


@pytest.mark.parametrize("calls", [1, 399, 400, 100_000])
def test_shares_leave_something_for_everything(calls: int) -> None:
    shares = shares_of(calls)
    assert 0 < shares.selection < 0.5
    assert 0 < shares.first < shares.breeding < 1
    assert shares.crossing > 0
    assert shares.first + shares.crossing < shares.breeding
    assert shares.finalists >= 3


@pytest.mark.slow
def test_a_larger_budget_looks_at_more_prompts_not_only_longer_at_each() -> None:
    sizes = []
    for calls in (200, 800):
        given = problem(PATTERN, search=90, selection=60, calls=calls)
        search = PromptBreeder(given)
        World(given).run(search)
        first = [c for c in search.outcome.candidates if c.generation == 0]
        sizes.append(len(first))
        assert len(first) * BLOCK_EXAMPLES <= search.shares.first * calls
        assert Counter(c.operator for c in first)["incumbent"] == 1
    assert sizes[1] > 5 * sizes[0]
