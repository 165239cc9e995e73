import math
import random
from collections.abc import Mapping
from statistics import fmean, pvariance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.evolution.scoring.calibration import (
    Fit,
    fit_calibration,
    fit_freely,
    label_shares,
    probability,
)

LABELS = ("no", "maybe", "yes")
EVEN = dict.fromkeys(LABELS, 1 / 3)
TWO = {"no": 0.5, "yes": 0.5}


def observed(
    n: int, biases: dict[str, float], slope: float = 1.0, seed: int = 1
) -> tuple[list[dict[str, float]], list[str]]:
    """Log-probabilities of a model that has these wrong biases and is `slope` times too sure."""
    rng = random.Random(seed)
    rows, expected = [], []
    for _ in range(n):
        true = {label: rng.gauss(0, 1.5) for label in LABELS}
        weights = [math.exp(v) for v in true.values()]
        expected.append(rng.choices(LABELS, weights)[0])
        said = {label: slope * v + biases[label] for label, v in true.items()}
        total = math.log(sum(math.exp(v) for v in said.values()))
        rows.append({label: v - total for label, v in said.items()})
    return rows, expected


def spread_of(rows: list[dict[str, float]]) -> float:
    """Root mean square distance of the scores from their mean, each example's mean taken off."""
    scores = [{k: v - fmean(row.values()) for k, v in row.items()} for row in rows]
    return math.sqrt(sum(pvariance([score[label] for score in scores]) for label in LABELS))


def test_a_known_bias_is_taken_away() -> None:
    rows, expected = observed(600, {"no": 2.0, "maybe": -0.5, "yes": -1.5})
    fit = fit_calibration(rows, expected, EVEN)
    assert fit.biases["no"] == pytest.approx(-2.0, abs=0.3)
    assert fit.biases["maybe"] == pytest.approx(0.5, abs=0.3)
    assert fit.biases["yes"] == pytest.approx(1.5, abs=0.3)
    assert fit.slope == pytest.approx(1.0, abs=0.15)
    assert fmean(fit.probabilities) > 0.5
    free = fit_freely(rows, expected, LABELS)
    assert fmean(fit.probabilities) == pytest.approx(fmean(free.probabilities), abs=0.05)


def test_overconfidence_is_found() -> None:
    rows, expected = observed(600, dict.fromkeys(LABELS, 0.0), slope=3.0)
    assert fit_calibration(rows, expected, EVEN).slope == pytest.approx(1 / 3, abs=0.08)


def test_it_makes_more_of_them_right() -> None:
    rows, expected = observed(200, {"no": 3.0, "maybe": 0.0, "yes": 0.0})
    plain = sum(max(row, key=row.__getitem__) == e for row, e in zip(rows, expected, strict=True))
    assert sum(fit_calibration(rows, expected, EVEN).correct) > plain + 30


def test_correct_is_what_the_biases_choose() -> None:
    rows, expected = observed(50, {"no": 2.0, "maybe": 0.0, "yes": 0.0})
    fit = fit_calibration(rows, expected, EVEN)
    chosen = [max(LABELS, key=lambda label: row[label] + fit.biases[label]) for row in rows]
    assert fit.correct == tuple(c == e for c, e in zip(chosen, expected, strict=True))


def test_probabilities_are_those_of_the_expected_labels() -> None:
    rows, expected = observed(40, {"no": 1.0, "maybe": 0.0, "yes": 0.0})
    fit = fit_calibration(rows, expected, EVEN)
    for row, wanted, grade in zip(rows, expected, fit.probabilities, strict=True):
        assert probability(fit, row, wanted) == pytest.approx(grade, abs=1e-3)
        assert sum(probability(fit, row, label) for label in LABELS) == pytest.approx(1)


def test_a_probability_by_hand() -> None:
    fit = Fit(slope=2.0, biases={"no": -0.5, "yes": 0.5}, probabilities=(), correct=())
    row = {"no": math.log(0.5), "yes": math.log(0.5)}
    assert probability(fit, row, "yes") == pytest.approx(1 / (1 + math.exp(-2.0)))


def test_a_few_examples_do_not_run_away() -> None:
    rows = [{"no": -0.1, "yes": -2.4}, {"no": -0.2, "yes": -1.7}]
    fit = fit_calibration(rows, ["yes", "yes"], TWO)
    assert 0 < fit.biases["yes"] < 5
    assert all(0 < p < 1 for p in fit.probabilities)


@pytest.mark.parametrize("n", [3, 15, 60])
def test_it_is_the_likeliest_under_the_priors(n: int) -> None:
    rows, expected = observed(n, {"no": 4.0, "maybe": 0.0, "yes": 0.0}, slope=2.0)
    spread, shares = spread_of(rows), {"no": 0.2, "maybe": 0.5, "yes": 0.3}
    means = {label: fmean(row[label] - fmean(row.values()) for row in rows) for label in LABELS}

    def loss(slope: float, shift: dict[str, float]) -> float:
        likelihood = 0.0
        for row, wanted in zip(rows, expected, strict=True):
            said = {
                label: slope * (row[label] - means[label]) + math.log(shares[label]) + shift[label]
                for label in LABELS
            }
            likelihood += said[wanted] - math.log(sum(math.exp(v) for v in said.values()))
        small = sum((v / 0.15) ** 2 / 2 for v in shift.values())
        return math.log(slope * spread) ** 2 / 2 + small - likelihood

    fit = fit_calibration(rows, expected, shares)
    shift = {
        label: fit.slope * (bias + means[label]) - math.log(shares[label])
        for label, bias in fit.biases.items()
    }
    middle = fmean(shift.values())  # the fitted ones sum to 0
    shift = {label: value - middle for label, value in shift.items()}
    least = loss(fit.slope, shift)
    for step in (-0.05, 0.05):
        assert loss(fit.slope * math.exp(step), shift) > least
        for label in LABELS:
            assert loss(fit.slope, shift | {label: shift[label] + step}) > least


@pytest.mark.parametrize("n", [3, 15, 60])
def test_a_free_fit_is_the_likeliest_under_its_priors(n: int) -> None:
    rows, expected = observed(n, {"no": 4.0, "maybe": 0.0, "yes": 0.0}, slope=2.0)
    spread = spread_of(rows)

    def loss(slope: float, shift: dict[str, float]) -> float:
        likelihood = 0.0
        for row, wanted in zip(rows, expected, strict=True):
            said = {label: slope * row[label] + shift[label] for label in LABELS}
            likelihood += said[wanted] - math.log(sum(math.exp(v) for v in said.values()))
        priors = math.log(slope * spread) ** 2 / 2 + sum((v / 2) ** 2 / 2 for v in shift.values())
        return priors - likelihood

    fit = fit_freely(rows, expected, LABELS)
    shift = {label: fit.slope * bias for label, bias in fit.biases.items()}
    least = loss(fit.slope, shift)
    for step in (-0.05, 0.05):
        assert loss(fit.slope * math.exp(step), shift) > least
        for label in LABELS:
            assert loss(fit.slope, shift | {label: shift[label] + step}) > least


@pytest.mark.parametrize("times", [0.1, 10.0])
def test_how_sure_the_model_sounds_does_not_matter(times: float) -> None:
    rows, expected = observed(12, {"no": 1.0, "maybe": 0.0, "yes": 0.0})
    fit = fit_calibration(rows, expected, EVEN)
    louder = [{label: times * v for label, v in row.items()} for row in rows]
    other = fit_calibration(louder, expected, EVEN)
    assert other.probabilities == pytest.approx(fit.probabilities, abs=1e-4)
    assert other.correct == fit.correct
    assert other.biases["no"] == pytest.approx(times * fit.biases["no"], rel=1e-2)


def test_answers_that_are_all_the_same_fit_too() -> None:
    fit = fit_calibration([{"no": -0.5, "yes": -1.5}] * 9, ["no"] * 6 + ["yes"] * 3, TWO)
    assert all(0 < p < 1 for p in fit.probabilities)
    assert sum(fit.correct) == 6


def test_a_label_that_is_never_expected_is_allowed() -> None:
    rows, _ = observed(12, dict.fromkeys(LABELS, 0.0))
    fit = fit_calibration(rows, ["no"] * 12, EVEN)
    assert fit.biases["no"] > fit.biases["yes"]


def test_the_same_data_give_the_same_fit() -> None:
    rows, expected = observed(30, {"no": 1.0, "maybe": 0.0, "yes": 0.0})
    assert fit_calibration(rows, expected, EVEN) == fit_calibration(rows, expected, EVEN)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-30, 0), st.floats(-30, 0), st.sampled_from(["no", "yes"])),
        min_size=1,
        max_size=12,
    )
)
def test_any_log_probabilities_give_probabilities(rows: list[tuple[float, float, str]]) -> None:
    fit = fit_calibration(
        [{"no": a, "yes": b} for a, b, _ in rows], [label for *_, label in rows], TWO
    )
    assert fit.slope > 0
    assert sum(fit.biases.values()) == pytest.approx(0, abs=1e-3)
    assert len(fit.probabilities) == len(fit.correct) == len(rows)
    assert all(0 <= p <= 1 for p in fit.probabilities)


def noise(n: int, labels: tuple[str, ...], rng: random.Random) -> list[dict[str, float]]:
    return [{label: rng.gauss(0, 1) - 3 * (label == "a") for label in labels} for _ in range(n)]


@pytest.mark.slow
def test_what_says_nothing_looks_like_chance_however_few_examples_there_are() -> None:
    labels = tuple("abcdef")
    rng = random.Random(1)
    for n in (8, 16, 48):
        expected = [labels[i % 6] for i in range(n)]
        looks = [noise(n, labels, rng) for _ in range(60)]
        shares = label_shares(expected, labels)
        fitted = [fmean(fit_calibration(rows, expected, shares).probabilities) for rows in looks]
        assert fmean(fitted) == pytest.approx(1 / 6, abs=0.04)


def test_a_dozen_examples_take_the_preference_away_from_many_labels() -> None:
    labels, rng = tuple("abcdef"), random.Random(2)
    wanted = [rng.choice(labels) for _ in range(500)]

    def said(label: str) -> dict[str, float]:
        return {a: rng.gauss(0, 1) + 1.5 * (a == label) - 3 * (a == "a") for a in labels}

    rows = [said(label) for label in wanted]
    fit = fit_calibration(rows[:12], wanted[:12], label_shares(wanted, labels))
    later = list(zip(rows[12:], wanted[12:], strict=True))

    def right(biases: dict[str, float]) -> float:
        return fmean(max(row, key=lambda a: row[a] + biases[a]) == label for row, label in later)

    assert right(dict(fit.biases)) > right({"a": 3.0} | dict.fromkeys("bcdef", 0.0)) - 0.08
    assert right(dict(fit.biases)) > right(dict.fromkeys(labels, 0.0)) + 0.03


def test_a_label_that_is_rare_among_the_examples_is_chosen_rarely() -> None:
    rows, _ = observed(60, dict.fromkeys(LABELS, 0.0))
    expected = [LABELS[i % 3] for i in range(60)]
    rare = fit_calibration(rows, expected, {"no": 0.05, "maybe": 0.475, "yes": 0.475})
    even = fit_calibration(rows, expected, EVEN)
    assert rare.biases["no"] < even.biases["no"] - 1


def test_shares_count_each_label_once_more() -> None:
    assert label_shares(["no", "no", "yes", "other"], ("no", "yes")) == {"no": 0.6, "yes": 0.4}
    assert label_shares([], ("no", "yes")) == {"no": 0.5, "yes": 0.5}


def suggestions(expected: list[str], sure: float, seed: int = 5) -> list[dict[str, float]]:
    """Log-probabilities that examples suggest: `sure` nats for the right label, with noise."""
    rng = random.Random(seed)
    rows = []
    for label in expected:
        raw = {name: rng.gauss(0, 1.0) + sure * (name == label) for name in LABELS}
        total = math.log(sum(math.exp(v) for v in raw.values()))
        rows.append({name: v - total for name, v in raw.items()})
    return rows


@pytest.mark.slow
def test_what_the_examples_suggest_helps_as_much_as_it_knows() -> None:
    rows, expected = observed(2300, {"no": 1.0, "maybe": -0.5, "yes": -0.5})
    few, others = slice(300), slice(300, None)
    alone = fit_calibration(rows[few], expected[few], EVEN)
    for sure in (2.0, 1.0):
        hints = suggestions(expected, sure)
        both = fit_calibration(rows[few], expected[few], EVEN, hints[few])
        assert fmean(both.probabilities) > fmean(alone.probabilities) + 0.05 * sure
        assert sum(both.correct) > sum(alone.correct)
        # Noise of one nat around `sure` nats is `sure` nats of evidence: the right weight is that.
        true = Fit(1.0, {"no": -1.0, "maybe": 0.5, "yes": 0.5}, (), (), sure)
        new = list(zip(rows[others], expected[others], hints[others], strict=True))
        assert accuracy(both, new) > accuracy(true, new) - 0.01
    free = fit_freely(rows[few], expected[few], LABELS, suggestions(expected, 1.0)[few])
    assert fmean(free.probabilities) > fmean(alone.probabilities)


def accuracy(fit: Fit, answered: list[tuple[dict[str, float], str, dict[str, float]]]) -> float:
    """How often the likeliest label is the expected one."""
    return fmean(
        max(LABELS, key=lambda name: probability(fit, row, name, hint)) == label
        for row, label, hint in answered
    )


def test_what_does_not_help_weighs_nothing() -> None:
    rows, expected = observed(300, dict.fromkeys(LABELS, 0.0))
    alone = fit_calibration(rows, expected, EVEN)
    wrong = fit_calibration(rows, expected, EVEN, suggestions(expected, -1.0))
    assert wrong == alone
    noise = fit_calibration(rows, expected, EVEN, suggestions(expected, 0.0))
    assert noise.prior_weight * noise.slope < 0.2


def test_the_probability_of_a_new_example_counts_the_suggestion() -> None:
    rows, expected = observed(200, {"no": 1.0, "maybe": 0.0, "yes": -1.0})
    suggested = suggestions(expected, 1.5)
    fit = fit_calibration(rows, expected, EVEN, suggested)
    for row, label, hint, grade in zip(rows, expected, suggested, fit.probabilities, strict=True):
        assert probability(fit, row, label, hint) == pytest.approx(grade, abs=1e-3)
        assert sum(probability(fit, row, name, hint) for name in LABELS) == pytest.approx(1)


@pytest.mark.slow
def test_a_model_at_chance_hardly_costs_what_the_examples_know() -> None:
    """A fit on few replies must not count its noise as much as the examples."""
    lost = []
    for seed in range(40):
        rows, expected = observed(316, dict.fromkeys(LABELS, 0.0), seed=seed)
        random.Random(seed).shuffle(rows)  # What the model says has nothing to do with the labels.
        hints = suggestions(expected, 2.0, seed=100 + seed)
        few, others = slice(16), slice(16, None)
        fit = fit_calibration(rows[few], expected[few], EVEN, hints[few])

        def right(row: Mapping[str, float], hint: Mapping[str, float], fit: Fit = fit) -> str:
            return max(
                LABELS,
                key=lambda name: row[name] + fit.biases[name] + fit.prior_weight * hint[name],
            )

        both = zip(rows[others], hints[others], expected[others], strict=True)
        with_model = fmean(right(row, hint) == label for row, hint, label in both)
        examples = zip(hints[others], expected[others], strict=True)
        alone = fmean(max(hint, key=lambda name: hint[name]) == label for hint, label in examples)
        lost.append(alone - with_model)
    # With a normal prior of the log slope, which is never 0, it is 0.034.
    assert fmean(lost) < 0.028


def test_which_examples_were_answered_does_not_shift_what_is_suggested() -> None:
    # By chance nine of the twelve answered examples have one label, and the model says nothing.
    expected = ["no"] * 9 + ["maybe"] * 2 + ["yes"]
    silent = [dict.fromkeys(LABELS, -math.log(3)) for _ in expected]
    fit = fit_calibration(silent, expected, EVEN, suggestions(expected, 2.0))
    # With the mean of their suggestions subtracted, the biases are 0.8 nats apart.
    assert fit.slope * (max(fit.biases.values()) - min(fit.biases.values())) < 0.2
