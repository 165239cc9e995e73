"""Excel: the first sheet with a table, cells as people see them, and no bombs."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from tinyarms.core.errors import ImportRefused, UsageError
from tinyarms.exchange.tables.excel_file import open_excel
from tinyarms.exchange.tables.table import Row, Table

pytestmark = pytest.mark.slow  # openpyxl takes a while to load


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def cells(table: Table) -> list[dict[str, object]]:
    return [dict(row.cells) for row in table.read() if isinstance(row, Row)]


def test_the_first_sheet_with_a_table_is_read_below_its_title(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Tickets of spring"],
        [],
        ["Text", "Label", "Day"],
        ["a\nb", "x", datetime(2025, 4, 1)],
        [12345, True, datetime(2025, 4, 1, 9, 30)],
        [None, None, None],
        [2.0, "#N/A", None],
    ]
    path = workbook(tmp_path / "b.xlsx", Cover=[["only a title"]], Data=rows)
    table = open_excel(path)
    assert cells(table) == [
        {"Text": "a\nb", "Label": "x", "Day": "2025-04-01"},
        {"Text": "12345", "Label": "TRUE", "Day": "2025-04-01T09:30:00"},
        {"Text": "2", "Label": None, "Day": None},
    ]
    assert [row.number for row in table.read()] == [4, 5, 7]
    assert "Cover" in table.remarks[0]


def test_a_sheet_can_be_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "b.xlsx", One=[["a"], ["1"]], Two=[["b"], ["2"]])
    assert cells(open_excel(path, sheet="Two")) == [{"b": "2"}]
    with pytest.raises(UsageError, match="One, Two"):
        open_excel(path, sheet="Three")


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 5_000_000)
    with pytest.raises(ImportRefused, match="unpacks"):
        open_excel(path)


def test_a_workbook_with_an_entity_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "good.xlsx", One=[["a", "b"], ["1", "2"]])
    bad = tmp_path / "bad.xlsx"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(bad, "w") as out:
        for part in archive.namelist():
            content = archive.read(part)
            if part.endswith("sheet1.xml"):
                content = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + content
                content = content.replace(b"<sheetData>", b"<sheetData>&e;")
            out.writestr(part, content)
    with pytest.raises(ImportRefused, match="no workbook"):
        list(open_excel(bad).read())


def test_what_is_no_workbook_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(ImportRefused, match="no workbook"):
        open_excel(path)


def test_a_cover_is_no_table_where_another_sheet_has_columns(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Text", "Label"], ["a", "x"]]
    path = workbook(tmp_path / "rows.xlsx", Cover=[["Report of May"], ["by us"]], Data=rows)
    table = open_excel(path)
    assert cells(table) == [{"Text": "a", "Label": "x"}]
    assert "The sheet 'Data' is read; not: Cover." in table.remarks
    one = workbook(tmp_path / "one.xlsx", One=[["Text"], ["a"]], Empty=[])
    assert cells(open_excel(one)) == [{"Text": "a"}]
