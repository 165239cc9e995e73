"""Nothing outside of the imported folder is read, and nothing without a bound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.exchange.incoming.found import imported, rows_of
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


def test_a_linked_file_that_a_person_names_is_read_by_its_own_name(tmp_path: Path) -> None:
    real, named = tmp_path / "real", tmp_path / "named"
    real.mkdir()
    named.mkdir()
    text = "prompts: ['{{x}}']\nproviders: [echo]\ntests: [{vars: {x: file://x.txt}}]\n"
    (real / "0a1b").write_text(text)
    (named / "x.txt").write_text("beside the link")
    link = named / "promptfooconfig.yaml"
    link.symlink_to("../real/0a1b")
    assert [row.inputs for row in rows_of(imported(link))] == [{"x": "beside the link"}]
    (real / "x.txt").write_text("elsewhere")
    (named / "x.txt").unlink()
    (named / "x.txt").symlink_to("../real/x.txt")
    with pytest.raises(ImportRefused, match="leads out"):
        rows_of(imported(link))
    assert Source(link).find(link.name, named, "c") == link


@pytest.mark.parametrize("reference", ["a" * 300, "loop.txt", "a\0b", "none.txt"])
def test_a_reference_to_no_file_is_refused(folder: Path, reference: str) -> None:
    (folder / "loop.txt").symlink_to("loop.txt")
    with pytest.raises(ImportRefused, match=r"^c, line 3: "):
        Source(folder).find(reference, folder, "c, line 3")


@pytest.mark.parametrize("pattern", ["a**b.csv", "**b/*.csv", "a\0*", "*" + "a" * 300 + "[", ""])
def test_a_pattern_that_is_none_names_no_file(folder: Path, pattern: str) -> None:
    try:
        assert Source(folder).matching(pattern, folder, "c, line 3") == []
    except ImportRefused as error:
        assert error.message.startswith("c, line 3: ")


def test_the_head_of_a_file_is_text_in_its_encoding(folder: Path) -> None:
    path = folder / "head.txt"
    path.write_bytes("prompts: é".encode("utf-16"))
    assert Source(folder).head(path, 20) == "prompts: "
    assert Source(folder).head(folder / "pipe", 20) == ""
    assert Source(folder).head(folder / "none", 20) == ""
