"""Nothing outside of the imported folder is read, and nothing without a bound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.source import Source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("secret")
    made = tmp_path / "data"
    (made / "inner").mkdir(parents=True)
    (made / "a.txt").write_text("a")
    (made / "inner" / "b.txt").write_text("b")
    (made / "out.txt").symlink_to(tmp_path / "secret.txt")
    (made / "up").symlink_to(tmp_path)
    (made / ".hidden").write_text("h")
    os.mkfifo(made / "pipe")
    return made


def test_files_are_those_inside(folder: Path) -> None:
    source = Source(folder)
    assert [source.place(path) for path in source.files] == ["a.txt", "inner/b.txt"]


@pytest.mark.parametrize(
    "reference",
    ["../secret.txt", "/etc/passwd", "out.txt", "up/secret.txt", "inner/../../secret.txt", "a\0b"],
)
def test_a_reference_that_leads_out_is_refused(folder: Path, reference: str) -> None:
    with pytest.raises(ImportRefused, match=r"^c\.yaml, line 3: "):
        Source(folder).find(reference, folder, "c.yaml, line 3")


def test_a_pattern_stays_inside(folder: Path) -> None:
    source = Source(folder)
    found = source.matching("**/*.txt", folder, "c")
    assert [source.place(path) for path in found] == ["a.txt", "inner/b.txt"]
    assert source.matching("../*.txt", folder / "inner", "c") == [folder.resolve() / "a.txt"]
    with pytest.raises(ImportRefused):
        source.matching("../*.txt", folder, "c")
    with pytest.raises(ImportRefused):
        source.matching("*/../../*.txt", folder, "c")


def test_a_pipe_and_a_large_file_are_refused(folder: Path) -> None:
    source = Source(folder)
    with pytest.raises(ImportRefused, match="regular file"):
        source.bytes(folder / "pipe")
    with pytest.raises(ImportRefused, match="more than 1 bytes"):
        source.bytes(Path(__file__), 1)


@pytest.mark.parametrize(
    "content", ["é\r\nb".encode("utf-8-sig"), "é\nb".encode("utf-16"), "é\rb".encode("latin-1")]
)
def test_marks_encodings_and_line_ends(folder: Path, content: bytes) -> None:
    path = folder / "text.txt"
    path.write_bytes(content)
    assert Source(folder).text(path) == "é\nb"
    assert list(Source(folder).lines(path)) == [(1, "é"), (2, "b")]


def test_a_line_without_end_is_refused(folder: Path) -> None:
    path = folder / "long.jsonl"
    path.write_text("a\n" + "x" * 1_000_001)
    lines = Source(folder).lines(path)
    assert next(lines) == (1, "a")
    with pytest.raises(ImportRefused, match=r"long\.jsonl, line 2: has more than 1,000,000"):
        next(lines)
