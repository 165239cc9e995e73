from __future__ import annotations

import random

import pytest

from tinyarms.stats.concordance import concordant_pairs


def test_a_bias_changes_nothing() -> None:
    labels = ["a", "b", "a", "b"]
    apart = [{"a": 0.0 if label == "a" else -2.0, "b": -1.0} for label in labels]
    biased = [{"a": row["a"] - 5.0, "b": row["b"]} for row in apart]
    assert concordant_pairs(apart, labels) == concordant_pairs(biased, labels) == (4.0, 4)


def test_ties_and_chance_are_half() -> None:
    assert concordant_pairs([{"a": 0.0, "b": 0.0}] * 3, ["a", "b", "b"]) == (1.0, 2)
    rng = random.Random(0)
    scores = [{"a": rng.random(), "b": rng.random(), "c": rng.random()} for _ in range(150)]
    concordant, pairs = concordant_pairs(scores, [rng.choice("abc") for _ in scores])
    assert concordant / pairs == pytest.approx(0.5, abs=0.06)


def test_reversed_scores_are_below_half() -> None:
    assert concordant_pairs([{"a": 0.0, "b": 1.0}, {"a": 1.0, "b": 0.0}], ["a", "b"]) == (0.0, 1)


def test_one_label_makes_no_pairs() -> None:
    assert concordant_pairs([{"a": 0.0, "b": 1.0}] * 2, ["a", "a"]) == (0.0, 0)
    assert concordant_pairs([], []) == (0.0, 0)
