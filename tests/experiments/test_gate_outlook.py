from __future__ import annotations

from typing import Literal

import pytest

from tinyarms.experiments.gate_outlook import GateOutlook, SplitSizes, gate_outlook

SPLITS = SplitSizes(search=90, selection=60, test=150)


def look(
    reads: int, preset: Literal["default", "original"] = "default", has_scorer: bool = True
) -> GateOutlook:
    options = {"preset": preset, "has_scorer": has_scorer, "alpha": 0.05, "least_gain": 0.05}
    return gate_outlook(SPLITS, reads, 3, **options)


def test_the_gate_runs_with_enough_held_out_examples() -> None:
    view = look(150)
    assert (view.reads, view.missing) == (150, 0)
    assert view.sentence.startswith(
        "Examples: 90 for the search, 60 for the selection, 150 held out. "
        "The offline gate will read 150 examples, which find a gain of 10 points with a "
    )


def test_the_outlook_counts_missing_examples() -> None:
    view = look(99)
    assert (view.reads, view.missing) == (0, 1)
    assert view.explanation == (
        "No offline gate: it needs 100 held-out examples. Add about 2 rows. Users alone decide."
    )


@pytest.mark.parametrize(("preset", "has_scorer"), [("original", True), ("default", False)])
def test_no_examples_are_missing_if_no_number_is_enough(
    preset: Literal["default", "original"], has_scorer: bool
) -> None:
    view = look(150, preset, has_scorer)
    assert (view.reads, view.missing) == (0, 0)
    assert "Add" not in view.explanation
