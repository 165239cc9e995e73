from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.models.openai_api.label_logprobs import Position, label_logprobs, unquoted

# What the 135M model really lists for a film comment (first eight of twenty).
FILM = [
    ("positive", -1.862),
    ("A", -2.173),
    ("Positive", -2.209),
    ("negative", -2.271),
    ("The", -2.92),
    ("Negative", -3.521),
    ("1", -4.181),
    ("N", -4.695),
]


def first(*listed: tuple[str, float], then: tuple[Position, ...] = ()) -> tuple[Position, ...]:
    """An answer that begins with the first of these tokens."""
    return (Position(listed[0][0], listed), *then)


def test_each_label_gets_its_token() -> None:
    assert label_logprobs(("negative", "positive"), first(*FILM)) == {
        "negative": -2.271,
        "positive": -1.862,
    }


def test_case_counts_and_a_leading_space_does_not() -> None:
    answer = first((" Pos", -1.0), ("pos", -3.0), ("pos itive", -0.1))
    assert label_logprobs(("Positive", "negative"), answer) == {"Positive": -1.0, "negative": -4.0}


def test_the_best_of_several_tokens_counts() -> None:
    answer = first(("p", -4.0), ("positive", -1.0), (" po", -2.0))
    assert label_logprobs(("positive",), answer) == {"positive": -1.0}


def test_a_label_that_is_not_listed_lies_below_the_last_one() -> None:
    assert label_logprobs(("yes", "no"), first(("yes", -0.5), ("Maybe", -5.0))) == {
        "yes": -0.5,
        "no": -6.0,
    }


def test_nothing_known_of_any_label_is_none() -> None:
    for answer in (
        first(('{"', -0.1)),
        first((" ", -0.1), ("", -0.2)),
        first(("YES", -1.0)),
        (Position("yes", ()),),
        (),
    ):
        assert label_logprobs(("yes", "no"), answer) is None


def test_a_shared_token_less_likely_than_their_own_does_not_matter() -> None:
    answer = first(("sports", -0.1), ("sci", -1.0), ("s", -2.0))
    assert label_logprobs(("sports", "sci/tech"), answer) == {"sports": -0.1, "sci/tech": -1.0}


def test_the_next_position_tells_apart_who_shares_the_first_token() -> None:
    next_one = Position("t", (("t", -0.2), ("ne", -1.7), ("", -0.1)))
    answer = first(("no", -0.5), ("timer", -2.0), then=(next_one,))
    assert label_logprobs(("timer", "note", "none"), answer) == {
        "timer": -2.0,
        "note": pytest.approx(-0.7),
        "none": pytest.approx(-2.2),
    }


def test_labels_that_differ_late_are_followed_as_far_as_the_answer_goes() -> None:
    answer = (
        Position("very", (("very", -0.1), ("not", -3.0))),
        Position(" ", ((" ", -0.2),)),
        Position("good", (("good", -0.5), ("bad", -1.0))),
    )
    assert label_logprobs(("very good", "very bad", "not good"), answer) == {
        "very good": pytest.approx(-0.8),
        "very bad": pytest.approx(-1.3),
        "not good": -3.0,
    }


def test_a_label_that_begins_like_a_longer_one_is_told_by_the_end_of_the_answer() -> None:
    end = Position("", (("", -0.1), ("s", -2.5)))
    assert label_logprobs(("sport", "sports"), first(("sport", -1.0), then=(end,))) == {
        "sport": pytest.approx(-1.1),
        "sports": pytest.approx(-3.5),
    }


def test_where_the_answer_did_not_go_a_shared_token_is_divided() -> None:
    for then in ((), (Position("x", (("x", -0.1),)),)):
        shared = first(("s", -0.1), ("sports", -2.0), ("sci", -3.0), then=then)
        assert label_logprobs(("sports", "sci/tech"), shared) == {
            "sports": pytest.approx(-0.1 - math.log(2)),
            "sci/tech": pytest.approx(-0.1 - math.log(2)),
        }
    elsewhere = first(("sports", -0.1), ("s", -2.0))
    assert label_logprobs(("sports", "sci/tech"), elsewhere) == {
        "sports": -0.1,
        "sci/tech": pytest.approx(-2 - math.log(2)),
    }


def said(token: str, value: float = -1.0, **others: float) -> Position:
    return Position(token, ((token, value), *others.items()))


POSITIVE = said("positive", no=-2.0, positives=-3.0)


@pytest.mark.parametrize(
    ("opening", "before"),
    [
        ('"', ('"',)),
        ('{"answer": "', ("{", '"', "answer", '":', ' "')),
        ('{\n "answer": "', ("```", "json", "\n", "{", "\n", ' "', "ans", "wer", '": "')),
    ],
)
def test_a_word_in_json_is_read_from_its_opening_on(opening: str, before: tuple[str, ...]) -> None:
    end = Position('"}', (('"}', -0.1), ("s", -2.0)))
    answer = [*map(said, before), POSITIVE, end, said("}")]
    inside = unquoted(answer, opening)
    assert inside[:2] == [POSITIVE, Position("", (("", -0.1), ("s", -2.0)))]
    assert label_logprobs(("positive", "positives", "no"), inside) == {
        "positive": pytest.approx(-1.1),
        "positives": pytest.approx(-3.0),
        "no": -2.0,
    }


def test_a_token_that_holds_the_opening_quote_too_is_cut() -> None:
    both = Position(' "pos', ((' "pos', -0.5), (' "neg', -1.0), (" [", -0.7), (' "', -3.0)))
    inside = unquoted([said('{"answer":'), both, said('itive"}')], '{"answer": "')
    assert inside[0] == Position("pos", (("pos", -0.5), ("neg", -1.0), ("", -3.0)))
    assert inside[1].token == "itive"
    assert label_logprobs(("positive", "negative"), inside) == {"positive": -0.5, "negative": -1.0}


@pytest.mark.parametrize("answer", [(), (said("positive"),), (said("{"), said("positive"))])
def test_tokens_that_say_something_else_hold_no_word(answer: tuple[Position, ...]) -> None:
    assert unquoted(answer, '"') == []


@pytest.mark.slow
@given(
    st.lists(st.text("ab/", min_size=1, max_size=4), min_size=2, max_size=4, unique=True),
    st.lists(
        st.lists(st.tuples(st.text("ab/ ", max_size=4), st.floats(-30, 0)), min_size=1, max_size=8),
        max_size=4,
    ),
)
@settings(max_examples=100, deadline=None)
def test_a_result_names_every_label_and_never_beats_the_list(
    labels: list[str], lists: list[list[tuple[str, float]]]
) -> None:
    known = label_logprobs(labels, [Position(listed[0][0], listed) for listed in lists])
    if known is not None:
        assert list(known) == labels
        assert max(known.values()) <= max(value for _, value in lists[0])
        assert all(math.isfinite(value) for value in known.values())
