from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.models.label_logprobs import label_logprobs

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


def test_each_label_gets_its_token() -> None:
    assert label_logprobs(("negative", "positive"), FILM) == {
        "negative": -2.271,
        "positive": -1.862,
    }


def test_case_counts_and_a_leading_space_does_not() -> None:
    listed = [(" Pos", -1.0), ("pos", -3.0), ("pos itive", -0.1)]
    assert label_logprobs(("Positive", "negative"), listed) == {"Positive": -1.0, "negative": -4.0}


def test_the_best_of_several_tokens_counts() -> None:
    listed = [("p", -4.0), ("positive", -1.0), (" po", -2.0)]
    assert label_logprobs(("positive",), listed) == {"positive": -1.0}


def test_a_label_that_is_not_listed_lies_below_the_last_one() -> None:
    assert label_logprobs(("yes", "no"), [("yes", -0.5), ("Maybe", -5.0)]) == {
        "yes": -0.5,
        "no": -6.0,
    }


def test_nothing_known_of_any_label_is_none() -> None:
    for listed in ([('{"', -0.1)], [(" ", -0.1), ("", -0.2)], [("YES", -1.0)], []):
        assert label_logprobs(("yes", "no"), listed) is None


def test_labels_that_share_their_likeliest_token_cannot_be_told_apart() -> None:
    labels = ("sports", "sci/tech")
    assert label_logprobs(labels, [("s", -0.1), ("sports", -2.0), ("sci", -3.0)]) is None
    assert label_logprobs(labels, [("sports", -0.1), ("s", -2.0)]) is None


def test_a_shared_token_less_likely_than_their_own_does_not_matter() -> None:
    listed = [("sports", -0.1), ("sci", -1.0), ("s", -2.0)]
    assert label_logprobs(("sports", "sci/tech"), listed) == {"sports": -0.1, "sci/tech": -1.0}


@given(
    st.lists(st.text("ab/", min_size=1, max_size=4), min_size=2, max_size=4, unique=True),
    st.lists(st.tuples(st.text("ab/ ", max_size=4), st.floats(-30, 0)), max_size=8),
)
@settings(max_examples=100, deadline=None)
def test_a_result_names_every_label_and_never_beats_the_list(
    labels: list[str], listed: list[tuple[str, float]]
) -> None:
    known = label_logprobs(labels, listed)
    if known is not None:
        assert list(known) == labels
        assert max(known.values()) <= max(value for _, value in listed)
        assert all(math.isfinite(value) for value in known.values())
