from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from tests.loop.place import SKILL, Place
from tinyarms.core.errors import ExampleError, ExperimentError, LeaseHeld, UsageError
from tinyarms.exchange.incoming.records import Columns
from tinyarms.loop.importing.adding import add_example, add_examples
from tinyarms.loop.project.example_findings import ExampleFinding
from tinyarms.loop.project.example_report import check_examples
from tinyarms.loop.project.example_splits import example_splits, set_example_splits
from tinyarms.loop.project.leases import lease
from tinyarms.loop.project.shown_examples import Filters, shown_examples
from tinyarms.skills.example import Split

pytestmark = pytest.mark.slow
LONG = "the parcel that I ordered last week has not been delivered and nobody answers"


def row(text: str, expected: object = "good", **more: object) -> dict[str, object]:
    return {"inputs": {"text": text}, "expected": expected, **more}


def write(place: Place, rows: list[object], name: str = "examples.jsonl") -> Path:
    path = place.root / name
    lines = (each if isinstance(each, str) else json.dumps(each) for each in rows)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def findings(place: Place) -> dict[str, ExampleFinding]:
    return {each.problem: each for each in check_examples(place.open(), SKILL).findings}


def test_each_kind_is_counted_with_its_lines(place: Place) -> None:
    rows = [
        row("a", split="test"),
        row("b", split="test"),
        row("b", split="test"),
        row("c", split="search"),
        row("c", "bad", split="search"),
        row("d", split="test"),
        row("d", split="search"),
        row(LONG, split="test"),
        "",
        row(f"{LONG}!s", split="search"),
        row("e", " Good", split="test"),
    ]
    write(place, rows)
    report = check_examples(place.open(), SKILL)
    assert report.ok and report.rows == 10
    assert (report.search, report.selection, report.test) == (0, 0, 5)
    found = findings(place)
    assert {problem: (each.n, each.lines, each.level) for problem, each in found.items()} == {
        "two_answers": (2, (4, 5), "warning"),
        "twice": (1, (3,), "warning"),
        "two_splits": (1, (7,), "warning"),
        "near_copies": (1, (10,), "warning"),
        "label_forms": (1, (11,), "note"),
    }
    assert "(lines 4, 5)" in found["two_answers"].what
    assert "' Good'" in found["label_forms"].what


@pytest.mark.parametrize(
    ("line", "problem", "part", "remedy"),
    [
        ('{"inputs": {"text": "x"}, "expected": NaN}', "unusable", "NaN", "inputs"),
        (row("x", None), "outside_contract", "null", "remove the row"),
        (row("x", "goood"), "outside_contract", "'goood'", "Did you mean 'good'?"),
        ({"inputs": {"text": None}, "expected": "good"}, "unusable", "text is not text", "Write"),
        ("{", "unusable", "not an example", "Write"),
    ],
)
def test_a_row_that_is_no_example_is_an_error(
    place: Place, line: object, problem: str, part: str, remedy: str
) -> None:
    write(place, [row("a"), line])
    report = check_examples(place.open(), SKILL)
    [finding] = report.findings
    assert not report.ok
    assert (finding.problem, finding.level, finding.lines) == (problem, "error", (2,))
    assert "line 2" in finding.what and part in finding.what
    assert remedy in finding.remedy


def test_many_unusable_rows_are_one_finding_with_their_lines(place: Place) -> None:
    write(place, [row(f"n {number}", "other") for number in range(60)])
    *named, rest = check_examples(place.open(), SKILL).findings
    assert [each.lines for each in named] == [(number,) for number in range(1, 21)]
    assert (rest.n, rest.lines) == (40, tuple(range(21, 31)))


@pytest.mark.parametrize(
    ("content", "part", "remedy"),
    [
        ("{}".encode("utf-16"), "is UTF-16", "iconv"),
        (b"{\x00}\x00\n\x00", "is UTF-16", "iconv"),
        (b'{}\n{"inputs": {"text": "caf\xe9"}}', "line 2: byte 27 of the file is not UTF-8", "'é'"),
    ],
)
def test_a_file_of_another_encoding_is_named(
    place: Place, content: bytes, part: str, remedy: str
) -> None:
    (place.root / "examples.jsonl").write_bytes(content)
    [finding] = check_examples(place.open(), SKILL).findings
    assert (finding.problem, finding.level) == ("file", "error")
    assert part in finding.what and remedy in finding.remedy


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(place: Place) -> None:
    text = "\r\n".join(json.dumps(row(f"n {number}")) for number in range(3))
    (place.root / "examples.jsonl").write_bytes(b"\xef\xbb\xbf" + text.encode())
    report = check_examples(place.open(), SKILL)
    assert (report.rows, report.findings) == (3, ())


def test_answers_of_a_text_skill_that_differ_only_in_form_or_look_missing(place: Place) -> None:
    place.edit_config(lambda c: c["skills"][SKILL].update(output={"text": True}, scorer="exact"))
    answers = ["Paris", "Paris", " paris", "Cafe\u0301", "Café", "Café", "nan", "N/A"]
    write(place, [row(f"question {n}", answer) for n, answer in enumerate(answers)])
    found = findings(place)
    assert (found["answer_forms"].n, found["answer_forms"].lines) == (2, (3, 4))
    assert (found["missing_values"].n, found["missing_values"].lines) == (2, (7, 8))


def test_splits_change_before_the_first_search_and_not_after(place: Place) -> None:
    path = write(place, [row(f"comment number {n}") for n in range(200)])
    context = place.open()
    before = example_splits(context, SKILL)
    assert before.frozen_by is None
    assert before.test > before.search > before.selection > 20
    context.examples(context.skill(SKILL).skill)  # the splits are stored
    after = set_example_splits(context, SKILL, (60, 20, 20))
    assert after.search > after.test > 20 and after.other_in_file == 0
    told = [json.loads(line)["split"] for line in path.read_text().splitlines()]
    assert told.count("search") == after.search
    # A person's edit of the file counts only when they say so.
    path.write_text(path.read_text().replace('"selection"', '"test"'))
    assert example_splits(context, SKILL).other_in_file == after.selection
    assert example_splits(context, SKILL).test == after.test
    assert set_example_splits(context, SKILL).test == after.test + after.selection
    with context.store.unit_of_work() as work:
        work.examples.log_test_read("r", SKILL, None, "hash", 10, context.clock())
    content = path.read_bytes()
    with pytest.raises(ExperimentError, match="frozen: the test examples were read 1 time"):
        set_example_splits(context, SKILL, (30, 20, 50))
    assert path.read_bytes() == content


def test_a_live_test_freezes_the_splits_and_is_named(testing: Place) -> None:
    context = testing.open()
    frozen_by = example_splits(context, SKILL).frozen_by
    assert frozen_by is not None and frozen_by.startswith("the live test of 20")
    with pytest.raises(ExperimentError, match="frozen"):
        set_example_splits(context, SKILL)


@pytest.mark.parametrize("shares", [(0, 0, 0), (-1, 1, 1), (float("nan"), 1, 1)])
def test_shares_that_are_none_are_refused(place: Place, shares: tuple[float, float, float]) -> None:
    content = (place.root / "examples.jsonl").read_bytes()
    with pytest.raises(UsageError, match="three numbers"):
        set_example_splits(place.open(), SKILL, shares)
    assert (place.root / "examples.jsonl").read_bytes() == content


def test_what_is_shown_fits_all_filters(place: Place) -> None:
    rows = [row("a red one", split="test"), row("a Red two", "bad", split="search")]
    write(place, [*rows, row("blue", "bad", split="test"), row("blue", "bad", split="test")])
    context = place.open()
    assert [e.line for e in shown_examples(context, SKILL).examples] == [1, 2, 3, 4]
    for filters, lines in (
        (Filters(split="test"), [1, 3, 4]),
        (Filters(contains="RED"), [1, 2]),
        (Filters(contains="red", expected=" Bad"), [2]),
        (Filters(left_out=True), [4]),
        (Filters(origin="collected"), []),
    ):
        assert [e.line for e in shown_examples(context, SKILL, filters).examples] == lines
    few = shown_examples(context, SKILL, most=1)
    assert (few.n, len(few.examples)) == (4, 1)


def test_rows_of_a_csv_are_added_once_all_or_none(place: Place) -> None:
    path = write(place, [row("known", split="test")])
    context = place.open()
    more = place.root / "more.csv"
    more.write_text("Body,Team\nknown,good\nnew,Bad\nodd,neither\n", encoding="utf-16")
    columns = Columns({"text": "Body"}, "Team")
    before = path.read_bytes()
    with pytest.raises(ExampleError, match=r"more.csv, line 4: .*Nothing was added, because 1 row"):
        add_examples(context, SKILL, more, columns)
    assert path.read_bytes() == before
    added = add_examples(context, SKILL, more, columns, skip=True)
    assert (added.added, added.duplicates, added.left_out) == (1, 1, 1)
    assert [(part.where[-6:], part.kind) for part in added.listed] == [
        ("line 2", "duplicate"),
        ("line 4", "row"),
    ]
    assert path.read_bytes().startswith(before)
    assert json.loads(path.read_text().splitlines()[1])["expected"] == "bad"
    again = add_examples(context, SKILL, more, columns, skip=True)
    assert (again.added, again.duplicates) == (0, 2)


def test_one_example_is_added_and_what_contradicts_it_is_named(place: Place) -> None:
    write(place, [row("known", "good", split="test")])
    context = place.open()
    assert add_example(context, SKILL, {"text": "other"}, "bad", "test").splits == {"test": 1}
    for split in get_args(Split):
        added = add_example(context, SKILL, {"text": f"of {split}"}, "bad", split)
        assert added.splits == {split: 1}
    contradicting = add_example(context, SKILL, {"text": "known "}, "bad")
    assert [(f.problem, f.lines) for f in contradicting.findings] == [("two_answers", (1, 6))]
    assert (contradicting.added, contradicting.listed) == (1, ())
    assert contradicting.notes == (
        "the example: its inputs are those of examples.jsonl, example 1, with another output.",
    )
    with pytest.raises(UsageError, match="no input 'x'"):
        add_example(context, SKILL, {"x": "other"}, "bad")
    with pytest.raises(ExampleError, match=r"^the example: 'zzz' is none of: .*Nothing was added"):
        add_example(context, SKILL, {"text": "a third"}, "zzz")
    with lease(context, SKILL), pytest.raises(LeaseHeld):
        add_example(context, SKILL, {"text": "a third"}, "bad")


def test_the_first_row_that_cannot_be_one_is_named_after_many_that_contradict(place: Place) -> None:
    path = write(place, [row(f"n {n}", "good") for n in range(1050)])
    before = path.read_bytes()
    more = place.root / "more.csv"
    lines = [*(f"n {n},bad" for n in range(1050)), "odd,neither", "new,bad"]
    more.write_text("text,label\n" + "\n".join(lines) + "\n")
    context = place.open()
    message = r"^more.csv, line 1052: 'neither' is none of: .* because 1 row cannot be"
    with pytest.raises(ExampleError, match=message):
        add_examples(context, SKILL, more, Columns())
    assert path.read_bytes() == before
    assert add_examples(context, SKILL, more, Columns(), skip=True).added == 1051


def test_an_input_named_description_makes_no_example_a_test_of_another_tool(place: Place) -> None:
    place.edit_config(lambda c: c["skills"][SKILL].update(inputs=["description"]))
    prompt = place.root / place.open().project.skills[SKILL].prompt_template
    prompt.write_text("Rate this: {{description}}")
    (place.root / "examples.jsonl").write_text("")
    added = add_example(place.open(), SKILL, {"description": "a chair"}, "good")
    assert (added.added, added.left_out) == (1, 0)
