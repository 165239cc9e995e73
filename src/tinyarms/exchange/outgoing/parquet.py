"""Rows as Parquet. Needs the extra `arrow`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, BinaryIO, Literal

from tinyarms.core.errors import UsageError

Kind = Literal["text", "number", "count", "truth", "time", "inputs"]
"""What a column holds; `inputs`: a text for each input."""
_GROUP = 10_000
"""Rows that are written at once. Higher: smaller files, more memory."""


def write_parquet(
    file: BinaryIO,
    columns: Mapping[str, Kind],
    inputs: Iterable[str],
    rows: Iterable[Mapping[str, Any]],
) -> int:
    """Write the rows, and give their number. Raises `UsageError` without the extra.

    `columns`: the name of each column and what it holds. `inputs`: the fields of a column of the
    kind `inputs`.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            "Parquet needs the package pyarrow.", "Run: pip install 'tinyarms[arrow]'"
        ) from error
    types = {
        "text": pa.string(),
        "number": pa.float64(),
        "count": pa.int64(),
        "truth": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
        "inputs": pa.struct([(name, pa.string()) for name in inputs]),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    n = 0
    remaining = iter(rows)
    with parquet.ParquetWriter(file, schema) as writer:
        while batch := list(islice(remaining, _GROUP)):
            writer.write_table(pa.Table.from_pylist([dict(row) for row in batch], schema))
            n += len(batch)
    return n
