from __future__ import annotations

from pathlib import Path

import pytest

from tests.loop.killed import Point
from tests.loop.place import OTHER, SKILL, Place
from tests.loop.test_crashes import Stopped, stop_at
from tinyarms.core.errors import ConfigError, StoreError
from tinyarms.loop.opening import open_project
from tinyarms.loop.releasing import release_intent as intents
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.review import promote


def test_from_any_folder_below(place: Place) -> None:
    below = place.root / "skills"
    context = open_project(below, {})
    assert context.project.root == place.root
    context.close()


def test_from_the_working_folder(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.root)
    monkeypatch.delenv("TINYARMS_HOME", raising=False)
    context = open_project()
    assert active_version(context, SKILL).number == 1
    context.close()


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="tinyarms init"):
        open_project(tmp_path, {})


def test_a_database_that_cannot_be_used(place: Place) -> None:
    (place.root / "tinyarms.db").write_text("no database at all, but long enough to be read")
    with pytest.raises(StoreError, match="not a database"):
        place.open()


def test_what_cannot_be_finished_stops_its_own_skill_only(
    testing: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        stop_at(patched, Point(intents, "write_files"))
        promote(testing.open(), SKILL, "A")
    declared = testing.config()["skills"].pop(SKILL)
    testing.edit_config(lambda config: config["skills"].pop(SKILL))
    context = testing.open()
    assert active_version(context, OTHER).number == 1
    testing.edit_config(lambda config: config["skills"].update({SKILL: declared}))
    assert active_version(testing.open(), SKILL).number == 2
