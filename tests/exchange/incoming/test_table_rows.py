"""Tables of no particular tool, and what is refused without being read."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tests.exchange.incoming.found import imported, lines, listed_of, rows_of
from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.records import Columns


def test_a_csv_gives_rows_and_says_what_it_took(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text("Nr.,Text,Team,Set\n1,a,x,train\n2,,x,test\n3,c,NaN,test\n4,d,x,x,x\n")
    found = imported(path)
    assert [(r.id, r.inputs, r.expected, r.split, r.where) for r in rows_of(found)] == [
        ("1", {"Text": "a"}, "x", "train", "tickets.csv, line 2"),
        ("2", {}, "x", "test", "tickets.csv, line 3"),
        ("3", {"Text": "c"}, None, "test", "tickets.csv, line 4"),
    ]
    assert listed_of(found) == ["5: the row"]
    assert "answer Team; split Set" in found.notes[0]


def test_fields_of_objects_are_columns(tmp_path: Path) -> None:
    rows = [{"item": {"ticket": f"t {n} of many", "label": "ab"[n % 2]}} for n in range(6)]
    found = imported(lines(tmp_path / "data.jsonl", rows))
    assert rows_of(found)[1].inputs == {"ticket": "t 1 of many"}
    assert rows_of(found)[1].expected == "b"


def test_a_chat_that_ends_with_an_answer_gives_both(tmp_path: Path) -> None:
    chat = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "content": "4"},
    ]
    [row] = rows_of(imported(lines(tmp_path / "tuning.jsonl", [{"messages": chat}])))
    assert row.inputs == {"system": "Be brief.", "message": "2+2?"}
    assert row.expected == "4"


def test_files_whose_names_are_splits_are_one_table(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / f"{split}-00000-of-00001.csv").write_text(f"text,label\n{split} a,x\nb,y\n")
    (tmp_path / "README.md").write_text("About it.")
    found = imported(tmp_path)
    assert [row.split for row in rows_of(found)] == ["test", "test", "train", "train"]


def test_several_files_without_splits_are_refused_by_name(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text("text,label\na,b\n")
    with pytest.raises(ImportRefused, match=r"one\.csv, two\.csv"):
        imported(tmp_path)


def test_named_columns_win_over_the_form_of_a_service(tmp_path: Path) -> None:
    row = {"input": "a", "expected": "b", "metadata": {"other": "c"}, "tags": []}
    path = lines(tmp_path / "rows.jsonl", [row])
    [found] = rows_of(imported(path, Columns(inputs={"text": "metadata.other"}, expected="input")))
    assert (found.inputs, found.expected) == ({"text": "c"}, "a")


class _Trap:
    def __reduce__(self) -> object:
        return (pytest.fail, ("a pickle was read",))


@pytest.mark.parametrize("name", ["program.pkl", "rows.csv"])
def test_a_pickle_is_refused_and_never_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(pickle.dumps(_Trap()))
    with pytest.raises(ImportRefused, match="pickle"):
        imported(path)
