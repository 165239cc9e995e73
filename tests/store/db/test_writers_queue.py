from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.rows import task
from tinyarms.store.db.database import open_store, turn_to_write

WRITER = """
import sys, time
from pathlib import Path
from tests.store.rows import task
from tinyarms.store.db.database import open_store

path, number, count = sys.argv[1:]
store = open_store(Path(path))
with store.read():
    pass
print("ready", flush=True)
sys.stdin.readline()
for each in range(int(count)):
    with store.unit_of_work() as work:
        work.tasks.add(task(f"{number}-{each}"))
        time.sleep(0.02)
"""
HOLDER = """
import sys, time
from pathlib import Path
from tinyarms.store.db.database import turn_to_write

with turn_to_write(Path(sys.argv[1]), None):
    print("has it", flush=True)
    time.sleep(600)
"""
PROCESSES, WRITES = 10, 24


@pytest.mark.slow
def test_every_process_gets_its_turn_while_all_want_to_write(tmp_path: Path) -> None:
    path = tmp_path / "tinyarms.db"
    open_store(path).close()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(number), str(WRITES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for writer in writers:
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=300)
    assert [writer.returncode for writer in writers] == [0] * PROCESSES
    counts = dict.fromkeys(range(PROCESSES), 0)
    with closing(sqlite3.connect(path)) as written:
        for (key,) in written.execute("SELECT id FROM task_history ORDER BY rowid"):
            number = int(key.split("-")[0])
            counts[number] += 1
            if counts[number] == WRITES:
                break  # the first that is done: until here all wanted to write
    # On a busy machine some come back to the queue late; without turns, nine store nothing.
    assert min(counts.values()) >= WRITES / 4, counts


def test_writers_go_in_the_order_in_which_they_asked(tmp_path: Path) -> None:
    order = list[int]()

    def write(number: int) -> None:
        with turn_to_write(tmp_path, None):
            order.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    with turn_to_write(tmp_path, None):
        for number, thread in enumerate(threads, start=1):
            thread.start()
            while sum(each.name == "tinyarms-turn" for each in threading.enumerate()) < number:
                time.sleep(0.001)
            time.sleep(0.02)
        assert order == []
    for thread in threads:
        thread.join(30)
    assert order == [0, 1, 2, 3]


def test_who_gets_no_turn_in_time_goes_on_and_leaves_none_behind(tmp_path: Path) -> None:
    def ask() -> None:
        with turn_to_write(tmp_path, 0.01):
            went_on.set()

    went_on = threading.Event()
    with turn_to_write(tmp_path, None):
        threading.Thread(target=ask).start()
        assert went_on.wait(30)
    with turn_to_write(tmp_path, None):
        pass
    assert _is_free(tmp_path)


@pytest.mark.slow
def test_a_thread_that_has_the_turn_does_not_wait_for_itself(tmp_path: Path) -> None:
    with turn_to_write(tmp_path, None), turn_to_write(tmp_path, None):
        assert not _is_free(tmp_path)
    assert _is_free(tmp_path)


def test_a_folder_that_is_gone_keeps_nobody_from_writing(tmp_path: Path) -> None:
    with turn_to_write(tmp_path / "gone", None):
        pass


@pytest.mark.slow
def test_a_killed_writer_keeps_no_turn(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "has it\n"
    assert not _is_free(tmp_path)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert _is_free(tmp_path)


@pytest.mark.slow
def test_an_impatient_writer_waits_no_longer_for_its_turn(tmp_path: Path) -> None:
    store = open_store(tmp_path / "tinyarms.db")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "has it\n"
    with store.impatient(0.1), store.unit_of_work() as work:  # SQLite's own lock is free
        work.tasks.add(task("t1"))
    holder.kill()
    holder.communicate()
    store.close()


def _is_free(path: Path) -> bool:
    """Whether nobody has the lock, or will have it in a moment."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        for _ in range(500):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.001)
            else:
                return True
        return False
    finally:
        os.close(descriptor)
