"""A whole project that moves to a PostgreSQL server, goes on there, and moves back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.loop.place import SKILL, Place, text
from tests.postgresql import Server, new_database
from tinyarms.core.errors import StoreError
from tinyarms.loop.api import TinyArms
from tinyarms.loop.housekeeping.database import copy_database
from tinyarms.loop.housekeeping.database_check import check_database
from tinyarms.loop.project.leases import DAEMON, lease

pytestmark = pytest.mark.slow


def shown(root: Path, environ: Mapping[str, str]) -> list[object]:
    with TinyArms.open(root, environ) as arms:
        return [arms.history(SKILL), arms.results(SKILL), arms.stats(SKILL)]


def test_a_project_moves_there_and_back(testing: Place, postgresql: Server) -> None:
    root = testing.root
    before = shown(root, {})
    with new_database(postgresql) as url:
        environ = {"TINYARMS_DATABASE": url}
        there = copy_database(url, root, {})
        assert there.rows > 200
        assert not there.is_default
        assert check_database(root, environ).ok
        assert shown(root, environ) == before
        with TinyArms.open(root, environ) as arms:
            done = arms.run(SKILL, text=text(6))
            assert arms.feedback(done.task_id, success=True).known
            arms.promote(SKILL, "A")
        after = shown(root, environ)
        with pytest.raises(StoreError, match=r"tinyarms\.db is not empty"):
            copy_database(str(root / "tinyarms.db"), root, environ)
        (root / "tinyarms.db").unlink()
        back = copy_database(str(root / "tinyarms.db"), root, environ)
        assert back.is_default
        assert back.counts["task_history"] == there.counts["task_history"] + 1
    assert check_database(root, {}).ok
    assert shown(root, {}) == after


def test_no_copy_while_a_process_works_on_the_project(place: Place, tmp_path: Path) -> None:
    context = place.open()
    with lease(context, DAEMON), pytest.raises(StoreError, match="the monitor is running"):
        copy_database(str(tmp_path / "copy.db"), place.root, {})
    assert not (tmp_path / "copy.db").exists()
