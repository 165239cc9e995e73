from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from tinyarms.cli.output import (
    accuracy_over,
    console,
    day,
    emit,
    percent,
    say,
    shortened,
)
from tinyarms.core.text import counted, visible

MOMENT = datetime(2024, 11, 10, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Inner:
    at: datetime
    missing: float | None


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner
    all: tuple[Inner, ...]


def test_json_is_one_line_with_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    inner = Inner(MOMENT, None)
    emit("prompt stats", Outer("grüße\n", inner, (inner,)))
    emit("init", {"path": Path("a/b"), "views": [inner]})
    first, second = capsys.readouterr().out.splitlines()
    plain = {"at": "2024-11-10T08:00:00Z", "missing": None}
    assert json.loads(first) == {
        "schema": "tinyarms/1",
        "command": "prompt stats",
        "name": "grüße\n",
        "inner": plain,
        "all": [plain],
    }
    assert json.loads(second)["path"] == "a/b"
    assert json.loads(second)["views"] == [plain]


def test_json_has_no_form_for_strangers() -> None:
    with pytest.raises(TypeError, match="complex"):
        emit("x", {"what": 1j})


def test_lines_are_not_wrapped_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("word " * 60)
    say("problem", err=True)
    captured = capsys.readouterr()
    assert captured.out == "word " * 60 + "\n"
    assert captured.err == "problem\n"


def test_brackets_and_emoji_names_stay_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    say("[A] [bold] :smile: 12")
    assert capsys.readouterr().out == "[A] [bold] :smile: 12\n"


def test_control_characters_cannot_drive_the_terminal() -> None:
    assert visible("a\x1b[2Jb\x07\x9bc\td\ne 日本 👩‍🚀") == "a�[2Jb��c\td\ne 日本 👩‍🚀"


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (percent(0.784), "78%"),
        (percent(0.0), "0%"),
        (percent(None), "-"),
        (accuracy_over(0.875, 200), "88% accuracy (n=200)"),
        (accuracy_over(None, 0), "accuracy not known"),
        (counted(1, "vote"), "1 vote"),
        (counted(0, "vote"), "0 votes"),
        (day(MOMENT), "2024-11-10"),
        (day(None), "-"),
        (shortened("a \n b", 3), "a b"),
        (shortened("abcdef", 4), "abc…"),
    ],
)
def test_words(made: str, text: str) -> None:
    assert made == text


def test_a_table_prints_nothing_that_could_drive_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = Table()
    table.add_column("a\x1b[2Jb")
    table.add_row(Text("\u202edoog"))
    console().print(table)
    out = capsys.readouterr().out
    assert "a�[2J" in out
    assert "\x1b" not in out
    assert "�doog" in out
