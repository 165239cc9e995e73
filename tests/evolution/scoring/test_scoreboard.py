import math
import random
from collections.abc import Sequence

import pytest

from tests.evolution.world import INCUMBENT, LABELS, PATTERN, example
from tinyarms.core.errors import ExampleError
from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.protocol import Evaluated
from tinyarms.evolution.scoring.calibration import fit_calibration, fit_freely, label_shares
from tinyarms.evolution.scoring.scoreboard import Scoreboard
from tinyarms.skills.contract import Labels
from tinyarms.skills.example import Example
from tinyarms.skills.execution import Unanswered
from tinyarms.skills.prompt import Demonstration, Prompt

EXAMPLES = [example(i) for i in range(12)]
SHOWN = (Demonstration({"text": "fine"}, "positive"),)
CHILD = Candidate("child", Prompt("Classify it.", SHOWN), "rewrite")
GIVEN = Candidate("given", INCUMBENT, "incumbent")


def board(calibrate: bool = True, contract: object = LABELS) -> Scoreboard:
    return Scoreboard(EXAMPLES, contract, 0.5, calibrate)


def record(board: Scoreboard, candidate: Candidate, scores: Sequence[float]) -> None:
    for request, score in zip(board.missing(candidate, len(scores)), scores, strict=True):
        board.record(request, Evaluated(score, False))


def positive(expected: str, lean: float = 3.0) -> Evaluated:
    """From a worker that knows the answer, but always says `positive`."""
    x = lean + (1.0 if expected == "positive" else -1.0)
    known = {"negative": -math.log1p(math.exp(x)), "positive": -math.log1p(math.exp(-x))}
    return Evaluated(float(expected == "positive"), False, known)


def leaning(board: Scoreboard, candidate: Candidate, n: int) -> None:
    for request in board.missing(candidate, n):
        board.record(request, positive(request.example.expected))


def test_without_examples_there_is_nothing_to_search_on() -> None:
    with pytest.raises(ExampleError, match="search"):
        Scoreboard([], LABELS, 0.5, True)


def test_all_meet_the_examples_in_the_same_order() -> None:
    scores = board()
    assert [r.example for r in scores.missing(CHILD, 4)] == EXAMPLES[:4]
    record(scores, CHILD, [1, 0, 1, 1])
    assert scores.missing(CHILD, 4) == []
    assert [r.example for r in scores.missing(CHILD, 6)] == EXAMPLES[4:6]
    assert [r.example for r in scores.missing(GIVEN, 2)] == EXAMPLES[:2]
    assert len(scores.missing(CHILD, 999)) == 8


@pytest.mark.parametrize("labels", ["abcdef", "abcd"])
def test_grades_are_calibrated_probabilities(labels: str) -> None:
    rng = random.Random(1)
    shown = [Example(f"{n}", {"text": f"{n}"}, rng.choice(labels), "search") for n in range(20)]
    scores = Scoreboard(shown, Labels(tuple(labels)), 0.5, calibrate=True)
    said = [{label: rng.gauss(0, 1) for label in labels} for _ in range(8)]
    for request, each in zip(scores.missing(CHILD, 8), said, strict=True):
        scores.record(request, Evaluated(0.0, False, each))
    expected = [example.expected for example in shown]
    shares = label_shares(expected, labels)
    handed_over = fit_calibration(said, expected[:8], shares)
    many = len(labels) > 4
    graded_by = handed_over if many else fit_freely(said, expected[:8], tuple(labels))
    assert scores.label_shares == shares
    assert list(scores.grades(CHILD)) == list(graded_by.probabilities)
    assert scores.grades(CHILD, 7) == [0.0] * 7
    assert scores.successes(CHILD) == list(graded_by.correct)
    assert scores.calibrated(CHILD).calibration == handed_over.biases


def test_fitness_is_the_mean_score_and_accuracy_the_share_of_successes() -> None:
    scores = board(contract=PATTERN)
    record(scores, CHILD, [1.0, 0.5, 0.4, 0.1])
    assert scores.fitness(CHILD) == pytest.approx(0.5)
    assert scores.fitness(CHILD, 2) == pytest.approx(0.75)
    assert scores.successes(CHILD) == [True, True, False, False]
    assert scores.accuracy(CHILD) == 0.5
    assert scores.calibrated(CHILD) is CHILD.prompt


def test_only_what_stands_without_a_gap_counts() -> None:
    scores = board()
    requests = scores.missing(CHILD, 3)
    scores.record(requests[0], Evaluated(1.0, False))
    scores.record(requests[2], Evaluated(0.0, False))
    assert (scores.n(CHILD), scores.fitness(CHILD)) == (1, 1.0)
    scores.record(requests[1], Evaluated(0.0, False))
    assert scores.n(CHILD) == 3
    assert scores.fitness(CHILD) == pytest.approx(1 / 3)


def test_an_unknown_candidate_has_met_nothing() -> None:
    scores = board()
    assert (scores.n(CHILD), scores.accuracy(CHILD), scores.successes(CHILD)) == (0, 0.0, [])
    assert scores.shrunken(CHILD, 0.6) == pytest.approx(0.6)


def test_luck_on_a_few_examples_fades() -> None:
    scores = board(contract=PATTERN)
    record(scores, CHILD, [1, 1])
    record(scores, GIVEN, [1] * 9 + [0])
    assert scores.fitness(CHILD) > scores.fitness(GIVEN)
    assert scores.shrunken(CHILD, 0.5) == pytest.approx((2 + 5) / 12)
    assert scores.shrunken(CHILD, 0.5) < scores.shrunken(GIVEN, 0.5)


def test_a_leaning_worker_is_calibrated() -> None:
    scores = board()
    leaning(scores, CHILD, 12)
    calibrated = scores.calibrated(CHILD)
    assert (calibrated.text, calibrated.demonstrations) == (CHILD.prompt.text, SHOWN)
    assert calibrated.calibration["negative"] > 1 > 0 > calibrated.calibration["positive"]
    assert scores.accuracy(CHILD) == 1.0
    assert 0.5 < scores.fitness(CHILD) < 1.0
    requests = scores.missing(GIVEN, 1)
    answer = Evaluated(0.0, False, {"negative": math.log(0.2), "positive": math.log(0.8)})
    assert scores.grade(CHILD, requests[0].example, answer) != answer.score


def test_answers_elsewhere_sharpen_the_calibration() -> None:
    scores = board()
    leaning(scores, CHILD, 12)
    elsewhere = [example(i) for i in range(100, 300)]
    further = [(each, positive(each.expected, lean=5.0)) for each in elsewhere]
    before, after = scores.calibrated(CHILD).calibration, scores.calibrated(CHILD, further)
    assert before["negative"] - before["positive"] == pytest.approx(3, abs=0.5)
    assert after.calibration["negative"] - after.calibration["positive"] > 4
    assert scores.calibrated(CHILD, [(elsewhere[0], Evaluated(1.0, False))]).calibration == before
    assert scores.calibrated(GIVEN, further) is INCUMBENT


def test_the_incumbent_stays_as_it_is() -> None:
    scores = board()
    leaning(scores, GIVEN, 12)
    share = sum(e.expected == "positive" for e in EXAMPLES) / 12
    assert scores.calibrated(GIVEN) is INCUMBENT
    assert scores.accuracy(GIVEN) == pytest.approx(share)
    answer = Evaluated(1.0, False, {"negative": -3.0, "positive": -0.1})
    assert scores.grade(GIVEN, EXAMPLES[0], answer) == 1.0


@pytest.mark.parametrize("n", [1, 7])
def test_too_few_examples_calibrate_nothing(n: int) -> None:
    scores = board()
    leaning(scores, CHILD, n)
    assert scores.calibrated(CHILD) is CHILD.prompt
    assert scores.accuracy(CHILD) < 1.0


def test_a_server_without_log_probabilities_calibrates_nothing() -> None:
    scores = board()
    leaning(scores, CHILD, 11)
    scores.record(scores.missing(CHILD, 12)[0], Evaluated(1.0, False))
    assert scores.calibrated(CHILD) is CHILD.prompt


def test_calibration_can_be_left_out() -> None:
    scores = board(calibrate=False)
    leaning(scores, CHILD, 12)
    assert scores.calibrated(CHILD) is CHILD.prompt
    share = sum(e.expected == "positive" for e in EXAMPLES) / 12
    assert scores.fitness(CHILD) == scores.accuracy(CHILD) == pytest.approx(share)
    assert list(scores.grades(CHILD)) == list(scores.successes(CHILD))


def test_failures_and_worked_examples() -> None:
    scores = board(contract=PATTERN)
    for request, right in zip(scores.missing(CHILD, 4), [1, 0, 1, 0], strict=True):
        scores.record(request, Evaluated(float(right), False, output="said"))
    assert scores.failures(CHILD) == [EXAMPLES[1], EXAMPLES[3]]
    assert scores.worked(CHILD) == [(EXAMPLES[0], "said"), (EXAMPLES[2], "said")]
    assert scores.failures(GIVEN) == scores.worked(GIVEN) == []


def test_leaning_is_the_share_of_answers_less_the_share_that_is_right() -> None:
    scores = board()
    for request in scores.missing(CHILD, 4):
        scores.record(request, Evaluated(0.0, False, output="positive"))
    right = sum(e.expected == "positive" for e in EXAMPLES[:4]) / 4
    assert scores.label_bias(CHILD) == {"negative": right - 1, "positive": 1 - right}
    assert scores.label_bias(GIVEN) == {}


def test_an_example_without_an_answer_is_left_out_for_all_and_the_next_takes_its_place() -> None:
    scores = board(calibrate=False)
    record(scores, GIVEN, [1, 1, 0, 1])
    lost = scores.missing(CHILD, 4)[1]
    scores.leave_out(lost, Unanswered("failed", "too slow"))
    assert lost.example not in scores.examples
    assert (scores.n(GIVEN), list(scores.grades(GIVEN))) == (3, [1, 0, 1])
    assert [r.example for r in scores.missing(GIVEN, 4)] == [EXAMPLES[4]]
    assert [r.example for r in scores.missing(CHILD, 4)] == [EXAMPLES[i] for i in (0, 2, 3, 4)]


def test_a_calibration_is_fitted_again_without_the_example_that_is_left_out() -> None:
    scores, fresh = board(), Scoreboard(EXAMPLES[1:], LABELS, 0.5, True)
    for each in (scores, fresh):
        leaning(each, CHILD, 11)
    before = scores.fitness(CHILD, 11)
    first = scores.missing(GIVEN, 1)[0]
    scores.leave_out(first, Unanswered("not_scored", "no score"))
    leaning(scores, CHILD, 11)
    assert scores.fitness(CHILD) == fresh.fitness(CHILD) != before


def test_a_prompt_that_is_too_long_for_an_answered_example_ends_its_own_race() -> None:
    scores = board(calibrate=False)
    record(scores, GIVEN, [1, 1, 0, 1])
    record(scores, CHILD, [1])
    refused = scores.missing(CHILD, 4)[0]
    scores.leave_out(refused, Unanswered("refused", "too long"))
    assert scores.examples == tuple(EXAMPLES)
    assert (scores.n(GIVEN), scores.n(CHILD), scores.missing(CHILD, 4)) == (4, 0, [])
    assert scores.shrunken(CHILD, 0.9) == 0


def test_where_no_example_can_be_asked_the_reason_is_told() -> None:
    scores = Scoreboard(EXAMPLES[:1], LABELS, 0.5, True)
    with pytest.raises(ExampleError, match=r"None of the `search` examples has an answer\. Long"):
        scores.leave_out(scores.missing(GIVEN, 1)[0], Unanswered("refused", "Long."))


def test_what_the_examples_suggest_does_not_hide_which_candidate_knows_more() -> None:
    def suggested(example: Example) -> dict[str, float]:
        sure = dict.fromkeys(LABELS.labels, -4.0)
        return sure | {example.expected: math.log1p(-math.exp(-4.0))}

    scores = Scoreboard(EXAMPLES, LABELS, 0.5, calibrate=True, suggested=suggested)
    leaning(scores, CHILD, 8)
    guessing = Candidate("guessing", Prompt("Guess."), "rewrite")
    rng = random.Random(3)
    for request in scores.missing(guessing, 8):
        said = {label: rng.gauss(0, 1) for label in LABELS.labels}
        scores.record(request, Evaluated(0.0, False, said))
    assert scores.successes(CHILD) == scores.successes(guessing) == [True] * 8
    assert scores.fitness(CHILD) > scores.fitness(guessing) + 0.1
    with_memory = [scores.fitness(c, with_memory=True) for c in (CHILD, guessing)]
    assert with_memory[0] - with_memory[1] < 0.05
    assert min(with_memory) > 0.95
