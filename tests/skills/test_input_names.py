"""Names of inputs that are written in another way than the skill's."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from tinyarms.skills.input_names import by_their_names

NAMES = ("Grosse_der_Datei", "text")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", ["Größe der Datei", "GRÖSSE-DER-DATEI", "grosseDerDatei"])
def test_case_accents_signs_and_the_unicode_form_do_not_matter(name: str, form: str) -> None:
    given = {normalize(form, name): "x", "Text": "y"}
    assert by_their_names(given, NAMES) == {"Grosse_der_Datei": "x", "text": "y"}


@pytest.mark.parametrize(
    "given",
    [
        {"text": "x", "Text": "y"},
        {"TEXT": "x", "Text": "y"},
        {"other": "x"},
        {"text": "x"},
        {},
    ],
)
def test_what_is_not_surely_meant_stays(given: dict[str, str]) -> None:
    assert by_their_names(given, NAMES) == given
