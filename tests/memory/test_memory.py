"""A memory recalls the nearest examples, and shows nothing of those that are left out."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import ExampleError, StoreError
from tinyarms.memory.memory import Memory
from tinyarms.memory.prior import FEW_ROWS
from tinyarms.skills.example import Example

LABELS = ("good", "bad", "mixed")
_VOCABULARY = ("film", "lovely", "dull", "a", "book", "worst", "映画", "good", "!", "Filme")
_TEXTS = st.lists(st.sampled_from(_VOCABULARY), max_size=6).map(" ".join)


def examples_of(texts: Sequence[str], labels: Sequence[str] = LABELS) -> list[Example]:
    """An example of each text; the labels take turns."""
    return [
        Example(f"e{n:03}", {"text": text}, labels[n % len(labels)], "search")
        for n, text in enumerate(texts)
    ]


def random_texts(number: int) -> list[str]:
    rng = random.Random(1)
    words = [*_VOCABULARY, *(f"word{n}" for n in range(300))]
    return [" ".join(rng.choices(words, k=rng.randint(1, 8))) for _ in range(number)]


def assert_nothing_of(
    out: Collection[str], examples: Sequence[Example], text: Mapping[str, str]
) -> None:
    """Without these the memory answers as one that was made without them, with its slopes."""
    memory = Memory.of(examples, LABELS)
    rest = Memory.of([example for example in examples if example.id not in out], LABELS)
    rest = Memory(rest._contents.with_slopes(memory._contents.slopes))

    everything = len(examples)
    assert memory.nearest(text, everything, out) == rest.nearest(text, everything)
    assert not {row.id for row in memory.nearest(text, everything, out)} & set(out)
    expected = rest.label_logprobs(text)
    assert memory.label_logprobs(text, out) == pytest.approx(expected, rel=1e-9)
    assert math.fsum(map(math.exp, expected.values())) == pytest.approx(1)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(_TEXTS, min_size=1, max_size=50), data=st.data())
def test_an_example_that_is_left_out_is_neither_recalled_nor_counted(
    texts: list[str], data: st.DataObject
) -> None:
    examples = examples_of(texts)
    out = data.draw(st.sets(st.sampled_from([example.id for example in examples])))

    assert_nothing_of(out, examples, {"text": data.draw(_TEXTS)})


def test_features_of_many_rows_are_exact_without_the_rows_that_are_left_out() -> None:
    texts = ["a film", *["a lovely film"] * FEW_ROWS, *["a dull book"] * FEW_ROWS]

    assert_nothing_of({"e000", "e001", "e005"}, examples_of(texts), {"text": "a film, a book"})


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 90, 300])
def test_a_large_memory_is_exact_too(number: int) -> None:
    """Some words have about as many rows as are compared at all, or more."""
    examples = examples_of([f"a film {text}" for text in random_texts(590)])
    out = {example.id for example in examples[::2]} if number == 300 else set()
    out |= {example.id for example in examples[:number]}

    assert_nothing_of(out, examples, {"text": "a lovely film word7"})


def test_the_most_similar_comes_first_and_equals_come_by_id() -> None:
    texts = ["a film", "a lovely book", "a film", "a lovely film"]
    memory = Memory.of(examples_of(texts), LABELS)

    def ids(text: str, k: int) -> list[str]:
        return [row.id for row in memory.nearest({"text": text}, k)]

    assert ids("A lovely film!", 1) == ["e003"]
    assert ids("a film", 2) == ["e000", "e002"]
    assert ids("xyz", 9) == ["e000", "e001", "e002", "e003"]
    assert ids("a film", 0) == []


def test_the_labels_of_similar_examples_are_likelier() -> None:
    texts = [f"{word} number {n}" for n in range(12) for word in ("lovely", "dull")]
    memory = Memory.of(examples_of(texts, LABELS[:2]), LABELS[:2])

    assert memory.label_logprobs({"text": "It is lovely"})["good"] > math.log(0.9)
    assert memory.label_logprobs({"text": "It is dull"})["bad"] > math.log(0.9)


def test_labels_that_have_nothing_to_do_with_the_texts_keep_about_their_shares() -> None:
    rng = random.Random(3)
    texts = random_texts(60)
    examples = [
        Example(f"e{n:03}", {"text": text}, rng.choice(LABELS[:2]), "search")
        for n, text in enumerate(texts)
    ]
    memory = Memory.of(examples, LABELS[:2])

    surprise = [-memory.label_logprobs({"text": t})["good"] for t in random_texts(90)[60:]]

    assert sum(surprise) / len(surprise) < math.log(2) + 0.2


def test_few_examples_or_one_label_suggest_the_labels_shares() -> None:
    few = Memory.of(examples_of(["a lovely film", "a dull film", "a film"], LABELS[:2]), LABELS[:2])
    same = Memory.of(examples_of(random_texts(20), LABELS[:1]), LABELS[:2])
    none = Memory.of([], LABELS[:2])

    assert few.label_logprobs({"text": "a dull film"}) == pytest.approx(
        {"good": math.log(3 / 5), "bad": math.log(2 / 5)}
    )
    assert same.label_logprobs({"text": "a film"})["good"] == pytest.approx(math.log(21 / 22))
    assert none.label_logprobs({"text": "a film"})["bad"] == pytest.approx(math.log(0.5))
    assert none.nearest({"text": "a film"}, 3) == []


def test_free_text_has_no_distribution_over_labels() -> None:
    memory = Memory.of(examples_of(random_texts(12)), [])

    assert memory.label_logprobs({"text": "a film"}) == {}
    assert len(memory.nearest({"text": "a film"}, 3)) == 3


def test_an_answer_that_is_no_label_is_recalled_and_not_counted() -> None:
    examples = examples_of(random_texts(30), LABELS[:2])
    other = Example("z", {"text": "a lovely thing"}, "neither", "search")

    memory = Memory.of([*examples, other], LABELS[:2])

    assert memory.nearest({"text": "a lovely thing"}, 1)[0].id == "z"
    text = {"text": "a lovely thing"}
    without = memory.label_logprobs(text, {"z"})
    assert memory.label_logprobs(text) == pytest.approx(without, abs=0.02)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(texts=st.lists(st.text(max_size=30), max_size=25), text=st.text(max_size=30))
def test_a_stored_memory_answers_as_before(texts: list[str], text: str) -> None:
    assert_same_answers(Memory.of(examples_of(texts), LABELS), text)


def test_a_stored_memory_of_many_alike_answers_as_before() -> None:
    examples = examples_of(["a film", *["ein Film, 映画"] * 40])

    examples[1] = replace(examples[1], user="ada")
    assert_same_answers(Memory.of(examples, LABELS), "ein Film?")


def assert_same_answers(memory: Memory, text: str) -> None:
    again = Memory.from_bytes(memory.to_bytes(), "memory")

    assert again.examples == memory.examples
    assert again.labels == memory.labels
    assert again.snapshot == memory.snapshot
    assert again.to_bytes() == memory.to_bytes()
    assert again.nearest({"text": text}, 5) == memory.nearest({"text": text}, 5)
    assert again.label_logprobs({"text": text}) == memory.label_logprobs({"text": text})


@pytest.mark.parametrize("size", [0, 10, 17, 30, 200, -1])
def test_a_file_that_is_cut_off_is_refused(size: int) -> None:
    data = Memory.of(examples_of(["a film", "a book"]), LABELS).to_bytes()

    with pytest.raises(StoreError, match=r"^the file: .* Delete the file"):
        Memory.from_bytes(data[:size], "the file")


@pytest.mark.parametrize("place", [0, 16, 18, 22, 40, 5000, -1])
def test_a_file_with_a_changed_byte_is_refused(place: int) -> None:
    data = bytearray(Memory.of(examples_of(["a film", "a book"]), LABELS).to_bytes())
    data[place] ^= 0x41

    with pytest.raises(StoreError, match=r"^the file: .* Delete the file"):
        Memory.from_bytes(bytes(data), "the file")


def test_the_order_of_the_examples_does_not_matter() -> None:
    examples = examples_of(["a film", "a book", "a dull film"])

    one, other = Memory.of(examples, LABELS), Memory.of(examples[::-1], LABELS)

    assert one.snapshot == other.snapshot
    assert one.to_bytes() == other.to_bytes()


def test_the_snapshot_changes_with_what_is_remembered() -> None:
    examples = examples_of(["a film", "a book"])
    others = [examples_of(["a film", "a bock"]), examples_of(["a film"]), examples_of([])]
    others.append(examples_of(["a film", "a book"], LABELS[::-1]))

    snapshots = {Memory.of(rows, LABELS).snapshot for rows in (examples, *others)}

    assert len(snapshots) == 5


def test_two_examples_with_one_id_are_refused() -> None:
    example = examples_of(["a film"])[0]

    with pytest.raises(ExampleError, match="e000"):
        Memory.of([example, example], LABELS)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    texts=st.lists(_TEXTS, max_size=30),
    users=st.lists(st.sampled_from(["", "", "ada", "bob", "eve"]), min_size=30, max_size=30),
    text=_TEXTS,
    user=st.sampled_from(["", "ada", "bob", "eve", "nobody knows"]),
    left_out=st.sets(st.integers(0, 29), max_size=5),
    count=st.integers(0, 40),
)
def test_no_other_users_row_is_retrieved_or_counted(
    texts: list[str], users: list[str], text: str, user: str, left_out: set[int], count: int
) -> None:
    """The answers are those of a memory without the rows of other users."""
    rows = zip(examples_of(texts), users, strict=False)
    examples = [replace(example, user=owner) for example, owner in rows]
    memory = Memory.of(examples, LABELS)
    theirs = [example for example in examples if example.user in ("", user)]
    alone = Memory(Memory.of(theirs, LABELS)._contents.with_slopes(memory._contents.slopes))
    inputs, ids = {"text": text}, {f"e{n:03}" for n in left_out}

    found = memory.neighbours(inputs, count, ids, user)

    assert {each.row.user for each in found} <= {"", user}
    assert found == alone.neighbours(inputs, count, ids)
    assert memory.label_logprobs(inputs, ids, user) == alone.label_logprobs(inputs, ids)
    assert {row.id for row in memory.nearest(inputs, 99)} == {e.id for e in examples}


def test_a_snapshot_says_whose_the_examples_are() -> None:
    examples = examples_of(["a film", "a book"])
    owned = [examples[0], replace(examples[1], user="ada")]
    assert Memory.of(examples, LABELS).snapshot != Memory.of(owned, LABELS).snapshot


def test_copies_are_the_same_text_or_nearly_so() -> None:
    long = "The quick brown fox jumps over the lazy dog again and again, every single day."
    texts = [long, long.upper(), long.replace("every", "every,"), "Another fox", f"{long} Yes."]
    memory = Memory.of(examples_of(texts), LABELS)

    assert memory.copies({"text": f"{long}!"}) == {"e000", "e001", "e002", "e004"}
    assert memory.copies({"text": "a fox"}) == set()
