"""How replies are read is fitted on them, and judged by fits on others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evolution.scoring.test_verbalizing import LABELS, replies
from tinyarms.evolution.scoring.labelled import Labelled
from tinyarms.evolution.scoring.reading import (
    fit_reading,
    labels_read_by_others,
    read_label,
)
from tinyarms.skills.prompt import Prompt, Retrieval

PROMPT = Prompt("Good or bad?", retrieve=Retrieval(4, prior_weight=1.0, snapshot="s"))


def share_right(rows: list[Labelled], read: list[str]) -> float:
    return sum(row.expected == label for row, label in zip(rows, read, strict=True)) / len(rows)


@pytest.mark.slow
def test_words_are_weighed_where_they_tell_more() -> None:
    rows, unseen = replies(150, 0, told=0.6), replies(400, 1, told=0.6)
    fitted = fit_reading(PROMPT, rows, LABELS, verbalize=True)
    assert fitted.verbalizer is not None
    found = share_right(unseen, [read_label(fitted, row) for row in unseen])
    assert found > 0.85
    crossed = share_right(rows, labels_read_by_others(PROMPT, rows, LABELS, verbalize=True))
    assert crossed == pytest.approx(found, abs=0.08)
    assert fit_reading(PROMPT, rows, LABELS, verbalize=False).verbalizer is None


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_read_from_shuffled_labels(seed: int) -> None:
    rows = replies(150, seed, told=0.6, shuffled=True)
    crossed = share_right(rows, labels_read_by_others(PROMPT, rows, LABELS, verbalize=True))
    assert 0.38 < crossed < 0.62  # three standard errors


def test_what_the_examples_suggest_is_weighed() -> None:
    rows = [
        replace(row, suggested={label: -0.1 if label == row.expected else -2.4 for label in LABELS})
        for row in replies(100, 0, told=0.0)
    ]
    fitted = fit_reading(PROMPT, rows, LABELS, verbalize=False)
    assert fitted.retrieve is not None and fitted.retrieve.prior_weight > 0
    assert share_right(rows, [read_label(fitted, row) for row in rows]) == 1
    assert fit_reading(PROMPT, rows[:7], LABELS, verbalize=False) == PROMPT  # too few


@pytest.mark.slow
def test_near_copies_do_not_vouch_for_each_other() -> None:
    """Each text stands twice, with a label by chance: its twin would tell it."""
    half = replies(60, 3, told=0.0)
    twins = [replace(row, example=replace(row.example, id=f"{row.example.id}b")) for row in half]
    rows = [*half, *twins]
    crossed = share_right(rows, labels_read_by_others(PROMPT, rows, LABELS, verbalize=True))
    assert crossed < 0.7


def test_the_order_of_the_replies_does_not_count() -> None:
    rows = replies(90, 4, told=0.4)
    read = labels_read_by_others(PROMPT, rows, LABELS, verbalize=False)
    assert labels_read_by_others(PROMPT, rows[::-1], LABELS, verbalize=False) == read[::-1]
