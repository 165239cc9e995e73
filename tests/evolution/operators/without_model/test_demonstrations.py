import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.evolution.world import INCUMBENT, candidate, example, problem, work
from tinyarms.evolution.candidate import Candidate, Draft
from tinyarms.evolution.constants import MAX_DEMONSTRATION_CHARACTERS
from tinyarms.evolution.operators.base import OperatorInput
from tinyarms.evolution.operators.without_model.demonstrations import (
    BalanceDemonstrations,
    ChangeDemonstrations,
    ChooseDemonstrations,
    CrossDemonstrations,
    demonstration,
    diverse,
    set_sizes,
)
from tinyarms.skills.contract import Labels, Text
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Demonstration, Prompt

POOL = [example(i) for i in range(10)]
SETS = [demonstration(e) for e in POOL]
PARENT = Candidate("p", INCUMBENT, "manual", mutation_prompt="m")


def draft(
    operator: ChooseDemonstrations | ChangeDemonstrations,
    seed: int,
    shown: Sequence[Demonstration] = (),
    pool: Sequence[Example] = POOL,
) -> Draft | None:
    parent = Candidate("p", Prompt(INCUMBENT.text, tuple(shown)), "manual", mutation_prompt="m")
    return work(operator, OperatorInput(problem(), parent, parent, pool, random.Random(seed)))[0]


def shown_by(made: Draft | None) -> tuple[Demonstration, ...]:
    assert made is not None
    assert made.prompt.text == INCUMBENT.text
    assert (made.mutation_prompt, made.crossed) == ("m", False)
    return made.prompt.demonstrations


def test_a_demonstration_is_an_example_and_its_expected_output() -> None:
    assert demonstration(POOL[0]) == Demonstration(POOL[0].inputs, POOL[0].expected)


def test_choose_takes_one_to_four_of_the_pool_with_both_labels_where_there_is_room() -> None:
    chosen = [shown_by(draft(ChooseDemonstrations(), seed, SETS[:1])) for seed in range(40)]
    assert {len(c) for c in chosen} == {1, 2, 3, 4}
    for shown in chosen:
        assert all(d in SETS for d in shown)
        assert len({d.inputs["text"] for d in shown}) == len(shown)
        assert len({d.output for d in shown}) == min(2, len(shown))
    assert {c[0].output for c in chosen} == {"negative", "positive"}


@pytest.mark.slow
def test_of_many_labels_most_sets_show_each() -> None:
    labels = [f"label {n}" for n in range(6)]
    contract = Labels(tuple(labels))
    pool = [
        Example(f"{label}-{n}", {"text": f"{n} of {label}"}, label, "search")
        for label in labels
        for n in range(4)
    ]
    parent = Candidate("p", INCUMBENT, "manual", mutation_prompt="m")

    def operator_input(seed: int) -> OperatorInput:
        return OperatorInput(problem(contract), parent, parent, pool, random.Random(seed))

    made = [shown_by(work(ChooseDemonstrations(), operator_input(seed))[0]) for seed in range(60)]
    assert {len(shown) for shown in made} == {4, 6, 12}
    for shown in made:
        assert len({d.output for d in shown}) == min(6, len(shown))
    shown = made[0]
    for seed in range(200):
        parent = Candidate("p", Prompt(INCUMBENT.text, shown), "manual", mutation_prompt="m")
        shown = shown_by(work(ChangeDemonstrations(), operator_input(seed))[0])
        assert len(shown) <= 12


def test_many_labels_with_long_examples_are_shown_in_small_sets() -> None:
    contract = Labels(tuple("abcdef"))
    pool = [
        Example(f"{n}", {"text": f"{n % 10} " * 450}, "abcdef"[n % 6], "search") for n in range(24)
    ]
    parent = Candidate("p", INCUMBENT, "manual", mutation_prompt="m")
    for seed in range(20):
        given = OperatorInput(problem(contract), parent, parent, pool, random.Random(seed))
        shown = shown_by(work(ChooseDemonstrations(), given)[0])
        assert len(shown) == 4
        assert sum(len(d.inputs["text"]) for d in shown) < 4000


def test_sets_are_no_longer_than_a_tiny_model_reads() -> None:
    assert set_sizes(Text(max_tokens=9)) == set_sizes(Labels(tuple("abcd"))) == (1, 2, 3, 4, 4)
    assert set_sizes(Labels(tuple("abcde"))) == (4, 5, 10, 10, 10)
    assert max(set_sizes(Labels(tuple("abcdefghijklmnopqrst")))) == 16


def test_choose_needs_a_pool_of_two() -> None:
    assert draft(ChooseDemonstrations(), 0, pool=()) is None
    assert draft(ChooseDemonstrations(), 0, pool=POOL[:1]) is None
    sets = [shown_by(draft(ChooseDemonstrations(), seed, pool=POOL[:2])) for seed in range(20)]
    assert {len(shown) for shown in sets} == {1, 2}


def test_diverse_takes_of_each_kind_before_it_takes_a_second() -> None:
    pool = [Example(str(i), {}, "x", "search", kind="abbbbbc"[i]) for i in range(7)]
    for seed in range(20):
        kinds = [e.kind for e in diverse(pool, 4, random.Random(seed))]
        assert sorted(kinds) == ["a", "b", "b", "c"]


def test_diverse_takes_of_each_answer_first_and_then_of_each_kind() -> None:
    said = {"yes": "aab", "no": "cdd"}
    pool = [
        Example(f"{answer}{n}", {}, answer, "search", kind=kind)
        for answer, kinds in said.items()
        for n, kind in enumerate(kinds)
    ]
    for seed in range(20):
        chosen = diverse(pool, 4, random.Random(seed))
        assert sorted((e.expected, e.kind) for e in chosen) == [
            ("no", "c"),
            ("no", "d"),
            ("yes", "a"),
            ("yes", "b"),
        ]


def test_diverse_takes_what_is_least_like_the_others() -> None:
    near = [Example(str(i), {"t": f"the river is deep {i}"}, "x", "search") for i in range(4)]
    far = Example("far", {"t": "QUICK ZEBRAS JUMP"}, "x", "search")
    for seed in range(20):
        assert far in diverse([*near, far], 2, random.Random(seed))


def test_diverse_takes_hard_examples_more_often() -> None:
    pool = [Example(str(i), {"t": "same"}, "x", "search") for i in range(10)]
    difficulty = {e.id: float(e.id == "7") for e in pool[1:]}
    taken = [diverse(pool, 1, random.Random(s), difficulty)[0].id for s in range(400)]
    # Weights: 1.1 for the hard one, 0.1 for the easy ones, 0.1 + 1/9 for the one not tried.
    assert 0.45 < taken.count("7") / 400 < 0.65
    assert taken.count("0") > taken.count("1") > 0


@pytest.mark.slow
def test_difficulty_reaches_both_operators() -> None:
    difficulty = {e.id: float(e is POOL[3]) for e in POOL}
    for operator in (ChooseDemonstrations(), ChangeDemonstrations()):
        hard = usual = 0
        for seed in range(100):
            plain = OperatorInput(problem(), PARENT, PARENT, POOL, random.Random(seed))
            told = replace(plain, difficulty=difficulty, rng=random.Random(seed))
            usual += SETS[3] in shown_by(work(operator, plain)[0])
            hard += SETS[3] in shown_by(work(operator, told)[0])
        assert hard > usual + 20


def test_long_examples_are_not_shown() -> None:
    long = Example("long", {"text": "x" * MAX_DEMONSTRATION_CHARACTERS}, "positive", "search")
    pool = [*POOL[:2], long]
    for operator in (ChooseDemonstrations(), ChangeDemonstrations()):
        for seed in range(20):
            shown = shown_by(draft(operator, seed, pool=pool))
            assert 0 < len(shown) <= 2 and demonstration(long) not in shown


def test_change_adds_the_first_one() -> None:
    made = [shown_by(draft(ChangeDemonstrations(), seed)) for seed in range(10)]
    assert all(len(shown) == 1 for shown in made)


def test_change_adds_swaps_drops_or_reorders_one() -> None:
    before = tuple(SETS[:3])
    sizes = set()
    reordered = False
    for seed in range(60):
        after = shown_by(draft(ChangeDemonstrations(), seed, before))
        kept = [d for d in after if d in before]
        sizes.add(len(after))
        if len(after) != 3:
            assert kept == [d for d in before if d in after]
        elif len(kept) == 3:
            reordered = reordered or after != before
        else:
            assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
        assert len({d.inputs["text"] for d in after}) == len(after)
    assert sizes == {2, 3, 4}
    assert reordered


def test_change_never_shows_more_than_four() -> None:
    assert all(
        len(shown_by(draft(ChangeDemonstrations(), seed, SETS[:4]))) <= 4 for seed in range(40)
    )


def test_change_without_a_pool_can_only_drop_and_reorder() -> None:
    made = [shown_by(draft(ChangeDemonstrations(), s, SETS[:2], pool=())) for s in range(20)]
    assert all({d.inputs["text"] for d in m} <= {d.inputs["text"] for d in SETS} for m in made)
    assert {len(m) for m in made} == {1, 2}
    assert shown_by(draft(ChangeDemonstrations(), 0, SETS[:1], pool=())) == ()


def test_change_has_nothing_to_do_without_demonstrations_and_pool() -> None:
    assert draft(ChangeDemonstrations(), 0, pool=()) is None


@pytest.mark.slow
def test_balance_shows_the_label_that_is_given_too_seldom_last() -> None:
    texts = set()
    for seed in range(20):
        parent = candidate("Say it.")
        shown = tuple(demonstration(example(i)) for i in (0, 1, 2, 3))
        parent = replace(parent, prompt=Prompt(parent.prompt.text, shown[: seed % 5]))
        pool = [example(i) for i in range(4, 14)]
        given = OperatorInput(problem(), parent, parent, pool, random.Random(seed))
        leaning = {"negative": -0.3, "positive": 0.3}
        made = work(BalanceDemonstrations(), replace(given, label_bias=leaning))[0]
        assert made is not None
        assert made.prompt.demonstrations[-1].output == "negative"
        assert len(made.prompt.demonstrations) <= 4
        texts.add(len(made.prompt.demonstrations) - seed % 5)
    assert texts >= {0, 1}


def test_balance_needs_answers() -> None:
    parent = candidate("Say it.")
    given = OperatorInput(problem(), parent, parent, [example(1)], random.Random(0))
    assert work(BalanceDemonstrations(), given)[0] is None


def crossed(one: Candidate, other: Candidate, seed: int) -> Draft | None:
    given = OperatorInput(problem(), one, other, POOL, random.Random(seed))
    return work(CrossDemonstrations(), given)[0]


def with_demonstrations(text: str, shown: Sequence[Demonstration]) -> Candidate:
    given = candidate(text)
    return replace(given, prompt=Prompt(given.prompt.text, tuple(shown)))


def test_cross_puts_the_instruction_of_one_over_the_demonstrations_of_the_other() -> None:
    one = with_demonstrations("Say it.", SETS[:2])
    other = with_demonstrations("Name it.", SETS[2:4])
    made = [crossed(one, other, seed) for seed in range(20)]
    assert all(draft and draft.crossed for draft in made)
    assert {draft.prompt.hash for draft in made if draft} == {
        Prompt(one.prompt.text, other.prompt.demonstrations).hash,
        Prompt(other.prompt.text, one.prompt.demonstrations).hash,
    }


def test_cross_has_nothing_to_do_where_one_half_is_the_same() -> None:
    one = with_demonstrations("Say it.", SETS[:2])
    assert crossed(one, one, 0) is None
    assert crossed(one, with_demonstrations("Say it.", SETS[2:4]), 0) is None
    assert crossed(one, with_demonstrations("Name it.", SETS[:2]), 0) is None


def test_cross_makes_nothing_that_there_is_already() -> None:
    one = with_demonstrations("Say it.", ())
    other = with_demonstrations("Name it.", SETS[2:4])
    living = replace(one, prompt=Prompt(one.prompt.text, other.prompt.demonstrations))
    given = OperatorInput(problem(incumbent=other.prompt), one, other, POOL, random.Random(0))
    for seed in range(10):
        made = work(CrossDemonstrations(), replace(given, rng=random.Random(seed), ranked=[living]))
        assert made[0] is not None
        assert made[0].prompt == Prompt(other.prompt.text, ())
    bare = replace(other, prompt=Prompt(other.prompt.text, ()))
    known = replace(given, problem=problem(incumbent=bare.prompt), ranked=[living])
    assert work(CrossDemonstrations(), known)[0] is None
