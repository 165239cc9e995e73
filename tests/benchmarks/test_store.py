"""The benchmark of the store finds its parts; damaged files are restored."""

from __future__ import annotations

from pathlib import Path

import pytest

import bench_store
from store import mutated
from tests.loop.conftest import make_new_project, make_testing_project
from tinyarms.loop.housekeeping.database import back_up_database

pytestmark = pytest.mark.slow


def test_every_part_can_be_run() -> None:
    assert {"mutated", "power"} <= set(bench_store.parts())


def test_damaged_files_crash_nothing_and_come_back(tmp_path: Path) -> None:
    for name in ("new", "testing"):
        (tmp_path / name).mkdir()
    project = make_testing_project(make_new_project(tmp_path / "new"), tmp_path / "testing")
    back_up_database(None, start=project, environ={})
    for number in range(25):
        seen = mutated.outcome(project, tmp_path / str(number), number)
        assert (seen.crash, list(seen.faults)) == ("", []), number
