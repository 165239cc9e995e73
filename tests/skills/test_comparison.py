from __future__ import annotations

import unicodedata

import pytest

from tinyarms.core.errors import ContractViolation
from tinyarms.skills.comparison import closest_label
from tinyarms.skills.contract import Labels
from tinyarms.skills.example import Example
from tinyarms.skills.scorers import edit, exact, f1, labels
from tinyarms.store.project.skill_model import OutputModel

NFC, NFD = "Café", unicodedata.normalize("NFD", "Café")


@pytest.mark.parametrize(
    ("label", "output"),
    [
        (NFC, NFD),
        (NFD, NFC),
        ("refund ", "refund"),
        ('"a"', "a"),
        ('"a"', "“a”"),
        ("don't know", "Don’t  know"),
        ("to do", "to\u00a0do"),
        ("to do", "\u200bto do\ufeff"),
        ("opt-in", "opt\u2011in"),
        ("a", "'a'"),
        ("Straße", "STRASSE"),
    ],
)
def test_labels_that_look_the_same_are_the_same(label: str, output: str) -> None:
    contract = Labels((label, "other"))
    assert contract.parse(output) == label
    assert labels(Example("e", {}, output, "test"), label) == 1.0
    assert labels(Example("e", {}, label, "test"), output) == 1.0
    with pytest.raises(ValueError, match="look the same"):
        OutputModel(labels=[label, output, "other"])


@pytest.mark.parametrize("output", ["Cafe", "refun", "", '"', "a b"])
def test_other_texts_are_no_labels(output: str) -> None:
    with pytest.raises(ContractViolation):
        Labels((NFC, "refund", "ab")).parse(output)


def test_text_is_compared_in_one_unicode_form() -> None:
    for scorer in (exact, edit, f1):
        assert scorer(Example("e", {}, NFC, "test"), NFD) == 1.0
    assert exact(Example("e", {}, NFC, "test"), "Cafe") == 0.0


@pytest.mark.parametrize("wrong", [[" ", "a"], ['""', "a"], ["a"], ["a", "A"]])
def test_labels_that_cannot_be_told_apart_are_refused(wrong: list[str]) -> None:
    with pytest.raises(ValueError, match=r"empty|look the same|at least two"):
        OutputModel(labels=wrong)


def test_a_misspelt_label_has_a_suggestion_and_nonsense_has_none() -> None:
    assert closest_label(" Remider", ("calendar", "reminder")) == "reminder"
    assert closest_label("xyz", ("calendar", "reminder")) is None
