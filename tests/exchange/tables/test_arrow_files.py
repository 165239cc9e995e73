"""Parquet, Arrow and saved datasets: values as texts and names, and nothing is run."""

from __future__ import annotations

import json
import os
import struct
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.tables import arrow_files
from tinyarms.exchange.tables.arrow_files import open_arrow, open_dataset_folder, open_parquet
from tinyarms.exchange.tables.table import Row, Table


def cells(table: Table) -> list[dict[str, object]]:
    return [dict(row.cells) for row in table.read() if isinstance(row, Row)]


def saved(folder: Path, labels: list[int], file: str = "data-00000-of-00001.arrow") -> None:
    """A split as `datasets` saves it."""
    folder.mkdir(parents=True)
    table = pa.table({"text": [f"t{n}" for n in range(len(labels))], "label": labels})
    with pa.OSFile(str(folder / file), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": file}]}))
    features = {"label": {"names": ["ham", "spam"], "_type": "ClassLabel"}}
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))


@pytest.mark.slow  # pyarrow takes a while to load
def test_parquet_gives_values_that_json_has(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": ["a", None],
            "label": pa.array(["x", "y"]).dictionary_encode(),
            "day": [date(2025, 4, 1), None],
            "parts": [["p", "q"], []],
            "score": [0.5, float("nan")],
        }
    )
    pq.write_table(table, tmp_path / "rows.parquet")
    assert cells(open_parquet(tmp_path / "rows.parquet")) == [
        {"text": "a", "label": "x", "day": "2025-04-01", "parts": ["p", "q"], "score": 0.5},
        {"text": None, "label": "y", "day": None, "parts": [], "score": None},
    ]


@pytest.mark.slow
def test_a_parquet_file_of_datasets_has_the_names_of_its_classes(tmp_path: Path) -> None:
    info = {"info": {"features": {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}}}
    schema = pa.schema([("label", pa.int64())], metadata={"huggingface": json.dumps(info)})
    pq.write_table(pa.table({"label": [1, 0, -1]}, schema=schema), tmp_path / "rows.parquet")
    table = open_parquet(tmp_path / "rows.parquet")
    assert [row["label"] for row in cells(table)] == ["yes", "no", None]


@pytest.mark.slow
def test_a_saved_dataset_keeps_its_splits_and_names(tmp_path: Path) -> None:
    saved(tmp_path / "train", [0, 1])
    saved(tmp_path / "test", [-1])
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    (tmp_path / "loader.py").write_text("raise SystemExit('it was run')")
    assert cells(open_dataset_folder(tmp_path)) == [
        {"text": "t0", "label": "ham", "split": "train"},
        {"text": "t1", "label": "spam", "split": "train"},
        {"text": "t0", "label": None, "split": "test"},
    ]
    assert "split" not in open_dataset_folder(tmp_path / "train").columns


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["../outside.arrow", "/etc/hostname", "..", "a\0b", "loop", "pipe"]
)
def test_a_dataset_that_names_files_outside_of_its_folder_is_refused(
    tmp_path: Path, name: str
) -> None:
    saved(tmp_path / "set", [0])
    (tmp_path / "set" / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "set" / "pipe")
    (tmp_path / "set" / "state.json").write_text(json.dumps({"_data_files": [{"filename": name}]}))
    with pytest.raises(ImportRefused, match=r"outside|is no file|not a regular file"):
        open_dataset_folder(tmp_path / "set")


@pytest.mark.slow
def test_an_arrow_file_is_read_and_a_broken_one_refused_in_one_line(tmp_path: Path) -> None:
    table = pa.table({"text": ["a", "b"]})
    path = tmp_path / "rows.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as out:
        out.write_table(table)
    assert cells(open_arrow(path)) == [{"text": "a"}, {"text": "b"}]
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ImportRefused):
        open_arrow(path)
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ImportRefused):
        open_parquet(tmp_path / "x.parquet")


def arrow(path: Path, table: pa.Table, compression: str | None = None) -> Path:
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with (
        pa.OSFile(str(path), "wb") as sink,
        pa.ipc.new_file(sink, table.schema, options=options) as out,
    ):
        out.write_table(table)
    return path


@pytest.mark.slow
def test_places_outside_of_a_batch_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = arrow(tmp_path / "rows.arrow", pa.table({"text": ["aaaaaa"] * 4, "label": ["x"] * 4}))
    places = struct.pack("<5i", 0, 6, 12, 18, 24)
    content = path.read_bytes()
    assert content.count(places) == 1
    path.write_bytes(content.replace(places, struct.pack("<5i", 0, 6, 1 << 30, 18, 24)))
    with pytest.raises(ImportRefused, match="cannot be read"):
        cells(open_arrow(path))


@pytest.mark.slow
@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_a_batch_that_unpacks_to_too_much_is_refused_before_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: str
) -> None:
    table = pa.table({"text": ["a" * 100] * 1000})
    path = arrow(tmp_path / "rows.arrow", table, compression)
    assert path.stat().st_size < 20_000
    assert len(cells(open_arrow(path))) == 1000
    monkeypatch.setattr(arrow_files, "_MOST_UNPACKED_BYTES", 100_000)
    with pytest.raises(ImportRefused, match="a batch unpacks to 104,0"):
        cells(open_arrow(path))


@pytest.mark.slow
def test_rows_without_content_are_refused(tmp_path: Path) -> None:
    table = pa.table({"text": pa.nulls(2_000_000)})
    pq.write_table(table, tmp_path / "rows.parquet")
    for open_file, path in (
        (open_parquet, tmp_path / "rows.parquet"),
        (open_arrow, arrow(tmp_path / "rows.arrow", table)),
    ):
        with pytest.raises(ImportRefused, match="2,000,000 rows in"):
            cells(open_file(path))


@pytest.mark.slow
def test_a_broken_name_of_a_column_is_refused(tmp_path: Path) -> None:
    path = arrow(tmp_path / "rows.arrow", pa.table({"headline": ["a"]}))
    path.write_bytes(path.read_bytes().replace(b"headline", b"head\xffine"))
    with pytest.raises(ImportRefused, match="cannot be read"):
        open_arrow(path)


@pytest.mark.slow
def test_bytes_that_are_a_text_are_read_as_one(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array(["é".encode(), b"\xff"], pa.binary())})
    pq.write_table(table, tmp_path / "rows.parquet")
    assert cells(open_parquet(tmp_path / "rows.parquet")) == [{"text": "é"}, {"text": "/w=="}]
