"""The made-up task of the benchmark `writers`, and a small run of it."""

from __future__ import annotations

from statistics import mean

import pytest

from bench_writers import OFTEN, WITH, WITHOUT, bars, probe, search
from hidden_rules import FIRST, TEST, USELESS, hidden_rules, write
from tinyarms.evolution.operators.with_writer.marked_proposals import Case, read_proposals
from tinyarms.evolution.operators.with_writer.reflection import Assignment, reflection_request
from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.prompt import Prompt

CASES = tuple(
    Case(row, (("Answer given", "north"), ("Right answer", "west")))
    for row in ("anvils before bridge winter", "quiet bridge charts waiting hand")
)


def reflecting(seed: int) -> ModelRequest:
    request = reflection_request(Assignment("Name the depot.", "", 3), "Name the depot.", CASES)
    return ModelRequest(messages=request.messages, seed=seed)


def test_only_the_rules_make_a_prompt_good() -> None:
    task = hidden_rules(1)
    rules = " ".join(f"{word.capitalize()} goes to {depot}." for word, depot in task.rules.items())
    told = Prompt(f"{rules}\n\n{FIRST.text}")
    assert task.held_out(FIRST) < 0.6
    assert task.held_out(told) > 0.85


def test_the_splits_have_no_example_in_common() -> None:
    task = hidden_rules(2)
    rows = [
        task.example(split, n).inputs["message"]
        for split in ("search", "selection", "test")
        for n in range(TEST // 4)
    ]
    assert len(set(rows)) == len(rows)


@pytest.mark.slow
def test_the_writer_finds_what_failures_have_in_common_and_is_often_useless() -> None:
    proposals = [read_proposals(write(reflecting(seed)), CASES) for seed in range(300)]
    useful = [p for p in proposals if any("Bridge goes to west." in q.prompt for q in p)]
    assert len(proposals) - len(useful) == pytest.approx(300 * USELESS, abs=30)


@pytest.mark.slow
def test_reflection_needs_less_than_half_of_the_calls() -> None:
    abilities, calls = probe()
    assert "reflection" in abilities
    assert calls <= 6
    runs = [
        search(hidden_rules(seed), way, budget)
        for seed in range(1, 5)
        for way, budget in ((WITHOUT, 400), (OFTEN, 400), (WITH, 150), (WITH, 400))
    ]
    (bar,) = bars(runs, 400)
    assert bar.holds
    others = [r.accuracy for r in runs if r.way != WITH]
    assert mean(r.accuracy for r in runs if (r.way, r.budget) == (WITH, 400)) > mean(others) + 0.1
