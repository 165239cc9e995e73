"""Outages from the first moment on, and what cannot be kept any more."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import stat
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import text as sql

from tests.loop.place import SKILL, Place, contested, text
from tests.loop.steps import begin
from tests.postgresql import new_database, temporary_server
from tinyarms.core.errors import StoreError
from tinyarms.loop.opening import open_project
from tinyarms.loop.project import background
from tinyarms.loop.project.spools import Spools
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.spooling import see_own, store_kept
from tinyarms.loop.serving.task_ballots import finish_ballots, unfinished
from tinyarms.loop.serving.tasks import run
from tinyarms.store.db.database import open_store
from tinyarms.store.spool import SpoolUnusable

pytestmark = pytest.mark.slow
_NOBODY = 65_534


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def counted(root: Path, table: str) -> int:
    with sqlite3.connect(root / "tinyarms.db") as connection:
        [(n,)] = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    connection.close()
    return int(n)


# A folder that is only read.


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def as_anybody(job: Callable[[], None]) -> int:
    """The exit code of the job in a process that is not root."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.getuid() == 0:
                os.setgid(_NOBODY)
                os.setuid(_NOBODY)
            job()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_folder_that_is_only_read_is_served_and_its_tasks_are_kept_elsewhere(
    place: Place, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(place.open(), SKILL, {"text": text(1)}, task_id="before")
    feedback(place.opened[-1], "before", success=True)
    place.close()
    root = Path(shutil.copytree(place.root, open_folder / "project"))
    state = open_folder / "state"
    state.mkdir()
    state.chmod(0o777)
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    for path in (root, *root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)

    def use() -> None:
        mine = Place(root)
        context = mine.open()
        for number in range(5):
            done = run(context, SKILL, {"text": text(number)}, task_id=f"t{number}")
            assert done.prompt_version == 1 and done.output
            assert feedback(context, f"t{number}", success=True).waits
        mine.close()

    assert as_anybody(use) == 0
    assert counted(root, "task_history") == 1
    assert list(state.rglob("*.lines"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in state.rglob("*.lines")} == {0o600}
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    later = Place(root)
    view = stats(later.open(), SKILL)
    later.close()
    assert (view.tasks, view.n, counted(root, "feedback")) == (6, 6, 6)
    assert not list(state.rglob("*.lines"))


# PostgreSQL that does not run when the program starts.


def test_postgresql_that_is_down_at_the_start_gets_everything_once(place: Place) -> None:
    with temporary_server() as server, new_database(server) as url:
        open_store(url).close()
        environ = {"TINYARMS_DATABASE": url}
        context = open_project(place.root, environ, place.moment)
        run(context, SKILL, {"text": text(0)}, task_id="before")
        context.close()
        server.stop()
        context = open_project(place.root, environ, place.moment)
        assert context.standby.outage
        for number in range(5):
            done = run(context, SKILL, {"text": text(number)}, task_id=f"t{number}")
            assert (done.prompt_version, bool(done.output)) == (1, True)
            assert feedback(context, f"t{number}", success=True).waits
        context.close()
        assert context.standby.spools.length().lines >= 10
        again = open_project(place.root, environ, place.moment)  # still down
        server.start()
        eventually(lambda: again.standby.spools.is_empty)
        again.close()
        assert server_counts(url) == (6, 5)


def server_counts(url: str) -> tuple[int, int]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [
            connection.execute(sql(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("task_history", "feedback")
        ]
    engine.dispose()
    return found[0], found[1]


# A full spool.


def test_a_full_spool_is_said_and_stops_no_task(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    context = place.open()
    run(context, SKILL, {"text": text(0)}, task_id="before")
    context.store.close()
    context.standby.spools = Spools(place.root, 3_000)
    (place.root / "tinyarms.db").rename(place.root / "away")
    refused, acknowledged = list[str](), list[str]()
    with caplog.at_level(logging.WARNING, "tinyarms"):
        for number in range(30):
            done = run(context, SKILL, {"text": text(number)}, task_id=f"t{number}")
            assert done.output
            try:
                assert feedback(context, f"t{number}", success=True).waits
                acknowledged.append(f"t{number}")
            except StoreError as error:
                refused.append(str(error))
    assert acknowledged and refused
    assert "is full (0.003 MB wait for the database)" in refused[0]
    assert "is full" in caplog.text
    assert context.standby.spools.length().bytes <= 3_000
    (place.root / "away").rename(place.root / "tinyarms.db")
    eventually(lambda: context.standby.spools.is_empty)
    context.close()
    with sqlite3.connect(place.root / "tinyarms.db") as connection:
        fed = {row[0] for row in connection.execute("SELECT task_id FROM feedback")}
    connection.close()
    assert fed == set(acknowledged)


def test_a_spool_that_cannot_be_taken_is_one_line_and_no_outage(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = place.open()
    run(context, SKILL, {"text": text(0)}, task_id="t")
    context.standby.spools.append(["a line"])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tinyarms.store.spool._only_one", full)
    with pytest.raises(SpoolUnusable, match=r"cannot be taken \(No space left on device\)"):
        store_kept(context)
    context.store.has_kept = True
    see_own(context)
    assert feedback(context, "t", success=True).known
    assert context.standby.writing.answers
    again = place.open()
    assert (again.standby.outage, again.standby.writing.answers) == ("", True)
    assert run(again, SKILL, {"text": text(1)}).output


# Ballots of models that are slower than a program ends.


def test_a_ballot_that_is_not_finished_at_the_end_is_made_by_the_next_program(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place.setting("{ab_testing: {show_probability: 1}}")
    context = begin(place)
    go_on: list[str] = []
    context.in_background(lambda: eventually(lambda: bool(go_on)))
    asked = [
        run(context, SKILL, {"text": text(contested(number))}, task_id=f"t{number}").ballot_id
        for number in range(3)
    ]
    assert None not in asked
    monkeypatch.setattr(background, "AT_END_S", 0.01)
    with caplog.at_level(logging.WARNING, "tinyarms"):
        context.close()
    go_on.append("over")
    assert "took too long at the end. The next program that runs tasks takes over." in caplog.text
    monkeypatch.undo()
    assert counted(place.root, "ballots") == 0
    again = place.open()
    run(again, SKILL, {"text": text(contested(3))}, task_id="t3")
    again.finish_background()
    with again.store.read() as work:
        waiting = {ballot.id for ballot in work.experiments.waiting(SKILL)}
    assert set(asked) < waiting
    assert len(waiting) == 4
    assert unfinished(again).is_empty


def test_an_unfinished_ballot_of_a_test_that_is_over_is_forgotten(place: Place) -> None:
    run(place.open(), SKILL, {"text": text(0)}, task_id="t")
    context = place.opened[-1]
    unfinished(context).append(["t", "no such task"])
    assert finish_ballots(context) == 0
    assert unfinished(context).is_empty
