from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.skills.duplicates import folded
from tinyarms.skills.example import assign_split, id_of_inputs
from tinyarms.skills.example_set import inputs_key
from tinyarms.skills.picture import (
    Picture,
    all_for_people,
    identity,
    in_words,
    mask_inputs,
    picture_of,
)

HASH = "4111111111111111" * 4
"""A hash that looks like card numbers."""
READ = Picture(HASH, 1920, 1080, "2024-03-11", "shots/a (1).png", "Invoice\nTotal 6")
_PATHS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"])).filter(
    lambda path: path.strip() == path and path.isprintable()
)
_TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(_PATHS, _TEXTS, st.sampled_from(["", "2024-03-11"]))
def test_what_is_kept_says_everything(path: str, text: str | None, date: str) -> None:
    picture = Picture(HASH, 7, 90, date, path, text)
    assert picture_of(picture.stored) == picture


@pytest.mark.parametrize(
    "text",
    ["", "a.png", "[picture 7×90]", "[picture 7×90, sha256 abc] a.png", f"x{READ.stored}"],
)
def test_other_texts_are_no_pictures(text: str) -> None:
    assert picture_of(text) is None
    assert in_words(text) == identity(text) == text


def test_a_model_reads_name_size_orientation_date_and_text_but_no_hash_and_no_folder() -> None:
    assert (
        in_words(READ.stored) == "Invoice\nTotal 6\n(a (1).png, 1920×1080, landscape, 2024-03-11)"
    )
    assert in_words(Picture(HASH, 8, 9).stored) == "(8×9, portrait)"
    empty = Picture(HASH, 9, 9, text="")
    assert in_words(empty.stored) == "(no text could be read)\n(9×9, square)"


def test_people_see_path_size_and_text() -> None:
    shown = all_for_people({"picture": READ.stored, "content": "As it is."})
    assert shown["picture"].startswith("shots/a (1).png, 1920×1080")
    assert (HASH in shown["picture"], shown["content"]) == (False, "As it is.")


def test_a_picture_is_the_same_wherever_it_is_and_whoever_reads_it() -> None:
    elsewhere = {"picture": Picture(HASH, 1920, 1080, path="b.png").stored}
    inputs = {"picture": READ.stored}
    assert id_of_inputs(elsewhere) == id_of_inputs(inputs)
    assert assign_split(elsewhere) == assign_split(inputs)
    assert inputs_key(elsewhere) == inputs_key(inputs)
    assert folded(elsewhere) == folded(inputs)
    other = {"picture": Picture("0" + HASH[1:], 1920, 1080, path="b.png").stored}
    assert id_of_inputs(other) != id_of_inputs(inputs)
    assert folded(other) != folded(inputs)


def test_masks_leave_the_hash() -> None:
    private = Picture(HASH, 9, 9, path="ada@example.org.png", text="Write to ada@example.org")
    [masked] = mask_inputs({"picture": private.stored}, ("contact", "financial")).values()
    picture = picture_of(masked)
    assert picture is not None
    assert (picture.sha256, picture.text) == (HASH, "Write to [email]")
    assert "ada" not in masked
    assert mask_inputs({"x": "ada@example.org"}, ("contact",)) == {"x": "[email]"}
