from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.skills.contract import Contract, Labels, Text
from tinyarms.skills.example import Example, Split, assign_split
from tinyarms.skills.example_set import (
    LEAST_OF_A_USER,
    Collector,
    ExampleSet,
    Reason,
    example_set,
    share_limit,
    split_of_reviewed,
)

LABELS = Labels(("good", "bad"))
LONG = "the quick brown fox jumps over the lazy dog and runs away from the hunter"
BEGIN = datetime(2024, 9, 15, tzinfo=UTC)


def gold(id: str, text: str, split: Split, expected: str = "good") -> Example:
    return Example(id, {"text": text}, expected, split)


def collected(id: str, text: str, expected: str = "good", split: Split = "search") -> Example:
    return Example(id, {"text": text}, expected, split, "collected")


def found(
    *examples: Example,
    contract: Contract = LABELS,
    collectors: Mapping[str, Collector] | None = None,
    share: float = 1.0,
    is_safe: Callable[[Example], bool] = lambda example: True,
) -> ExampleSet:
    return example_set(examples, contract, collectors or {}, share, is_safe)


def left_out(examples: ExampleSet) -> dict[Reason, list[str]]:
    return {reason: [e.id for e in rows] for reason, rows in examples.left_out.items()}


def usable(examples: ExampleSet) -> list[str]:
    return [example.id for example in examples.usable]


def test_sound_examples_are_all_used() -> None:
    rows = (gold("a", "one", "test"), gold("b", "two", "search"), collected("c", "three"))
    examples = found(*rows)
    assert (examples.usable, examples.offered, examples.left_out) == (rows, rows, {})


@pytest.mark.parametrize(
    "copy", ["one thing", "ONE  thing!", "\u200bＯne thing"], ids=["same", "signs", "unicode"]
)
def test_what_stands_in_two_splits_is_left_out_of_all_but_the_one_held_out_most(copy: str) -> None:
    examples = found(
        gold("s", copy, "search"), gold("l", copy, "selection"), gold("t", "one thing", "test")
    )
    assert left_out(examples) == {"two_splits": ["s", "l"]}
    assert usable(examples) == ["t"]


def test_near_copies_leak_too_and_other_texts_do_not() -> None:
    examples = found(
        gold("s", LONG[:-1] + "s", "search"),
        gold("u", LONG.replace("hunter", "farmer and all of his five dogs"), "search"),
        gold("l", LONG, "selection"),
    )
    assert left_out(examples) == {"two_splits": ["s"]}
    assert usable(examples) == ["u", "l"]


def test_a_collected_example_never_stands_beside_a_held_out_one() -> None:
    examples = found(collected("c", "One thing."), gold("t", "one thing", "test"))
    assert usable(examples) == ["t"]


@pytest.mark.parametrize("split", ["selection", "test"])
def test_a_collected_example_in_a_held_out_split_is_not_used(split: Split) -> None:
    assert found(collected("c", "one", split=split)).usable == ()


@pytest.mark.parametrize("split", ["search", "test"])
def test_two_answers_for_the_same_inputs_are_both_left_out(split: Split) -> None:
    rows = (gold("a", "one", "test"), gold("b", " one", split, "bad"), gold("c", "two", "test"))
    examples = found(*rows)
    assert left_out(examples) == {"two_answers": ["a", "b"]}
    assert usable(examples) == ["c"]


def test_the_same_label_in_other_letters_is_no_other_answer() -> None:
    examples = found(gold("a", "one", "test"), gold("b", "one", "test", "“Good” "))
    assert left_out(examples) == {"twice": ["b"]}


def test_text_may_have_several_right_answers() -> None:
    rows = (gold("a", "one", "test", "red"), gold("b", "one", "test", "a red one"))
    assert found(*rows, contract=Text()).usable == rows


def test_gold_has_the_last_word_on_a_correction() -> None:
    examples = found(
        gold("a", "one", "search"),
        collected("b", "one", "bad"),
        gold("c", "two", "search"),
        collected("d", "two"),
    )
    assert left_out(examples) == {"two_answers": ["b"], "twice": ["d"]}
    assert usable(examples) == ["a", "c"]


def test_an_answer_outside_the_contract_is_left_out() -> None:
    rows = (collected("a", "one", "superb"), collected("b", "two", "null"), gold("c", "3", "test"))
    assert left_out(found(*rows)) == {"outside_contract": ["a", "b"]}


def test_a_guard_reads_what_was_collected_and_no_gold() -> None:
    rows = (collected("a", "one"), collected("b", "two"), gold("c", "two things", "test"))
    examples = found(*rows, is_safe=lambda example: "two" not in example.inputs["text"])
    assert left_out(examples) == {"guard": ["b"]}


def by_users(**counts: int) -> tuple[list[Example], dict[str, Collector]]:
    rows, collectors = [], {}
    for user, n in counts.items():
        for number in range(n):
            id = f"{user}{number:03}"
            rows.append(collected(id, id, "bad"))
            collectors[id] = Collector(user, BEGIN + timedelta(hours=number))
    return rows, collectors


@pytest.mark.slow
def test_one_user_has_at_most_a_share_the_newest_first() -> None:
    rows, collectors = by_users(mallory=500)
    known = [gold(f"g{n}", f"gold {n}", "search") for n in range(80)]
    examples = found(*known, *rows, collectors=collectors, share=0.2)
    offered = [e.id for e in examples.offered if e.origin == "collected"]
    assert offered == [f"mallory{number}" for number in range(480, 500)]
    assert len(examples.usable) == 580
    assert len(examples.left_out["beyond_share"]) == 480


def test_without_any_other_example_a_user_still_teaches_a_few() -> None:
    rows, collectors = by_users(ann=100)
    assert len(found(*rows, collectors=collectors, share=0.2).offered) == LEAST_OF_A_USER


def test_nobody_named_is_one_user() -> None:
    rows, _ = by_users(ann=50, bob=50)
    assert len(found(*rows, share=0.2).offered) == LEAST_OF_A_USER


def test_a_share_of_one_takes_all() -> None:
    rows, collectors = by_users(ann=100)
    assert len(found(*rows, collectors=collectors, share=1).offered) == 100


@pytest.mark.slow
@given(
    st.integers(0, 200),
    st.lists(st.integers(1, 300), max_size=12),
    st.floats(0.01, 1.0),
)
def test_no_share_is_ever_exceeded_and_no_smaller_limit_is_needed(
    others: int, of_users: list[int], share: float
) -> None:
    def total(limit: int) -> int:
        return others + sum(min(n, limit) for n in of_users)

    limit = share_limit(others, of_users, share)
    assert limit <= share * total(limit) + 1e-6
    if limit < max(of_users, default=0):
        assert limit + 1 > share * total(limit + 1)


def test_what_a_search_has_read_stays_a_search_example() -> None:
    texts = [f"text number {n}" for n in range(20)]
    for text in texts:
        example = collected(text, text)
        assert split_of_reviewed(example, [], was_read=True) == "search"
        assert split_of_reviewed(example, [], was_read=False) == assign_split({"text": text})
    assert {assign_split({"text": text}) for text in texts} == {"search", "selection", "test"}


@pytest.mark.parametrize("split", ["search", "selection", "test"])
def test_nearly_the_same_examples_stand_in_one_split(split: Split) -> None:
    others = [gold("a", LONG, split), gold("b", "another", "test")]
    assert split_of_reviewed(collected("c", LONG + "!"), others, was_read=False) == split
