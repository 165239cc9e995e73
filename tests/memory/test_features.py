"""Which features a text has."""

from __future__ import annotations

import numpy as np
import pytest

from tinyarms.memory.features import MAX_CHARACTERS, features, kinds_of, lengths_of
from tinyarms.skills.picture import Picture


def of(text: str) -> set[int]:
    return set(features({"text": text}).tolist())


def test_they_are_different_and_ascending() -> None:
    found = features({"text": "a film, a film, a film about films"})

    assert (np.diff(found) > 0).all()
    assert lengths_of(found) == [(kinds_of(found) == k).sum() for k in (0, 1)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ｇｏｏｄ Film", "good film"),
        ("STRASSE", "straße"),
        ("  a\n\tfilm ", "a film"),
        ("good!", "good !"),
        ("co\u200dop", "coop"),
    ],
)
def test_case_width_and_blanks_do_not_count(one: str, other: str) -> None:
    assert of(one) == of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("dog bites man", "man bites dog"), ("a bc", "c ba"), ("not good", "good"), ("no", "no!")],
)
def test_order_pairs_and_marks_count(one: str, other: str) -> None:
    assert of(one) != of(other)


def test_words_of_one_stem_share_runs_and_others_do_not() -> None:
    assert len(of("calibrating") & of("calibrated")) > 10
    assert not of("calibrating") & of("zoo")


def test_a_run_does_not_cross_words() -> None:
    """Of two words, only their pair is a further feature."""
    pair = of("lovely film") - of("lovely") - of("film")

    assert len(pair) == 1


@pytest.mark.parametrize("text", ["映画はとても素晴らしい", "这部电影非常好看"])
def test_scripts_without_blanks_have_short_runs(text: str) -> None:
    assert of(text) & of(text[1:3])
    assert len(of(text) & of(text[:4])) >= 4


def test_a_word_with_combining_marks_is_one_word() -> None:
    assert lengths_of(features({"text": "हिन्दी"}))[0] == 1


def test_a_long_text_counts_up_to_a_limit() -> None:
    long = "word " * MAX_CHARACTERS

    assert of(long + "film") == of(long)
    assert len(of("\ufdfa" * MAX_CHARACTERS)) > 0  # NFKC makes eighteen characters of each.


def test_a_text_without_words_has_none() -> None:
    assert of("") == of(" \n\x00") == set()
    assert features({}).dtype == features({"text": "a"}).dtype


def test_no_feature_crosses_inputs() -> None:
    both = set(features({"one": "a film", "other": "a book"}).tolist())

    assert both == of("a film") | of("a book")


def test_half_of_a_surrogate_pair_is_a_character() -> None:
    assert of("a \ud83d b") != set()


def test_a_picture_counts_as_its_words() -> None:
    picture = Picture("0" * 64, 640, 480, path="a.png", text="Invoice 7")

    assert of(picture.stored) == of(picture.in_words)
