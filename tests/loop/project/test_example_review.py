"""A person makes collected examples gold, or drops them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.loop.place import BEGIN, SKILL, Place, expected, text
from tests.loop.project.test_example_sets import add_rows, correct, held_out, row
from tinyarms.core.errors import ExampleError, TinyArmsError, UsageError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_review import (
    collected_examples,
    exported_examples,
    review_examples,
    review_file,
)
from tinyarms.loop.searching.prepare import prepare
from tinyarms.loop.searching.request import SearchRequest
from tinyarms.loop.searching.session import open_session
from tinyarms.skills.example import Example, assign_split, id_of_inputs


def id_of(number: int) -> str:
    return id_of_inputs({"text": text(number)})


def of_split(split: str) -> int:
    """A number whose text the hash puts into that split."""
    return next(n for n in range(100, 200) if assign_split({"text": text(n)}) == split)


def gold(context: Context, number: int) -> Example:
    with context.store.read() as work:
        found = work.examples.find(SKILL, id_of(number))
    assert found is not None and found.origin == "gold"
    return found


def begin_search(context: Context) -> None:
    prepared = prepare(context, SearchRequest(skill=SKILL))
    open_session(context, prepared.session, restart=False, usable_ids=())


@pytest.mark.slow
def test_what_waits_newest_first(place: Place) -> None:
    context = place.open()
    correct(context, 1, "bad", user="ann")
    place.moment.pass_(hours=1)
    correct(context, 2, "good")
    newest, oldest = collected_examples(context, SKILL)
    assert (newest.id, newest.user, newest.left_out) == (id_of(2), None, None)
    assert (oldest.inputs, oldest.expected, oldest.user) == ({"text": text(1)}, "bad", "ann")
    assert newest.collected_at - oldest.collected_at >= timedelta(hours=1)
    assert oldest.collected_at >= BEGIN


@pytest.mark.slow
@pytest.mark.parametrize("split", ["search", "selection", "test"])
def test_gold_that_no_search_has_read_is_split_by_its_hash(place: Place, split: str) -> None:
    context, number = place.open(), of_split(split)
    correct(context, number, "bad")
    [done] = review_examples(context, SKILL, {id_of(number): "gold"})
    assert (done.answer, done.split) == ("gold", split)
    found = gold(context, number)
    assert (found.split, found.expected) == (split, "bad")
    assert (found in held_out(context)) is (split == "test")
    assert collected_examples(context, SKILL) == []
    correct(context, number, "good")
    assert gold(context, number) == found


@pytest.mark.slow
def test_what_a_search_has_read_is_never_held_out(place: Place) -> None:
    add_rows(place, row(270, "selection"))
    context, number = place.open(), of_split("test")
    correct(context, number, "bad")
    begin_search(context)
    [done] = review_examples(context, SKILL, {id_of(number): "gold"})
    assert done.split == gold(context, number).split == "search"


@pytest.mark.slow
def test_dropped_examples_are_gone_and_a_search_that_read_them_begins_anew(place: Place) -> None:
    add_rows(place, row(270, "selection"))
    context = place.open()
    correct(context, 1, "bad")
    begin_search(context)
    [done] = review_examples(context, SKILL, {id_of(1): "drop"})
    assert done.split is None
    assert collected_examples(context, SKILL) == []
    prepared = prepare(context, SearchRequest(skill=SKILL))
    usable = {example.id for example in prepared.examples.usable}
    session, resumed = open_session(context, prepared.session, restart=False, usable_ids=usable)
    assert not resumed and id_of(1) not in (session.search_plan.example_ids or ())
    assert open_session(context, prepared.session, restart=False, usable_ids=usable)[1]


def write(root: Path, *rows: object) -> Path:
    path = root / "answers.jsonl"
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))
    return path


@pytest.mark.slow
def test_answers_from_a_file(place: Place) -> None:
    context = place.open()
    for number in range(3):
        correct(context, number, expected(number))
    rows = [{"id": id_of(0), "answer": "gold"}, {"id": id_of(1), "answer": "drop"}]
    path = write(place.root, *rows, "", {"id": id_of(2), "answer": "", "inputs": {"text": "x"}})
    done = review_file(context, SKILL, path)
    assert [each.answer for each in done] == ["gold", "drop"]
    assert [view.id for view in collected_examples(context, SKILL)] == [id_of(2)]
    assert gold(context, 0).expected == "good"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("{", r"line 2: not an example"),
        ({"id": "x", "answer": "keep"}, r"line 2: not an answer\. Write"),
        ({"answer": "gold"}, r"line 2: not an answer"),
        ({"id": id_of(0), "answer": "drop"}, r"line 2: the id \w+ occurs twice"),
        ({"id": "e1000", "answer": "drop"}, r"no collected example e1000\. List them"),
    ],
)
def test_a_wrong_answer_changes_nothing(place: Place, second: object, message: str) -> None:
    context = place.open()
    correct(context, 0, "good")
    path = write(place.root, {"id": id_of(0), "answer": "gold"}, second)
    with pytest.raises(TinyArmsError, match=message) as caught:
        review_file(context, SKILL, path)
    assert isinstance(caught.value, ExampleError | UsageError)
    assert [view.id for view in collected_examples(context, SKILL)] == [id_of(0)]


@pytest.mark.slow
def test_a_misspelt_id_has_a_suggestion(place: Place) -> None:
    context = place.open()
    correct(context, 0, "good")
    with pytest.raises(UsageError, match=f"Did you mean {id_of(0)}"):
        review_examples(context, SKILL, {id_of(0)[:-1]: "gold"})


@pytest.mark.slow
def test_what_gold_says_already_is_not_made_gold(place: Place) -> None:
    context = place.open()
    correct(context, 1, "bad")
    add_rows(place, row(1, "test", id="mine", expected="good"))
    [waiting] = collected_examples(context, SKILL)
    assert waiting.left_out == "two_answers"
    with pytest.raises(UsageError, match="the inputs of the gold example mine"):
        review_examples(context, SKILL, {id_of(1): "gold"})
    review_examples(context, SKILL, {id_of(1): "drop"})


@pytest.mark.slow
def test_what_is_exported_loads_again_in_the_same_splits(place: Place) -> None:
    context = place.open()
    correct(context, 0, "good")
    correct(context, 1, "bad")
    review_examples(context, SKILL, {id_of(0): "gold"})
    skill = context.skill(SKILL).skill
    before = context.example_set(skill).usable
    rows = exported_examples(context, SKILL)
    (place.root / "examples.jsonl").write_text("".join(f"{row}\n" for row in rows))
    (place.root / "tinyarms.db").unlink()
    empty = place.open()
    assert empty.example_set(empty.skill(SKILL).skill).usable == before
    assert {example.origin for example in before} == {"gold", "collected"}
