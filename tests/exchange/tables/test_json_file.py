"""JSON: lines, arrays and answers with an array are the same rows, one value at a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.tables.json_file import open_json
from tinyarms.exchange.tables.table import BrokenRow, Row

ROWS = [{"text": "Grüße 🎉\nzwei", "n": 12, "label": None}, {"text": "b", "n": 3.5, "label": "x"}]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "wrapped", [lambda rows: rows, lambda rows: {"object": "list", "data": rows, "page": 1}]
)
def test_an_array_gives_its_objects(tmp_path: Path, indent: int | None, wrapped: object) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(wrapped(ROWS), indent=indent))  # type: ignore[operator]
    table = open_json(path)
    assert table.columns == ("text", "n", "label")
    assert [row.cells for row in table.read() if isinstance(row, Row)] == ROWS


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json"])
def test_lines_give_their_objects_and_a_broken_line_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    lines = [json.dumps(ROWS[0]), "", "{broken", "[1]", json.dumps(ROWS[1]).replace("3.5", "NaN")]
    path.write_text("\r\n".join(lines), encoding="utf-8-sig")
    rows = list(open_json(path).read())
    assert [row.number for row in rows] == [1, 3, 4, 5]
    assert isinstance(rows[1], BrokenRow)
    assert isinstance(rows[2], BrokenRow)
    assert isinstance(rows[3], Row)
    assert rows[3].cells["n"] is None


def test_rows_know_the_line_they_begin_on(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    text = "x" * 100_000  # more than what is read at once
    path.write_text(f'[\n{{"a": "{text}"}},\n\n{{"a":\n"b"}}, {{"a": "c"}}\n]')
    assert [row.number for row in open_json(path).read()] == [2, 4, 5]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"data": []}', "[1, 2]", '[{"a": 1}', '[{"a": 1} {"a": 2}]', "[" * 100_000],
)
def test_what_has_no_rows_or_ends_early_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "rows.json"
    path.write_text(content)
    with pytest.raises(ImportRefused):
        list(open_json(path).read())


DEEP = "[" * 101 + "]" * 101


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a":' * 20_000, "its brackets are nested too deeply"),
        (f'[{{"a": {DEEP}}}]', "its brackets are nested too deeply"),
        (f'{{"a": {DEEP}}}\n{{"a": {DEEP}}}', "its brackets are nested too deeply"),
        ('{"rows": [{"a": 1}, {"b": ' + "9" * 5_000 + "}]}", "a number has more than 4300 digits"),
        ('[{"a": ' + "9" * 5_000 + "}]", "a number has more than 4300 digits"),
    ],
)
def test_what_is_too_deep_or_too_long_is_refused_in_one_line(
    tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path / "rows.json"
    path.write_text(content)
    with pytest.raises(ImportRefused, match=reason):
        list(open_json(path).read())


def test_brackets_in_texts_have_no_depth(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"a": "[" * 500 + '"' + "{" * 500, "b": [[1]] * 200}) + "\n")
    assert len(list(open_json(path).read())) == 1


def test_an_array_at_the_top_comes_before_one_inside_of_another_field(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    inner = {"metadata": {"tags": [{"a": 1}], "long": "x" * 2_000_000}}
    path.write_text(json.dumps({"name": "d", **inner, "items": ROWS}, indent=1))
    with pytest.raises(ImportRefused, match="no JSON"):
        open_json(path)
    path.write_text(json.dumps({"metadata": {"tags": [{"a": 1}]}, "items": ROWS}, indent=1))
    assert [row.cells for row in open_json(path).read() if isinstance(row, Row)] == ROWS


@pytest.mark.slow
def test_rows_may_be_inside_of_an_object_that_is_too_long_to_be_one_value(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    rows = [{"text": "x" * 1000, "n": n} for n in range(2000)]
    path.write_text(json.dumps({"data": {"id": "d", "examples": rows}}, indent=1))
    assert len(list(open_json(path).read())) == len(rows)


@pytest.mark.parametrize(
    "value",
    [
        {"text": ["a", "b"], "label": ["x", None]},
        {"text": {"0": "a", "1": "b"}, "label": {"0": "x", "1": None}},
        {"columns": ["text", "label"], "index": [0, 1], "data": [["a", "x"], ["b", None]]},
        {"r1": {"text": "a", "label": "x"}, "r2": {"text": "b", "label": None}},
    ],
)
def test_an_object_of_columns_or_of_rows_is_a_table(tmp_path: Path, value: object) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(value, indent=1))
    rows = [(row.number, row.cells) for row in open_json(path).read() if isinstance(row, Row)]
    assert rows == [(1, {"text": "a", "label": "x"}), (2, {"text": "b", "label": None})]


@pytest.mark.parametrize(
    "value", [{"text": ["a"], "label": []}, {"a": 1}, {}, {"columns": ["a"], "data": [[1, 2]]}]
)
def test_another_object_has_no_rows(tmp_path: Path, value: object) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(value, indent=1))
    with pytest.raises(ImportRefused, match="there are no rows in it"):
        open_json(path)


def test_objects_over_several_lines_one_after_the_other_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text("\n".join(json.dumps(row, indent=1) for row in ROWS))
    with pytest.raises(ImportRefused, match="line 6: something follows the object"):
        open_json(path)


def test_a_key_twice_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a", "text": "b"}\n{"text": "c"}\n')
    broken, row = open_json(path).read()
    assert isinstance(broken, BrokenRow) and "'text' occurs twice" in broken.why
    assert row.number == 2


def test_an_object_on_one_line_may_be_longer_than_a_row(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    rows = [{"text": "t" * 100, "n": n} for n in range(12_000)]
    path.write_text(json.dumps({"data": rows}))
    assert sum(isinstance(row, Row) for row in open_json(path).read()) == len(rows)
