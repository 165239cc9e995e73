"""The memory benchmark runs and reports its bars."""

from __future__ import annotations

import pytest

import bench_memory
from search.dataset import Dataset
from tinyarms.skills.contract import Labels
from tinyarms.skills.example import Example

pytestmark = pytest.mark.slow


def test_every_bar_of_the_cost() -> None:
    shown, bars = bench_memory.cost(examples=120, queries=20)

    assert [bar.target for bar in bars] == ["<= 2", "<= 30", "<= 0.3"]
    assert len(shown.splitlines()) == 6


def test_the_accuracy_is_that_of_the_rows_held_out() -> None:
    words = {"good": "lovely", "bad": "dull"}
    rows = [
        Example(f"e{n}", {"text": f"a {words[label]} film {n}"}, label, "search")
        for n, label in enumerate(["good", "bad"] * 12)
    ]
    wrong = Example("w", {"text": "a lovely film"}, "bad", "test")
    data = Dataset(
        name="x",
        description="",
        contract=Labels(("good", "bad")),
        scorer_name="labels",
        first_prompt="",
        held_out=(*rows[20:], wrong),
        search=tuple(rows[:20]),
        selection=(),
    )

    assert bench_memory.accuracy(data) == (0.8, 0.8)


def test_made_up_texts_are_all_different_and_long_enough() -> None:
    examples = bench_memory.made_up(60, seed=0)

    assert len({example.inputs["text"] for example in examples}) == 60
    assert min(len(example.inputs["text"].split()) for example in examples) >= 12
