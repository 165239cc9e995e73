"""The report of an import has one sentence for each kind of thing, however many rows have it."""

from __future__ import annotations

from collections import Counter

from tinyarms.exchange.incoming.records import Listed
from tinyarms.loop.importing.report import Report
from tinyarms.loop.importing.splits import Splits


def test_a_note_on_rows_is_kept_once_and_the_others_are_counted() -> None:
    report = Report()
    for number in range(6_000):
        report.note_row("empty", f"r, line {number}", "all inputs are empty")
        report.note_row("entities", f"r, line {number}", "it has entities")
    report.note("No prompt came in.")
    report.note("No prompt came in.")
    report.note_row("missing", "r, line 7", "'None' is a text")
    assert report.notes == (
        "No prompt came in.",
        "r, line 0: all inputs are empty (and so in 5999 more rows).",
        "r, line 0: it has entities (and so in 5999 more rows).",
        "r, line 7: 'None' is a text.",
    )


def test_unknown_splits_are_one_sentence() -> None:
    names = Counter({"train": 3, "test": 2, **{f"odd {n}": 2 for n in range(6_000)}})
    notes = Splits(Counter[str | None](names)).notes
    assert notes[0].startswith("'odd 0' and 5999 others of 12000 rows is no split")
    assert len(notes) == 2


def test_whole_rows_are_counted_and_the_first_is_kept_although_others_were_listed_before() -> None:
    report = Report()
    for number in range(1_050):
        report.list(f"r, line {number}", "the threshold 0.7", "`success_at` holds for all rows")
    report.duplicate("r, line 1051", "r, line 1")
    report.add(Listed("r, line 1052", "the case", "it has no inputs", is_row=True))
    report.leave_out("r, line 1053", "it has no input")
    assert (report.left_out, report.listed_n, len(report.listed)) == (2, 1_053, 1_000)
    assert report.first_left_out is not None
    assert report.first_left_out.where == "r, line 1052"
