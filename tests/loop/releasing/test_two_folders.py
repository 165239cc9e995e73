"""Two machines, each with the project's folder, share a database."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.loop.place import BETTER, SKILL, Place
from tests.loop.steps import begin
from tinyarms.loop.opening import open_project
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.review import promote


@pytest.mark.slow
def test_a_release_on_one_machine_serves_on_the_other(place: Place, tmp_path: Path) -> None:
    here = place.open()
    begin(place)
    other = shutil.copytree(place.root, tmp_path / "other")
    environ = {"TINYARMS_DATABASE": str(place.root / "tinyarms.db")}
    (other / "tinyarms.db").unlink()
    there = open_project(other, environ, place.moment)
    try:
        assert active_version(there, SKILL).number == 1
        promote(here, SKILL, "A")
        promoted = active_version(there, SKILL)
        assert (promoted.number, promoted.prompt.text) == (2, BETTER.text)
        assert (other / promoted.path).read_text() == (place.root / promoted.path).read_text()
        rollback(there, SKILL)
        assert active_version(here, SKILL).number == active_version(there, SKILL).number == 3
        for context in (here, there):
            active_version(context, SKILL)
            assert context.notices == []  # no file counts as edited by hand
    finally:
        there.close()
