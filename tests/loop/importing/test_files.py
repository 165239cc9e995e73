"""The files of an import: all of them or none, links stay links, one import at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loop.place import SKILL, Place
from tinyarms.core.errors import LeaseHeld
from tinyarms.exchange.incoming.records import Columns
from tinyarms.loop.importing import files as writing
from tinyarms.loop.importing.adding import add_examples
from tinyarms.loop.importing.files import all_or_none
from tinyarms.loop.importing.run import import_examples
from tinyarms.loop.project.leases import lease


def test_a_link_to_an_examples_file_stays_one(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    real, link = tmp_path / "shared" / "rows.jsonl", tmp_path / "rows.jsonl"
    real.write_text("{}\n")
    link.symlink_to("shared/rows.jsonl")
    with all_or_none(tmp_path) as files:
        files.write_lines("rows.jsonl", ['{"a": 1}'], after=link)
    assert link.is_symlink() and real.read_text() == '{}\n{"a": 1}\n'
    assert [path.name for path in real.parent.iterdir()] == ["rows.jsonl"]
    with pytest.raises(KeyboardInterrupt), all_or_none(tmp_path) as files:
        files.write_lines("rows.jsonl", ['{"b": 2}'], after=link)
        raise KeyboardInterrupt
    assert link.is_symlink() and real.read_text() == '{}\n{"a": 1}\n'


def test_taking_back_never_writes_into_a_file_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\ufeffold\r\n", newline="")
    before, path_of_write = path.read_bytes(), list[Path]()
    write = writing.write_atomically

    def note(path: Path, text: str) -> None:
        path_of_write.append(path)
        write(path, text)

    monkeypatch.setattr(writing, "write_atomically", note)
    with pytest.raises(KeyboardInterrupt), all_or_none(tmp_path) as files:
        files.write_lines("rows.jsonl", ["new"], after=path)
        reader = path.open("rb")
        raise KeyboardInterrupt
    assert path.read_bytes() == before and path_of_write == [path.resolve()]
    with reader:
        assert reader.read().endswith(b"new\n")  # what somebody had opened stays whole


@pytest.mark.slow
def test_no_two_imports_write_at_once(place: Place) -> None:
    rows = place.root / "more.csv"
    rows.write_text("text,label\nx,good\n")
    context = place.open()
    before = (place.root / "examples.jsonl").read_bytes()
    with lease(context, SKILL):
        with pytest.raises(LeaseHeld):
            import_examples(context, rows, SKILL)
        with pytest.raises(LeaseHeld):
            add_examples(context, SKILL, rows, Columns())
        assert import_examples(context, rows, SKILL, dry_run=True).rows == 1
    assert (place.root / "examples.jsonl").read_bytes() == before
    assert import_examples(context, rows, SKILL).rows == 1
