"""A memory recalls the nearest examples, and shows nothing of those that are left out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import ExampleError, StoreError
from tinyarms.memory.memory import Memory
from tinyarms.skills.example import Example

LABELS = ("good", "bad")
_WORDS = st.sampled_from(["film", "lovely", "dull", "a", "book", "worst", "映画", "good"])
_TEXTS = st.lists(_WORDS, max_size=6).map(" ".join)


def examples_of(texts: Sequence[str]) -> list[Example]:
    """An example of each text; the labels take turns."""
    return [
        Example(f"e{n:03}", {"text": text}, LABELS[n % 2], "search") for n, text in enumerate(texts)
    ]


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(_TEXTS, max_size=14), data=st.data())
def test_an_example_that_is_left_out_is_neither_recalled_nor_counted(
    texts: list[str], data: st.DataObject
) -> None:
    examples = examples_of(texts)
    out = data.draw(st.sets(st.sampled_from(examples).map(lambda e: e.id))) if examples else set()
    text = {"text": data.draw(_TEXTS)}
    rest = [example for example in examples if example.id not in out]

    memory, without = Memory.of(examples, LABELS), Memory.of(rest, LABELS)

    assert memory.nearest(text, 20, out) == without.nearest(text, 20)
    assert not {row.id for row in memory.nearest(text, 20, out)} & out
    without = Memory(without._contents.with_slopes(memory._contents.slopes))
    expected = without.label_logprobs(text)
    assert memory.label_logprobs(text, out) == pytest.approx(expected)
    assert math.fsum(map(math.exp, expected.values())) == pytest.approx(1)


@settings(max_examples=20, deadline=None)
@given(texts=st.lists(st.text(max_size=30), max_size=12), text=st.text(max_size=30))
def test_a_stored_memory_answers_as_before(texts: list[str], text: str) -> None:
    memory = Memory.of(examples_of(texts), LABELS)

    again = Memory.from_bytes(memory.to_bytes(), "memory")

    assert again.examples == memory.examples
    assert again.snapshot == memory.snapshot
    assert again.nearest({"text": text}, 5) == memory.nearest({"text": text}, 5)
    assert again.label_logprobs({"text": text}) == memory.label_logprobs({"text": text})


@pytest.mark.parametrize("size", [0, 10, 30, 200, -1])
def test_a_file_that_is_cut_off_is_refused(size: int) -> None:
    data = Memory.of(examples_of(["a film", "a book"]), LABELS).to_bytes()

    with pytest.raises(StoreError, match="the file"):
        Memory.from_bytes(data[:size], "the file")


def test_the_order_of_the_examples_does_not_matter() -> None:
    examples = examples_of(["a film", "a book", "a dull film"])

    one, other = Memory.of(examples, LABELS), Memory.of(examples[::-1], LABELS)

    assert one.snapshot == other.snapshot
    assert one.to_bytes() == other.to_bytes()


def test_two_examples_with_one_id_are_refused() -> None:
    example = examples_of(["a film"])[0]

    with pytest.raises(ExampleError, match="e000"):
        Memory.of([example, example], LABELS)


def test_only_the_users_own_rows_and_nobodys_are_seen() -> None:
    examples = examples_of(["a lovely film", "a lovely film", "a lovely film"])
    memory = Memory.of(examples, LABELS, users={"e000": "ada", "e001": "bob"})

    seen = memory.nearest({"text": "a lovely film"}, 5, user="ada")

    assert [row.id for row in seen] == ["e000", "e002"]
    alone = Memory.of([examples[0], examples[2]], LABELS)
    text = {"text": "a lovely film"}
    assert memory.label_logprobs(text, user="ada") == alone.label_logprobs(text)


def test_copies_are_the_same_text_or_nearly_so() -> None:
    long = "The quick brown fox jumps over the lazy dog again and again, every single day."
    memory = Memory.of(examples_of([long, long.upper(), "Another fox"]), LABELS)

    assert memory.copies({"text": f"{long}!"}) == {"e000", "e001"}
    assert memory.copies({"text": "a fox"}) == set()
