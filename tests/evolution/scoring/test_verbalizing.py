"""Weights of words are fitted on replies, and judged by fits that have not seen the example."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tinyarms.evolution.constants import MIN_VERBALIZER_EXAMPLES, VERBALIZER_PENALTIES
from tinyarms.evolution.scoring import verbalizing
from tinyarms.evolution.scoring.labelled import Labelled
from tinyarms.evolution.scoring.verbalizing import fit_verbalizer
from tinyarms.skills.example import Example
from tinyarms.skills.verbalizer import key_of

LABELS = ("bad", "good")
SHARES = dict.fromkeys(LABELS, 0.5)
WORDS = [f"word{number}" for number in range(40)]


def replies(n: int, seed: int, *, told: float, shuffled: bool = False) -> list[Labelled]:
    """Replies whose first eight words tell the label, each by `told` standard deviations."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    values = rng.normal(size=(n, len(WORDS))) - 8
    values[:, :8] += told * (2 * labels[:, None] - 1)
    shown = rng.permutation(labels) if shuffled else labels
    return [
        Labelled(
            Example(str(i), {"text": f"{rng.bytes(30).hex()}"}, LABELS[shown[i]], "search"),
            {"bad": -1.0, "good": -1.0 + 0.01 * float(rng.normal())},
            listed=dict(zip(WORDS, row, strict=True)),
        )
        for i, row in enumerate(values.tolist())
    ]


def accuracy(found: verbalizing.Verbalized, rows: Sequence[Labelled]) -> float:
    right = 0
    for row in rows:
        scores = found.verbalizer.label_logprobs(row.listed)
        assert scores is not None
        best = max(LABELS, key=lambda label: scores[label] + found.fit.biases[label])
        right += best == row.expected
    return right / len(rows)


def test_words_that_tell_the_label_are_found() -> None:
    rows = replies(100, 0, told=0.6)
    found = fit_verbalizer(rows, SHARES)
    assert found is not None
    others = replies(400, 1, told=0.6)
    # Eight words tell it by 0.6 standard deviations each: Φ(0.6 √8) is 0.955.
    assert accuracy(found, others) > 0.85
    assert np.mean(found.fit.correct) == pytest.approx(accuracy(found, others), abs=0.08)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_shuffled_labels_give_no_verbalizer_or_one_that_admits_to_know_nothing(seed: int) -> None:
    found = fit_verbalizer(replies(200, seed, told=0.6, shuffled=True), SHARES)
    assert found is None or np.mean(found.fit.correct) < 0.6


def test_too_few_replies_or_words_give_none() -> None:
    rows = replies(MIN_VERBALIZER_EXAMPLES, 0, told=2.0)
    assert fit_verbalizer(rows, SHARES) is not None
    assert fit_verbalizer(rows[1:], SHARES) is None
    few = [
        Labelled(row.example, row.logprobs, listed=dict(list(row.listed.items())[:4]))
        for row in rows
    ]
    assert fit_verbalizer(few, SHARES) is None
    assert fit_verbalizer([Labelled(r.example, r.logprobs) for r in rows], SHARES) is None


@pytest.mark.slow
def test_labels_whose_names_tell_more_are_read_by_their_names() -> None:
    rows = [
        Labelled(
            row.example,
            {label: 0.0 if label == row.expected else -9.0 for label in LABELS},
            listed=row.listed,
        )
        for row in replies(100, 0, told=0.2)
    ]
    found = fit_verbalizer(rows, SHARES)
    assert found is not None
    assert not found.is_better
    assert found.better_fit is found.by_names


def test_what_is_left_out_is_what_a_fit_without_it_says() -> None:
    """The closed form against fits that really leave a row, or a group of near copies, out."""
    rng = np.random.default_rng(2)
    values, groups = rng.normal(size=(30, 6)), np.arange(30)
    groups[7] = groups[21] = 3
    wanted = np.eye(3)[rng.integers(0, 3, 30)]
    all_rows = verbalizing._ridges(values, wanted, groups)
    for place, _ in enumerate(VERBALIZER_PENALTIES):
        for group in (0, 3):
            hidden = groups == group
            without = verbalizing._ridges(values[~hidden], wanted[~hidden], groups[~hidden])[place]
            means, shares = values[~hidden].mean(axis=0), wanted[~hidden].mean(axis=0)
            said = shares + (values[hidden] - means) @ without.weights
            # Left-out scores have no constant, which calibration adds.
            whole = all_rows[place]
            constant = wanted.mean(axis=0) - values.mean(axis=0) @ whole.weights
            assert whole.left_out[hidden] + constant == pytest.approx(said)


def test_near_copies_do_not_vouch_for_each_other() -> None:
    """Examples without any pattern, each twice: only a copy could tell the label."""
    rows = replies(60, 4, told=0.0)
    copies = [
        Labelled(
            Example(
                f"{r.example.id}b", {"text": r.example.inputs["text"] + "!"}, r.expected, "search"
            ),
            r.logprobs,
            listed=r.listed,
        )
        for r in rows
    ]
    found = fit_verbalizer([*rows, *copies], SHARES)
    assert found is None or np.mean(found.fit.correct) < 0.65


def test_examples_that_are_all_near_copies_give_none() -> None:
    text = "the quick brown fox jumps over the lazy dog and runs away "
    rows = [
        Labelled(
            Example(str(n), {"text": text + "!" * n}, row.expected, "search"),
            row.logprobs,
            listed=row.listed,
        )
        for n, row in enumerate(replies(60, 7, told=0.5))
    ]
    assert fit_verbalizer(rows, SHARES) is None


def test_a_label_that_the_model_calls_impossible_is_no_error() -> None:
    rows = [
        Labelled(row.example, {"bad": 0.0, "good": -1e6}, listed=row.listed)
        for row in replies(60, 8, told=0.6)
    ]
    found = fit_verbalizer(rows, SHARES)
    assert found is not None
    assert found.is_better


def test_the_corrections_give_the_scores_that_the_examples_were_judged_by() -> None:
    rows = replies(80, 5, told=0.5)
    found = fit_verbalizer(rows, SHARES)
    assert found is not None
    for row, correct in zip(rows, found.fit.correct, strict=True):
        assert key_of(row.example.inputs) in found.verbalizer.without
        scores = found.verbalizer.for_example(row.example.inputs).label_logprobs(row.listed)
        assert scores is not None
        margin = {label: scores[label] + found.fit.biases[label] for label in LABELS}
        if abs(margin["good"] - margin["bad"]) > 0.01:
            assert (max(LABELS, key=margin.__getitem__) == row.expected) == correct


@pytest.mark.slow
def test_the_order_of_the_replies_does_not_matter() -> None:
    rows = replies(80, 6, told=0.5)
    found, turned = fit_verbalizer(rows, SHARES), fit_verbalizer(rows[::-1], SHARES)
    assert found is not None
    assert turned is not None
    for word, weights in found.verbalizer.words.items():
        assert turned.verbalizer.words[word] == pytest.approx(weights, abs=2e-5)
