"""Suggestions after a search that found nothing better."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tinyarms.experiments.evidence import GateEvidence
from tinyarms.experiments.offline_gate import paired_gate
from tinyarms.loop.searching.suggestion import Measured, Remedy, suggest, with_review
from tinyarms.store.db.records import OperatorRecord, ProbeResult, SessionState

NOTHING = Measured(
    state=SessionState.NOTHING_BETTER,
    probe=None,
    gate=(),
    dropped_by_judge=0,
    writer="tiny",
    operators={},
    prompts=40,
    lead=0.0,
    calls=600,
    budget=600,
)


def probe(right: int, n: int) -> ProbeResult:
    return ProbeResult("not_worth_it", "", n, {"right": right, "n": n})


def gate(n: int, wins: int, losses: int) -> GateEvidence:
    before = {str(number): losses <= number < n - wins or number < losses for number in range(n)}
    after = {str(number): number >= losses for number in range(n)}
    evidence = paired_gate(before, after, 1)
    assert (evidence.wins, evidence.losses, evidence.passed) == (wins, losses, False)
    return evidence


def operator(name: str, proposals: int, accepted: int, beat: int) -> OperatorRecord:
    return OperatorRecord(
        session_id="s",
        operator=name,
        proposals=proposals,
        accepted=accepted,
        rejected={"similar": proposals - accepted},
        beat_parent=beat,
    )


@pytest.mark.parametrize(
    ("right", "n", "remedy"),
    [(12, 12, "more_examples"), (49, 50, "more_examples"), (0, 20, "better_model")],
)
def test_where_there_was_no_search(right: int, n: int, remedy: Remedy) -> None:
    measured = replace(NOTHING, state=SessionState.NOT_WORTH_IT, probe=probe(right, n))
    assert suggest(measured).remedy == remedy


def test_a_gain_that_the_gate_could_not_be_sure_of_needs_more_test_examples() -> None:
    kept = replace(NOTHING, state=SessionState.KEPT, gate=[gate(100, 17, 9)])
    suggestion = suggest(kept)
    assert suggestion.remedy == "more_test_examples"
    assert "gained 8% on 100 test examples" in suggestion.sentence
    needed = next(
        int(word) for word in suggestion.sentence.split() if word.isdigit() and int(word) > 100
    )
    enough = paired_gate(
        {str(k): k >= needed * 17 // 100 for k in range(needed)},
        {str(k): k < needed - -(-needed * 9 // 100) for k in range(needed)},
        1,
    )
    assert enough.passed
    for hopeless in (gate(100, 4, 4), gate(100, 2, 5)):
        assert suggest(replace(kept, gate=[hopeless])).remedy != "more_test_examples"


def test_what_the_judge_dropped() -> None:
    dropped = replace(NOTHING, state=SessionState.KEPT, dropped_by_judge=3)
    assert suggest(dropped).remedy == "another_judge"
    assert "3 variants" in suggest(dropped).sentence


@pytest.mark.parametrize(
    ("operators", "remedy"),
    [
        ([operator("rewrite", 40, 5, 1)], "another_writer"),
        ([operator("rewrite", 20, 12, 0)], "another_writer"),
        ([operator("rewrite", 20, 12, 3)], "better_model"),
        ([operator("rewrite", 4, 0, 0)], "better_model"),
        ([operator("choose_demonstrations", 40, 5, 0)], "better_model"),
    ],
)
def test_a_writer_that_writes_nothing_usable(
    operators: list[OperatorRecord], remedy: Remedy
) -> None:
    measured = replace(NOTHING, operators={one.operator: one for one in operators})
    assert suggest(measured).remedy == remedy


@pytest.mark.parametrize(
    ("budget", "calls", "lead", "remedy"),
    [
        (200, 200, 0.0, "larger_budget"),
        (200, 90, 0.0, "better_model"),
        (600, 600, 0.1, "larger_budget"),
        (600, 600, 0.0, "better_model"),
        (None, 600, 0.1, "better_model"),
    ],
)
def test_a_budget_that_ended_the_search(
    budget: int | None, calls: int, lead: float, remedy: Remedy
) -> None:
    measured = replace(NOTHING, budget=budget, calls=calls, lead=lead)
    suggestion = suggest(measured)
    assert suggestion.remedy == remedy
    if remedy == "larger_budget":
        assert f"--budget {max(400, 2 * (budget or 0))}" in suggestion.sentence


def test_collected_examples_that_wait_are_named_where_gold_helps() -> None:
    better = suggest(NOTHING)
    assert better.remedy == "better_model"
    named = with_review(better, "feeling", 3)
    assert named.sentence == (
        f"{better.sentence} 3 collected examples wait for a review: "
        "tinyarms examples review feeling"
    )
    assert with_review(better, "feeling", 0) == better
    budget = suggest(replace(NOTHING, budget=200, calls=200))
    assert (budget.remedy, with_review(budget, "feeling", 3)) == ("larger_budget", budget)
