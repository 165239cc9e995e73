"""The splits of other tools: what they hold out is never searched."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.exchange.incoming.found import imported, rows_of
from tinyarms.loop.importing.splits import Splits

HELD_OUT = ("held_out", "held-out", "Held out", "HOLDOUT", "hold-out", "test", "evaluation")


@pytest.mark.parametrize("name", HELD_OUT)
def test_a_row_that_is_held_out_stays_so_however_it_is_written(tmp_path: Path, name: str) -> None:
    path = tmp_path / "rows.csv"
    split = ["train", name, "validation", "odd", "train"]
    path.write_text("text,label,split\n" + "".join(f"a {n},x,{s}\n" for n, s in enumerate(split)))
    rows = rows_of(imported(path))
    splits = Splits(Counter(row.split for row in rows))
    ours = [splits.of(row.split, {"text": str(row.inputs["text"])}) for row in rows]
    assert ours[:3] == ["search", "test", "selection"]
    assert ["'odd'" in note for note in splits.notes] == [True]


def test_a_file_may_be_named_by_a_split_of_two_words(tmp_path: Path) -> None:
    for name in ("train", "held-out"):
        (tmp_path / f"{name}.csv").write_text(f"text,label\n{name} a,x\nb {name},y\n")
    rows = rows_of(imported(tmp_path))
    splits = Splits(Counter(row.split for row in rows))
    ours = {str(row.inputs["text"]): splits.of(row.split, {}) for row in rows}
    assert (ours["held-out a"], ours["b held-out"]) == ("test", "test")
