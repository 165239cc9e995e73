"""Tables of no particular tool, and what is refused without being read."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from unicodedata import normalize

import pytest

from tests.exchange.incoming.found import imported, lines, listed_of, rows_of
from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.records import Columns, Row
from tinyarms.loop.importing.rows import text_row


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
    rows = [{"record": {"ticket": f"t {n} of many", "label": "ab"[n % 2]}} for n in range(6)]
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
        (tmp_path / f"{split}-00000-of-00001.csv").write_text(f"text,label\n{split} a,x\nb,y,z\n")
    (tmp_path / "README.md").write_text("About it.")
    found = imported(tmp_path)
    test, train = (f"{split}-00000-of-00001.csv, line " for split in ("test", "train"))
    parts = [(part.where, getattr(part, "split", "broken")) for part in found.rows()]
    assert parts == [
        *((f"{test}2", "test"), (f"{test}3", "broken")),
        *((f"{train}2", "train"), (f"{train}3", "broken")),
    ]


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


def test_a_folder_outside_is_not_followed_and_its_files_are_not_read(tmp_path: Path) -> None:
    outside, data = tmp_path / "outside", tmp_path / "data"
    outside.mkdir()
    data.mkdir()
    (outside / "state.json").write_text('{"_data_files": [{"filename": "data.arrow"}]}')
    (data / "link").symlink_to(outside)
    (data / "rows.csv").write_text("text,label\na,b\n")
    assert [row.where for row in rows_of(imported(data))] == ["rows.csv, line 2"]
    (data / "state.json").symlink_to(outside / "state.json")
    with pytest.raises(ImportRefused, match=r"state\.json: it leads out of its folder"):
        imported(data)


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    for name in ("rows.csv", "rows.jsonl", "rows.parquet", "program.json", "tests.yaml"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(ImportRefused):
            imported(tmp_path / name)


def test_a_wide_table_is_refused_and_numbers_have_one_form(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(",".join("a" * 3_000) + "\n")
    with pytest.raises(ImportRefused, match="has 3,000 columns"):
        imported(path)
    row = {"text": 5.0, "label": {"b": 1.0, "a": True}}
    found = rows_of(imported(lines(tmp_path / "rows.jsonl", [row | {"more": [1.0]}] * 3)))[0]
    stored = text_row(Row({"x": 5.0, "y": {"z": 2.0}}, "w", expected=3.0))
    assert (stored.inputs, stored.expected) == ({"x": "5", "y_z": "2"}, "3")
    assert found.inputs["text"] == "5"


def test_a_column_is_found_in_any_unicode_form_and_case(tmp_path: Path) -> None:
    lines = [f"Text {n};{'gut' if n % 2 else 'mies'}\n" for n in range(10)]
    path = tmp_path / "t.csv"
    path.write_text(normalize("NFD", "Größe;Urteil\n") + "".join(lines))
    found = imported(path, Columns({"size": "größe"}, expected="URTEIL"))
    assert rows_of(found)[1].inputs == {"size": "Text 1"}
    assert rows_of(found)[1].expected == "gut"


def test_rows_may_spell_a_column_in_two_unicode_forms(tmp_path: Path) -> None:
    rows = [
        {normalize("NFC" if n % 2 else "NFD", "Größe"): f"text {n}", "label": "ab"[n % 2]}
        for n in range(10)
    ]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    assert [row.inputs for row in rows_of(imported(path))] == [
        {"Grosse": f"text {n}"} for n in range(10)
    ]


def test_cells_with_the_inputs_as_json_give_their_fields(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text(
        'id,input,expectedOutput\n1,"{""ticket"":""a""}","{""team"":""x""}"\n'
        '2,"{""ticket"":""b""}","{""team"":""y""}"\n'
    )
    found = [(row.inputs, row.expected) for row in rows_of(imported(path))]
    assert found == [({"ticket": "a"}, "x"), ({"ticket": "b"}, "y")]
    path.write_text('text,expected\n"{""a"":1}",x\n"{""a"":2}",y\n')
    assert [row.inputs for row in rows_of(imported(path))] == [
        *({"text": '{"a":1}'}, {"text": '{"a":2}'}),
    ]
    path.write_text('input,expected\n"{""a"":1}",x\nplain,y\n')
    assert [row.inputs for row in rows_of(imported(path))] == [
        *({"input": '{"a":1}'}, {"input": "plain"}),
    ]


def test_lists_of_one_label_are_labels(tmp_path: Path) -> None:
    one = [{"text": "a", "labels": ["x"]}, {"text": "b", "labels": ["y"]}, {"text": "c"}]
    found = rows_of(imported(lines(tmp_path / "one.jsonl", one)))
    assert [row.expected for row in found] == ["x", "y", None]
    two = [{"text": "a", "labels": ["x"]}, {"text": "b", "labels": ["x", "y"]}]
    found = rows_of(imported(lines(tmp_path / "two.jsonl", two)))
    assert [row.expected for row in found] == [["x"], ["x", "y"]]


def test_a_sharegpt_conversation_gives_its_answer(tmp_path: Path) -> None:
    turns = [{"from": "human", "value": "2+2?"}, {"from": "gpt", "value": "4"}]
    [row] = rows_of(imported(lines(tmp_path / "chats.jsonl", [{"id": 1, "conversations": turns}])))
    assert (row.inputs, row.expected) == ({"message": "2+2?"}, "4")


@pytest.mark.parametrize("mark", [b"PK\x03\x04", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ", b"\x80\x04"])
def test_an_archive_is_named(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(mark + b"x" * 50)
    with pytest.raises(ImportRefused, match=r"data\.bin: is (an archive|packed|a pickle)"):
        imported(path)


def test_an_archive_with_the_name_of_a_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"PK\x03\x04" + b"x" * 50)
    with pytest.raises(ImportRefused, match=r"data\.csv: is an archive"):
        imported(path)
