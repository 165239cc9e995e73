"""A test among twelve people, of whom three vote, ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyarms.experiments.rules.taste_only import TasteOnly

BENCHMARKS = str(Path(__file__).parents[2] / "benchmarks")


@pytest.mark.slow
@pytest.mark.parametrize("paces", [(1, 1, 1), (3, 2, 1)])
def test_three_voters_of_twelve_promote_the_better_prompt(
    paces: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    from voting_weeks import Voter, promoted_weeks

    voters = [Voter(f"voter {number}", 0.78, pace) for number, pace in enumerate(paces)]
    promoted, counted = promoted_weeks(TasteOnly(50), 60, 1, voters, votes=72)
    assert promoted >= 48
    assert counted >= 50
