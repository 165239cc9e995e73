"""Read Parquet files and folders that Hugging Face `datasets` saved. Needs the extra `arrow`.

Only data is read: no loading script, no pickle.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinyarms.core.errors import ImportRefused, UsageError
from tinyarms.core.text import shorten
from tinyarms.exchange.tables.arrow_message import size_of
from tinyarms.exchange.tables.table import BrokenRow, Json, Row, Table, unique_names
from tinyarms.exchange.tables.text_file import open_binary

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 1000
"""Rows that are read at once. Higher: a little faster, more memory."""
_MOST_UNPACKED_BYTES = 200_000_000
_MOST_RATIO = 100
"""A column chunk that unpacks to more bytes than this, and by more than this factor, is refused."""
_FEW_ROWS = 100_000
_MOST_ROWS_PER_BYTE = 1
"""A file with more rows than this for each of its bytes is refused, if they are not few."""
_MOST_STATE_BYTES = 10_000_000
"""Most bytes of a file that describes the others. Higher: more memory."""
SPLIT = "split"
"""The column that says from which part of a `DatasetDict` a row is."""
_DICT, _STATE, _INFO = "dataset_dict.json", "state.json", "dataset_info.json"


def is_dataset_folder(folder: Path) -> bool:
    """Whether `datasets` saved the folder (`save_to_disk`)."""
    return (folder / _DICT).is_file() or (folder / _STATE).is_file()


def open_parquet(path: Path) -> Table:
    """A Parquet file as a table. Raises `ImportRefused`, and `UsageError` without the extra."""
    with _arrow(path) as pa, pa.parquet.ParquetFile(path) as file:
        _check_sizes(path, file.metadata)
        schema = file.schema_arrow
        features = _features(schema.metadata)
    columns, remarks = _columns(path, schema)
    read = partial(_read, path, columns, _class_names(features), _parquet_batches)
    return Table(str(path), columns, read, "row", remarks)


def open_arrow(path: Path) -> Table:
    """An Arrow file as a table. Raises `ImportRefused`, and `UsageError` without the extra."""
    with _arrow(path) as pa, pa.memory_map(str(path)) as source:
        schema = _reader(pa, source).schema
    columns, remarks = _columns(path, schema)
    read = partial(_read, path, columns, _class_names(_features(schema.metadata)), _stream_batches)
    return Table(str(path), columns, read, "row", remarks)


def open_dataset_folder(folder: Path) -> Table:
    """A `Dataset` or `DatasetDict` on disk as a table; the parts become the column `split`.

    The label of a `ClassLabel` is its name; -1 means unlabelled. Raises `ImportRefused`, and
    `UsageError` without the extra.
    """
    if (folder / _DICT).is_file():
        names = _object(folder, _DICT).get("splits")
        parts = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    else:
        parts = [""]
    found = [_part(folder, name) for name in parts]
    if not found:
        raise ImportRefused(f"{folder / _DICT}: it names no splits.", "Save the dataset again.")
    columns: dict[str, None] = {}
    for part in found:
        columns.update(dict.fromkeys(part.columns))
    has_parts = (folder / _DICT).is_file() and SPLIT not in columns
    remarks = tuple(dict.fromkeys(remark for part in found for remark in part.remarks))
    return Table(
        str(folder),
        (*columns, SPLIT) if has_parts else tuple(columns),
        partial(_read_parts, found if has_parts else [_unnamed(part) for part in found]),
        "row",
        remarks,
    )


@dataclass(frozen=True)
class _Part:
    name: str
    files: tuple[Path, ...]
    columns: tuple[str, ...]
    class_names: Mapping[str, Sequence[str]]
    remarks: tuple[str, ...]


def _unnamed(part: _Part) -> _Part:
    return _Part("", part.files, part.columns, part.class_names, part.remarks)


def _part(folder: Path, name: str) -> _Part:
    home = _below(folder, name) if name else folder
    listed = _object(home, _STATE).get("_data_files")
    names = [
        entry["filename"]
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, Mapping) and isinstance(entry.get("filename"), str)
    ]
    files = tuple(_below(home, str(file)) for file in names)
    if not files:
        raise ImportRefused(f"{home / _STATE}: it names no data files.", "Save the dataset again.")
    with _arrow(files[0]) as pa, pa.memory_map(str(files[0])) as source:
        schema = _reader(pa, source).schema
    columns, remarks = _columns(files[0], schema)
    stored = _object(home, _INFO).get("features") if (home / _INFO).is_file() else None
    features = stored if isinstance(stored, Mapping) else _features(schema.metadata)
    return _Part(name, files, columns, _class_names(features), remarks)


def _below(folder: Path, name: str) -> Path:
    """A file or folder that is directly in the folder. Raises `ImportRefused`."""
    path = folder / name
    if name in (".", "..") or "/" in name or "\\" in name:
        raise ImportRefused(
            f"{folder}: it names {shorten(name, 80)!r}, which is outside of it.", "Correct it."
        )
    try:
        is_below = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, no name of a file
        raise ImportRefused(
            f"{folder}: {shorten(name, 80)!r} is no file.", "Correct it."
        ) from error
    if not is_below:
        raise ImportRefused(f"{path}: it leads out of its folder.", "Replace the link by the file.")
    return path


def _read_parts(parts: Sequence[_Part]) -> Iterator[Row | BrokenRow]:
    number = 0
    for part in parts:
        for file in part.files:
            for row in _read(file, part.columns, part.class_names, _stream_batches):
                if isinstance(row, BrokenRow):
                    yield row
                    continue
                number += 1
                yield Row(number, {**row.cells, SPLIT: part.name} if part.name else row.cells)


_Batches = Callable[["Path"], "Iterator[pa.RecordBatch]"]


def _parquet_batches(path: Path) -> Iterator[pa.RecordBatch]:
    with _arrow(path) as pa, pa.parquet.ParquetFile(path) as file:
        # Each thread would hold memory of its own, and rows are taken one by one.
        yield from file.iter_batches(batch_size=_BATCH, use_threads=False)


def _stream_batches(path: Path) -> Iterator[pa.RecordBatch]:
    with _arrow(path) as pa, pa.memory_map(str(path)) as source:
        _check_messages(pa, source, path)
        reader = _reader(pa, source)
        numbers = range(getattr(reader, "num_record_batches", 0))
        for batch in (reader.get_batch(n) for n in numbers) if numbers else reader:
            batch.validate(full=True)  # Places that lead out of its memory would end the process.
            for start in range(0, batch.num_rows, _BATCH):
                yield batch.slice(start, _BATCH)


def _check_messages(pa: Any, source: Any, path: Path) -> None:
    """Check what each batch unpacks to, since it is unpacked at once, and the number of rows.
    Raises `ImportRefused`."""
    rows = 0
    source.seek(8 if source.read(6) == b"ARROW1" else 0)
    for message in pa.ipc.MessageReader.open_stream(source):
        size = size_of(message.metadata, message.body)
        rows += size.rows
        if size.unpacked > _MOST_UNPACKED_BYTES:
            raise ImportRefused(
                f"{path}: a batch unpacks to {size.unpacked:,} bytes.",
                f"At most {_MOST_UNPACKED_BYTES:,} are read; write smaller batches.",
            )
    _check_rows(path, rows)
    source.seek(0)


def _reader(pa: Any, source: Any) -> Any:
    """Reads an Arrow file, or the stream that `datasets` writes."""
    is_file = source.read(6) == b"ARROW1"
    source.seek(0)
    return pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)


def _read(
    path: Path,
    columns: tuple[str, ...],
    class_names: Mapping[str, Sequence[str]],
    batches: _Batches,
) -> Iterator[Row | BrokenRow]:
    number = 0
    for batch in batches(path):
        with _arrow(path):
            values = [
                _column(column.to_pylist(), class_names.get(name))
                for name, column in zip(columns, batch.columns, strict=True)
            ]
        for cells in zip(*values, strict=True):
            number += 1
            yield Row(number, dict(zip(columns, cells, strict=True)))


def _column(values: list[object], names: Sequence[str] | None) -> list[Json]:
    if names is None:
        return [_plain(value) for value in values]
    return [
        names[value] if isinstance(value, int) and 0 <= value < len(names) else None
        for value in values
    ]


def _plain(value: object) -> Json:
    """A value of Arrow as JSON: times as ISO text, bytes as the text in UTF-8 or else in Base64."""
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        try:  # Some writers do not mark texts as such.
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _columns(path: Path, schema: pa.Schema) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with _arrow(path):
        names = [str(name) for name in schema.names]
    return unique_names(names, str(path))


def _class_names(features: Mapping[str, Json]) -> Mapping[str, Sequence[str]]:
    """Column → the names of its classes, for columns of the kind `ClassLabel`."""
    return {
        column: [str(name) for name in feature["names"]]
        for column, feature in features.items()
        if isinstance(feature, Mapping)
        and feature.get("_type") == "ClassLabel"
        and isinstance(feature.get("names"), list)
    }


def _features(metadata: Mapping[bytes, bytes] | None) -> Mapping[str, Json]:
    """What `datasets` wrote into the schema about the columns."""
    try:
        stored = json.loads((metadata or {}).get(b"huggingface", b"{}"))
        features = stored["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return features if isinstance(features, Mapping) else {}


def _object(folder: Path, name: str) -> Mapping[str, Json]:
    """The object in a JSON file that is directly in the folder. Raises `ImportRefused`."""
    path = _below(folder, name)
    with open_binary(path) as file:
        content = file.read(_MOST_STATE_BYTES)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"{path}: no JSON ({error}).", "Save the dataset again.") from error
    if not isinstance(value, Mapping):
        raise ImportRefused(f"{path}: no JSON object.", "Save the dataset again.")
    return value


def _check_rows(path: Path, rows: int) -> None:
    """Refuse a file whose rows have no content: reading them would take for ever."""
    n_bytes = path.stat().st_size
    if rows > max(_FEW_ROWS, _MOST_ROWS_PER_BYTE * n_bytes):
        raise ImportRefused(
            f"{path}: it has {rows:,} rows in {n_bytes:,} bytes, so most of them are the same.",
            "Leave out the rows that repeat others.",
        )


def _check_sizes(path: Path, metadata: pa.parquet.FileMetaData) -> None:
    _check_rows(path, metadata.num_rows)
    for group in range(metadata.num_row_groups):
        for at in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(at)
            packed, unpacked = max(1, chunk.total_compressed_size), chunk.total_uncompressed_size
            if unpacked > _MOST_UNPACKED_BYTES and unpacked > _MOST_RATIO * packed:
                raise ImportRefused(
                    f"{path}: a column unpacks from {packed:,} to {unpacked:,} bytes.",
                    f"At most {_MOST_UNPACKED_BYTES:,} or a factor of {_MOST_RATIO} is read.",
                )


@contextmanager
def _arrow(path: Path) -> Iterator[Any]:
    """The module pyarrow, for a regular file; its errors become one line."""
    try:
        import pyarrow as pa
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError(
            f"{path}: Parquet and Arrow need the package pyarrow.",
            "Run: pip install 'tinyarms[arrow]'",
        ) from error
    with open_binary(path):
        pass  # a pipe would never end
    try:
        yield pa
    except (ImportRefused, UsageError, GeneratorExit):
        raise
    except Exception as error:  # what it raises for broken bytes is not documented
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ImportRefused(f"{path}: cannot be read ({reason}).", "Save it again.") from error
