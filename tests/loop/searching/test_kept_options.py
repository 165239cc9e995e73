from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tinyarms.core.settings import Budget, Evolution
from tinyarms.loop.searching.kept_options import kept_options
from tinyarms.loop.searching.request import BudgetOverride, SearchRequest
from tinyarms.store.db.records import SearchPlan, SessionRecord, SessionState

SESSION = SessionRecord(
    id="0123456789",
    skill="feeling",
    original_prompt_hash="",
    triggered_at=datetime(2026, 1, 1, tzinfo=UTC),
    trigger_reason="manual",
    base_version=1,
    preset="default",
    author="writer",
    optimizer="promptbreeder",
    seed=1,
    state=SessionState.SEARCHING,
    search=SearchPlan(variants=3, writer="tiny", budget=Budget(calls=90), evolution=Evolution()),
)


@pytest.mark.parametrize(
    "options",
    [
        {"budget": BudgetOverride(calls=999)},
        {"budget": BudgetOverride(tokens=9)},
        {"budget": BudgetOverride(seconds=0.5)},
        {"seed": 0},
        {"variants": 2},
        {"optimizer": "opro"},
        {"preset": "original"},
        {"writer": "large"},
    ],
)
def test_a_resumed_search_says_which_options_it_keeps(options: dict[str, Any]) -> None:
    assert kept_options(SearchRequest(skill="feeling", **options), SESSION) == (
        "Resuming session 01234567 with its own options (--variants 3 --seed 1 --optimizer "
        "promptbreeder --preset default --writer tiny --budget 90); for new options: --restart"
    )


def test_the_same_options_or_none_need_no_words() -> None:
    assert kept_options(SearchRequest(skill="feeling"), SESSION) is None
    same = SearchRequest(skill="feeling", seed=1, budget=BudgetOverride(calls=90))
    assert kept_options(same, SESSION) is None
