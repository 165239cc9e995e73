"""Which file of an imported file or folder has the rows, and how it is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import islice, pairwise
from pathlib import Path

from tinyarms.core.errors import ImportRefused, UsageError
from tinyarms.exchange.incoming.records import Columns
from tinyarms.exchange.incoming.source import Source, first_bytes
from tinyarms.exchange.incoming.split_words import split_of
from tinyarms.exchange.tables.csv_file import open_csv
from tinyarms.exchange.tables.json_file import open_json
from tinyarms.exchange.tables.table import BrokenRow, Row, Table
from tinyarms.exchange.tables.text_file import open_binary

SAMPLE_ROWS = 1000
"""Rows by which the columns are told apart. Higher: surer, and slower for large rows."""
_LEAST_SAMPLE_ROWS = 50
_SAMPLE_CELLS = 200_000
"""Cells by which the columns of a wide table are told apart, in at least so many rows."""
ANY_COLUMNS = Columns()
"""Nobody has named a column."""
_CSV = frozenset({".csv", ".tsv", ".tab", ".txt"})
_JSON = frozenset({".json", ".jsonl", ".ndjson"})
_BINARY = frozenset({".parquet", ".xlsx", ".xlsm", ".arrow"})
_SUFFIXES = _CSV | _JSON | _BINARY
_ZIP = b"PK\x03\x04"
"""First bytes of a workbook, and of an archive."""
_WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xltm")
_REFUSED: tuple[tuple[bytes, str, str], ...] = (
    (b"\x80", "a pickle, which can run code when it is read", "Save it as JSON."),
    (b"\xd0\xcf\x11\xe0", "an old workbook (.xls)", "Save it as .xlsx or .csv."),
    (b"\x1f\x8b", "packed with gzip", "Unpack it."),
    (b"SQLite format 3", "a database", "Export its rows as CSV."),
    *((mark, "an archive", "Unpack it.") for mark in (b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "Unpack it."),
)
"""First bytes of files that are not read, what they are, and what to do."""


def has_tables(source: Source) -> bool:
    """Whether a file here may have rows, by its name."""
    if source.path.is_dir():
        from tinyarms.exchange.tables.arrow_files import is_dataset_folder

        return any(map(is_dataset_folder, _folders(source))) or bool(_candidates(source))
    return source.path.suffix.lower() in _SUFFIXES


def check_packed(source: Source) -> None:
    """Raises `ImportRefused` for a file that is an archive, or of another kind that is not read."""
    if source.path.is_dir():
        return
    path = source.files[0]
    head = first_bytes(path, 16)
    marks = (*_REFUSED, (_ZIP, "an archive", "Unpack it."))
    for mark, what, remedy in marks:
        if head.startswith(mark):
            raise ImportRefused(f"{source.place(path)}: is {what}.", remedy)


def table_of(source: Source, columns: Columns = ANY_COLUMNS) -> Table:
    """The rows of a file, or those of the files of a folder whose names are splits, as one table.

    Raises `ImportRefused`, and `UsageError` if a package is missing.
    """
    if not source.path.is_dir():
        return _opened(source, source.files[0], columns)
    from tinyarms.exchange.tables.arrow_files import is_dataset_folder, open_dataset_folder

    saved = [folder for folder in _folders(source) if is_dataset_folder(folder)]
    if saved:
        name = source.root.name if saved[0] == source.root else source.place(saved[0])
        return replace(open_dataset_folder(saved[0]), where=name)
    files = _candidates(source)
    if len(files) == 1:
        return _opened(source, files[0], columns)
    parts = {file: _split_in_name(file) for file in files}
    if not files or not all(parts.values()):
        names = ", ".join(source.place(file) for file in files[:5])
        raise ImportRefused(
            f"{source.path}: has {len(files)} files that may have rows"
            + (f": {names}." if names else "."),
            "Name the one to import.",
        )
    return _joined(
        source, [(name, _opened(source, file, columns)) for file, name in parts.items() if name]
    )


def sample_of(table: Table) -> list[Row]:
    """The first rows that can be used."""
    n = min(SAMPLE_ROWS, max(_LEAST_SAMPLE_ROWS, _SAMPLE_CELLS // max(1, len(table.columns))))
    return [row for row in islice(table.read(), n) if isinstance(row, Row)]


def peeked(source: Source) -> tuple[Table, tuple[Row, ...]] | None:
    """The table of a source and its first rows; `None` if it has none that can be read.

    It is opened once for all formats that look at it.
    """
    if not has_tables(source):
        return None
    try:
        status = source.path.stat()
        return _peeked(source, (status.st_mtime_ns, status.st_size))
    except (ImportRefused, UsageError, OSError):
        return None


@lru_cache(maxsize=2)
def _peeked(source: Source, stamp: tuple[int, int]) -> tuple[Table, tuple[Row, ...]]:
    table = table_of(source)
    rows = islice(table.read(), 20)
    return table, tuple(row for row in rows if isinstance(row, Row))


def _opened(source: Source, path: Path, columns: Columns) -> Table:
    """The table of a file, whose place is the file's name within the source."""
    where = source.place(path)
    with open_binary(path, where) as file:
        head = file.read(16)
    for mark, what, remedy in _REFUSED:
        if head.startswith(mark):
            raise ImportRefused(f"{where}: is {what}.", remedy)
    if head.startswith(_ZIP) and path.suffix.lower() not in _WORKBOOKS:
        raise ImportRefused(f"{where}: is an archive.", "Unpack it.")
    return replace(_table(path, head, columns), where=where)


def _table(path: Path, head: bytes, columns: Columns) -> Table:
    """The table of a file by its first bytes and its name."""
    suffix = path.suffix.lower()
    if head.startswith(b"PAR1") or suffix == ".parquet":
        from tinyarms.exchange.tables.arrow_files import open_parquet

        return open_parquet(path)
    if head.startswith(b"ARROW1") or suffix == ".arrow":
        from tinyarms.exchange.tables.arrow_files import open_arrow

        return open_arrow(path)
    if head.startswith(_ZIP):
        from tinyarms.exchange.tables.excel_file import open_excel

        return open_excel(path, sheet=columns.sheet)
    is_json = suffix in _JSON or head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[")
    if is_json and suffix not in _CSV:
        return open_json(path, encoding=columns.encoding)
    return open_csv(path, encoding=columns.encoding, delimiter=columns.delimiter)


def _folders(source: Source) -> list[Path]:
    """The folder itself and those directly in it; links that lead out are left out."""
    try:
        paths = sorted(source.root.iterdir())
    except OSError:
        return []
    return [source.root, *(p for p in paths if p.is_dir() and source.is_inside(p))]


def _candidates(source: Source) -> list[Path]:
    """The files that may have rows; those of the kind that only describe others are left out."""
    found = [path for path in source.files if path.suffix.lower() in _SUFFIXES]
    rows = [path for path in found if not _only_describes(path)]
    surest = [path for path in rows if path.suffix.lower() not in (".json", ".txt")]
    return surest or rows


def _only_describes(path: Path) -> bool:
    name = path.stem.lower()
    return name.endswith(("schema", "dataset_info", "dataset_infos", "state")) or name in (
        "readme",
        "license",
        "licence",
        "requirements",
        "package",
    )


def _split_in_name(path: Path) -> str | None:
    """The split in a file's name, as in `train-00000-of-00002.parquet`."""
    words = path.stem.replace("-", "_").replace(".", "_").split("_")
    pairs = [f"{first}_{second}" for first, second in pairwise(words)]  # as in held-out.csv
    return split_of([*words, *pairs]) or split_of([path.parent.name])


def _joined(source: Source, parts: Sequence[tuple[str, Table]]) -> Table:
    columns: dict[str, None] = {}
    for _, table in parts:
        columns.update(dict.fromkeys(table.columns))
    split = "split" if "split" not in columns else "split_of_file"
    remarks = tuple(dict.fromkeys(remark for _, table in parts for remark in table.remarks))
    return Table(
        str(source.path),
        (*columns, split),
        partial(_read_joined, parts, split),
        parts[0][1].unit,
        (f"{len(parts)} files are read; each one's name says its split.", *remarks),
    )


def _read_joined(parts: Sequence[tuple[str, Table]], split: str) -> Iterator[Row | BrokenRow]:
    for name, table in parts:
        for row in table.read():
            where = table.place(row)
            if isinstance(row, Row):
                yield Row(row.number, {**row.cells, split: name}, where)
            else:
                yield replace(row, where=where)
