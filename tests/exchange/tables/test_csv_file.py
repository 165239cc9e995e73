"""CSV: the delimiter, the encoding and the header are found out, and broken rows are named."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.tables.csv_file import guarded, open_csv, unguarded
from tinyarms.exchange.tables.table import BrokenRow, Row, Table

TEXT = "text;label\r\nDéjà vu;a\r\n'=1+1;b\r\n"


def table_of(tmp_path: Path, content: bytes, name: str = "rows.csv") -> Table:
    path = tmp_path / name
    path.write_bytes(content)
    return open_csv(path)


def cells(table: Table) -> list[dict[str, object]]:
    return [dict(row.cells) for row in table.read() if isinstance(row, Row)]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"]
)
def test_every_encoding_gives_the_same_rows(tmp_path: Path, encoding: str) -> None:
    table = table_of(tmp_path, TEXT.encode(encoding))
    assert cells(table) == [{"text": "Déjà vu", "label": "a"}, {"text": "=1+1", "label": "b"}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_although_texts_have_others(tmp_path: Path, delimiter: str) -> None:
    lines = [["text", "label"], ["One, two, three", "a"], ["x; y", "b"], ["tab\tand | bar", "a"]]
    content = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    assert [row["text"] for row in cells(table_of(tmp_path, content.encode()))] == [
        line[0] for line in lines[1:]
    ]


def test_line_breaks_in_cells_stay_and_rows_have_the_line_they_begin_on(tmp_path: Path) -> None:
    table = table_of(tmp_path, b'a,b\r\n"one\r\ntwo",x\r\n\r\nthree,y\r\n')
    assert [(row.number, row.cells) for row in table.read() if isinstance(row, Row)] == [
        (2, {"a": "one\r\ntwo", "b": "x"}),
        (5, {"a": "three", "b": "y"}),
    ]


def test_missing_cells_are_none_and_words_that_may_be_labels_stay(tmp_path: Path) -> None:
    table = table_of(tmp_path, b"a,b,c\n1,NaN,None\n2,,n/a\n3,null,none\n")
    assert [(row["b"], row["c"]) for row in cells(table)] == [
        (None, "None"),
        (None, "n/a"),
        (None, "none"),
    ]


def test_columns_without_a_name_or_with_one_that_repeats_get_one(tmp_path: Path) -> None:
    table = table_of(tmp_path, b"text,,text\na,b,c\nd,e,f\n")
    assert table.columns == ("text", "column_2", "text_2")
    assert len(table.remarks) == 2


def test_a_first_row_of_data_is_no_header(tmp_path: Path) -> None:
    table = table_of(tmp_path, b"I love it,positive\nAwful,negative\nFine,positive\n")
    assert table.columns == ("column_1", "column_2")
    assert len(cells(table)) == 3


def test_a_row_with_too_many_cells_is_named_and_the_others_come(tmp_path: Path) -> None:
    rows = list(table_of(tmp_path, b"a,b\n1,2\n1,2,3\n4\n").read())
    assert isinstance(rows[1], BrokenRow)
    assert rows[1].number == 3
    assert rows[2] == Row(4, {"a": "4"})


def test_a_quote_that_is_never_closed_is_refused_with_its_line(tmp_path: Path) -> None:
    table = table_of(tmp_path, b'a,b\n1,2\n"3,4\n5,6\n')
    with pytest.raises(ImportRefused, match="line 3: a quote"):
        list(table.read())


def test_a_quote_within_a_cell_without_quotes_is_a_character(tmp_path: Path) -> None:
    assert cells(table_of(tmp_path, b'a,b\n5" disk,x\n7" disk,y\n'))[1] == {
        "a": '7" disk',
        "b": "y",
    }


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ImportRefused, match="no rows"):
        table_of(tmp_path, content)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+4", "-x", "@a", "\tx", "'=1", "''=1", "NaN", "'NaN", "'s", "text", "\r"]
)
def test_a_guarded_cell_is_no_formula_and_comes_back(cell: str) -> None:
    assert guarded(cell)[:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert unguarded(guarded(cell)) == cell


def test_the_line_that_tells_excel_the_separator_is_no_header(tmp_path: Path) -> None:
    table = table_of(tmp_path, b"sep=|\r\ntext|label\r\na, b; c|x\r\nd|y\r\n")
    assert [(row.number, row.cells) for row in table.read() if isinstance(row, Row)] == [
        (3, {"text": "a, b; c", "label": "x"}),
        (4, {"text": "d", "label": "y"}),
    ]


def test_a_file_of_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"rows\.csv: is not a text file"):
        table_of(tmp_path, bytes(range(256)) * 40)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (",,,\n,,\n", "all its cells are empty"),
        ("sep=;\n;;\n", "all its cells are empty"),
        pytest.param(
            'a,b\n"' + "x\n" * 600_000 + '",c\n', "rows.csv, line 2: ", marks=pytest.mark.slow
        ),
    ],
)
def test_a_table_without_cells_or_end_is_refused_with_its_name(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(content)
    with pytest.raises(ImportRefused) as caught:
        list(open_csv(path).read())
    assert message in caught.value.message and caught.value.message.startswith(str(path))


def test_a_remark_above_the_header_is_left_out(tmp_path: Path) -> None:
    table = table_of(tmp_path, b"# exported\n\n#2\ntext,label\na,x\n")
    assert table.columns == ("text", "label")
    assert cells(table) == [{"text": "a", "label": "x"}]


def test_a_header_that_is_too_short_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"line 1: its header has 1 name, and .* 2 cells"):
        table_of(tmp_path, b"Tickets of May\ntext,label\na,x\n")


def test_a_file_of_random_bytes_is_no_csv(tmp_path: Path) -> None:
    content = Random(1).randbytes(20_000).replace(b"\0", b"")
    with pytest.raises(ImportRefused, match="is not a text file: it has control characters"):
        table_of(tmp_path, content)
