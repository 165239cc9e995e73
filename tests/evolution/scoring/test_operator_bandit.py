import random
from collections import Counter

from tinyarms.evolution.candidate import Proposal
from tinyarms.evolution.scoring.operator_bandit import choose_operator

WEIGHTS = {"edit": 0.2, "rewrite": 0.2, "combine": 0.05}


def proposals(operator: str, beat: bool | None, n: int) -> list[Proposal]:
    return [Proposal(operator, ("p",), "accepted", None, beat) for _ in range(n)]


def draws(known: list[Proposal], n: int = 600) -> Counter[str]:
    rng = random.Random(5)
    return Counter(choose_operator(WEIGHTS, known, rng) for _ in range(n))


def test_at_first_the_weights_decide() -> None:
    drawn = draws([])
    assert abs(drawn["edit"] - drawn["rewrite"]) < 100
    assert 0 < drawn["combine"] < min(drawn["edit"], drawn["rewrite"]) / 3


def test_what_wins_is_tried_more_often_and_nothing_is_given_up() -> None:
    known = proposals("combine", True, 4) + proposals("edit", False, 3)
    drawn = draws(known)
    assert drawn["combine"] > drawn["rewrite"] > drawn["edit"] > 0


def test_a_rejected_proposal_counts_as_a_loss() -> None:
    rejected = [Proposal("edit", ("p",), "too_similar") for _ in range(12)]
    assert draws(rejected)["edit"] < draws([])["edit"] / 3


def test_the_same_numbers_give_the_same_choice() -> None:
    known = proposals("edit", True, 3)
    backwards = dict(reversed(WEIGHTS.items()))
    for seed in range(20):
        one = choose_operator(WEIGHTS, known, random.Random(seed))
        assert one == choose_operator(backwards, known, random.Random(seed))
