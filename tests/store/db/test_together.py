from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tinyarms.store.db import together
from tinyarms.store.db.database import FileTurn, open_store, turn_to_write
from tinyarms.store.db.together import write_together
from tinyarms.store.project.files import sweep

WRITER = """
import os, signal, sys, time
from pathlib import Path
from tinyarms.store.db.database import FileTurn
from tinyarms.store.db.together import write_together
from tinyarms.store.project.files import sweep

def write(requests):
    Path(sys.argv[3]).write_text("\\n".join(requests))
    if sys.argv[4] == "writes":
        time.sleep(600)  # it has written, and its answers never come
    return ["never", *["from a process"] * (len(requests) - 1)]

write_together(FileTurn(Path(sys.argv[1])), Path(sys.argv[2]), "of the process", write, None)
"""


class Project:
    """A line, a folder of requests, and threads that want to write."""

    def __init__(self, root: Path) -> None:
        self.line, self.folder = root / "line", root / "below" / "waiting"
        self.line.touch()
        self.written = list[list[str]]()
        self.answers = dict[str, Any]()
        self._threads = list[threading.Thread]()

    def write(self, requests: Sequence[str]) -> list[str | None]:
        self.written.append(list(requests))
        if "wrong" in requests:
            raise ValueError("wrong")
        left = [each == "left" and each != requests[0] for each in requests]
        return [None if skip else f"{each}!" for each, skip in zip(requests, left, strict=True)]

    def ask(self, request: str, patience_s: float | None = None) -> str:
        return write_together(FileTurn(self.line), self.folder, request, self.write, patience_s)

    def begin(self, request: str) -> None:
        """Ask in a thread, and wait until the request is posted."""

        def run() -> None:
            try:
                self.answers[request] = self.ask(request)
            except ValueError as error:
                self.answers[request] = error

        before = self.waiting()
        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()
        until(lambda: self.waiting() > before)

    def finish(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def waiting(self) -> int:
        """How many wait for the line, which somebody has; each has posted its request."""
        inode, table = f":{self.line.stat().st_ino} ", Path("/proc/locks")
        locks = [lock for lock in _lines(table) if "FLOCK" in lock and inode in lock]
        if locks:
            return sum("->" in lock for lock in locks)
        time.sleep(0.1)  # This system does not tell: who has posted waits a moment later.
        return len(self.posted())

    def posted(self) -> list[str]:
        if not self.folder.exists():
            return []
        texts = [path.read_text() for path in sorted(self.folder.iterdir()) if path.is_file()]
        return [text for text in texts if text.endswith("\n")]


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def until(happened: Callable[[], object]) -> None:
    give_up = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.001)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_who_waits_for_nobody_writes_alone_and_posts_nothing(project: Project) -> None:
    assert project.ask("a") == "a!"
    assert project.written == [["a"]] and not project.folder.exists()


def test_what_waits_is_written_together_in_the_order_of_asking(project: Project) -> None:
    with turn_to_write(project.line, None):
        for request in ("a", "b", "ö", "d"):
            project.begin(request)
        assert project.written == []
    project.finish()
    assert project.written == [["a", "b", "ö", "d"]]
    assert project.answers == {each: f"{each}!" for each in ("a", "b", "ö", "d")}
    assert list(project.folder.iterdir()) == []
    assert (project.folder.stat().st_mode & 0o777) == 0o700


def test_what_is_not_answered_is_written_by_who_asked(project: Project) -> None:
    with turn_to_write(project.line, None):
        for request in ("a", "left", "c"):
            project.begin(request)
    project.finish()
    assert project.written == [["a", "left", "c"], ["left"]]
    assert project.answers == {"a": "a!", "left": "left!", "c": "c!"}


def test_one_that_fails_fails_alone(project: Project) -> None:
    with turn_to_write(project.line, None):
        for request in ("a", "wrong", "c"):
            project.begin(request)
    project.finish()
    assert (project.answers["a"], project.answers["c"]) == ("a!", "c!")
    assert isinstance(project.answers["wrong"], ValueError)
    assert project.written[:2] == [["a", "wrong", "c"], ["a"]]
    assert sum(requests[:1] == ["c"] for requests in project.written) == 1


def test_no_more_than_so_many_at_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "_AT_ONCE", 2)
    with turn_to_write(project.line, None):
        for request in "abcde":
            project.begin(request)
    project.finish()
    assert project.written == [["a", "b", "c"], ["d", "e"]]


def test_who_is_impatient_writes_alone_and_withdraws(project: Project) -> None:
    with turn_to_write(project.line, None):
        assert project.ask("a", patience_s=0.01) == "a!"
        assert project.ask("b", patience_s=0) == "b!"
    assert project.written == [["a"], ["b"]]
    assert list(project.folder.iterdir()) == []


def test_ctrl_c_while_it_waits_withdraws(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(event: threading.Event, timeout: float | None = None) -> bool:
        if timeout is None:  # that of a thread that starts
            return wait(event)
        raise KeyboardInterrupt

    wait = threading.Event.wait
    with turn_to_write(project.line, None):
        monkeypatch.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            project.ask("a")
        monkeypatch.undo()
    assert list(project.folder.iterdir()) == [] and project.written == []
    assert project.ask("b") == "b!"


@pytest.mark.parametrize("case", ["no line", "no folder", "a full disk"])
def test_where_nothing_can_be_posted_each_writes_alone(
    project: Project, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    with turn_to_write(project.line, None):
        if case == "no line":
            project.line.unlink()
        elif case == "no folder":
            project.folder.parent.write_text("a file")
        else:
            monkeypatch.setattr(os, "write", full)
        assert project.ask("a", patience_s=0.01) == "a!"
    assert project.written == [["a"]]


def test_what_else_lies_in_the_folder_is_left_out(project: Project, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("outside\n")
    project.folder.mkdir(parents=True)
    (project.folder / ".waiting.0-link").symlink_to(outside)
    (project.folder / ".waiting.0-folder").mkdir()
    os.mkfifo(project.folder / ".waiting.0-fifo")
    (project.folder / "else").write_text("a\n")
    for name, content in {
        ".waiting.0-of nobody": b"of nobody\n",
        ".waiting.0-half": b"half",
        ".waiting.0-answered": b"a\nb\n",
        ".waiting.0-bytes": b"\xff\xfe\n",
        ".waiting.0-empty": b"",
    }.items():
        (project.folder / name).write_bytes(content)
    with turn_to_write(project.line, None):
        thread = threading.Thread(target=lambda: project.answers.update(a=project.ask("a")))
        thread.start()
        until(project.waiting)
    thread.join(60)
    assert project.answers == {"a": "a!"} and project.written == [["a"]]
    assert outside.read_text() == "outside\n"
    assert {path.name for path in project.folder.iterdir()} <= {
        ".waiting.0-link",
        ".waiting.0-folder",
        "else",
    }


def test_requests_of_killed_processes_are_swept(project: Project) -> None:
    sweep(project.folder)  # there is none
    project.folder.mkdir(parents=True)
    (project.folder / ".waiting.0123abcd.tmp").write_text("of nobody\n")
    with turn_to_write(project.line, None):
        project.begin("a")
        sweep(project.folder)
        assert not (project.folder / ".waiting.0123abcd.tmp").exists()
        assert project.posted() == ["a\n"]
    project.finish()
    assert project.answers == {"a": "a!"}


@pytest.mark.slow
def test_another_process_writes_what_waits(project: Project, tmp_path: Path) -> None:
    wrote = tmp_path / "wrote"
    with turn_to_write(project.line, None):
        process = _process(project, wrote, "answers")
        until(project.waiting)
        project.begin("a")
    process.wait(60)
    project.finish()
    assert wrote.read_text() == "of the process\na"
    assert project.answers == {"a": "from a process"} and project.written == []


@pytest.mark.slow
def test_who_is_killed_before_its_answers_leaves_each_to_write(
    project: Project, tmp_path: Path
) -> None:
    wrote = tmp_path / "wrote"
    with turn_to_write(project.line, None):
        process = _process(project, wrote, "writes")
        until(project.waiting)
        project.begin("a")
        project.begin("b")
    until(lambda: wrote.exists() and wrote.read_text() == "of the process\na\nb")
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    project.finish()
    assert project.written == [["a", "b"]]
    assert project.answers == {"a": "a!", "b": "b!"}
    assert list(project.folder.iterdir()) == []


@pytest.mark.slow
def test_who_is_killed_while_it_waits_is_not_written(project: Project, tmp_path: Path) -> None:
    with turn_to_write(project.line, None):
        process = _process(project, tmp_path / "wrote", "answers")
        until(project.waiting)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        project.begin("a")
    project.finish()
    assert project.written == [["a"]]
    assert list(project.folder.iterdir()) == []


def test_a_store_writes_alone_where_nobody_has_written(tmp_path: Path) -> None:
    store, project = open_store(tmp_path / "tinyarms.db"), Project(tmp_path)
    (tmp_path / "tinyarms.db-wal").unlink(missing_ok=True)
    assert store.write_together(project.folder, "a", project.write) == "a!"
    store.close()


def _process(project: Project, wrote: Path, what: str) -> subprocess.Popen[bytes]:
    arguments = [str(project.line), str(project.folder), str(wrote), what]
    return subprocess.Popen([sys.executable, "-c", WRITER, *arguments])
