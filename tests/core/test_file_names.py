from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from tinyarms.core.errors import ConfigError
from tinyarms.core.file_names import FileNames

ROOT = Path("/srv/my shop (1)")
NAMES = FileNames(ROOT)
FOLDER = "the project's folder"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{ROOT}/config.yaml, line 3: x", "config.yaml, line 3: x"),
        (f"{ROOT}//skills/a.md", "skills/a.md"),
        (f"see {ROOT}/a and {ROOT}/b.", "see a and b."),
        (f"There is none in {ROOT}.", f"There is none in {FOLDER}."),
        (f"{ROOT}: git cannot read it", f"{FOLDER}: git cannot read it"),
        (f"Look into {ROOT}/ for it", f"Look into {FOLDER} for it"),
        (f"sqlite:///{ROOT}/tinyarms.db", "sqlite:///tinyarms.db"),
        (f"'{ROOT}'", f"'{FOLDER}'"),
        # Other folders keep their names.
        (f"{ROOT}2/config.yaml", f"{ROOT}2/config.yaml"),
        (f"{ROOT}.old/config.yaml", f"{ROOT}.old/config.yaml"),
        (f"{ROOT}-b", f"{ROOT}-b"),
        (f"/mnt{ROOT}/config.yaml", f"/mnt{ROOT}/config.yaml"),
        ("nothing", "nothing"),
    ],
)
def test_files_are_named_from_the_folder_on(text: str, told: str) -> None:
    assert NAMES.text(text) == told


@pytest.mark.slow
@given(st.text(), st.text(st.sampled_from(" :.,'\"(\n\t"), min_size=1), st.text())
def test_the_folder_is_in_no_text_that_names_a_file_of_it(
    before: str, between: str, after: str
) -> None:
    told = NAMES.text(f"{before}{between}{ROOT}/a{between} {ROOT} {after}")
    assert f" {ROOT} " not in told and f"{ROOT}/a" not in told


def test_a_project_that_is_reached_by_a_link_is_named_by_neither_path(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    names = FileNames(tmp_path / "link")
    for folder in ("real", "link"):
        assert names.text(f"{tmp_path / folder}/config.yaml") == "config.yaml"


def test_a_folder_that_says_nothing_stays() -> None:
    for folder in ("/", "."):
        assert FileNames(Path(folder)).text("/etc/x and ./y") == "/etc/x and ./y"


def test_an_error_is_told_anew() -> None:
    error = ConfigError(f"{ROOT}/config.yaml: x.", f"Put {ROOT}/config.yaml back.")
    NAMES.tell(error)
    assert str(error) == "config.yaml: x. Put config.yaml back."
    assert error.args == ("config.yaml: x.",)


class Pair(NamedTuple):
    first: str
    second: int


class Model(BaseModel):
    why: str


@dataclass(frozen=True)
class View:
    problem: str
    output: str
    more: Mapping[str, object]
    file: Path


@dataclass
class Live:
    folder: Path


def test_answers_stay_of_their_classes_and_users_texts_as_they_are() -> None:
    path = f"{ROOT}/a"
    live = Live(ROOT)
    view = View(path, path, {"x": [Pair(path, 1), Model(why=path)], "live": live}, ROOT / "b")
    assert NAMES.answer([view]) == [
        View("a", path, {"x": [Pair("a", 1), Model(why="a")], "live": live}, Path("b"))
    ]
    assert view.problem == path, "The record itself is never changed."
    assert live.folder == ROOT


def test_an_answer_without_the_folder_is_the_same_object() -> None:
    view = View("x", "y", {"z": (1, None)}, Path("/etc"))
    assert NAMES.answer(view) is view
    rows = [view]
    assert NAMES.answer(rows) is rows
