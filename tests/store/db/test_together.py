from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tinyarms.store.db import together
from tinyarms.store.db.database import FileTurn, open_store, turn_to_write
from tinyarms.store.db.together import Together, Turns
from tinyarms.store.project.files import sweep

WRITER = """
import os, signal, sys, time
from pathlib import Path
from tinyarms.store.db.database import FileTurn
from tinyarms.store.db.together import Together, Turns

class Writer:
    def write(self, requests):
        Path(sys.argv[3]).write_text("\\n".join(requests))
        if sys.argv[4] == "writes":
            time.sleep(600)  # it has written, and its answers never come
        return ["from a process"] * len(requests)

    def finish(self): pass
    def keep_up(self): pass

folder, together = Path(sys.argv[2]), Together()
turns = Turns(FileTurn(Path(sys.argv[1])), FileTurn(folder))
together.write(turns, folder, "of the process", Writer(), None)
print("done", flush=True)
sys.stdin.read()
together.close()
"""


class Project:
    """A line, a folder of requests, and threads that want to write, each as if it were a process.

    It is the `Writer` of all of them.
    """

    def __init__(self, root: Path) -> None:
        self.line, self.folder = root / "line", root / "below" / "waiting"
        self.line.touch()
        self.folder.mkdir(parents=True)
        self.written = list[list[str]]()
        self.answers = dict[str, Any]()
        self.finished = self.kept_up = 0
        self.may_write = threading.Event()
        self.may_write.set()
        self.processes = list[Together]()
        self._threads = list[threading.Thread]()

    def write(self, requests: Sequence[str]) -> list[str | None]:
        assert self.may_write.wait(60)
        self.written.append(list(requests))
        if "wrong" in requests:
            raise ValueError("wrong")
        left = [each == "left" and len(requests) > 1 for each in requests]
        return [None if skip else f"{each}!" for each, skip in zip(requests, left, strict=True)]

    def finish(self) -> None:
        self.finished += 1

    def keep_up(self) -> None:
        self.kept_up += 1

    def ask(self, request: str, patience_s: float | None = None) -> str:
        self.processes.append(Together())
        turns = Turns(FileTurn(self.line), FileTurn(self.folder))
        return self.processes[-1].write(turns, self.folder, request, self, patience_s)

    def begin(self, request: str) -> None:
        """Ask in a thread, and wait until the request is posted."""

        def run() -> None:
            try:
                self.answers[request] = self.ask(request)
            except ValueError as error:
                self.answers[request] = error

        before = len(self.posted())
        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()
        until(lambda: len(self.posted()) > before)

    def finish_all(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def close(self) -> None:
        for each in self.processes:
            each.close()

    def posted(self) -> list[str]:
        """The requests, oldest first, without an answer or with one."""
        texts = list[str]()
        for path in filter(Path.is_file, sorted(self.folder.glob(".waiting.*"))):
            with suppress(OSError):  # It was removed meanwhile.
                texts.append(path.read_text(errors="replace"))
        return [text for text in texts if text.endswith("\n")]


def until(happened: Callable[[], object]) -> None:
    give_up = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.001)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path)
    yield project
    project.close()


def test_who_waits_for_nobody_writes_alone_and_posts_nothing(project: Project) -> None:
    assert project.ask("a") == "a!"
    assert project.written == [["a"]] and list(project.folder.iterdir()) == []


def test_what_waits_is_written_together_in_the_order_of_asking(project: Project) -> None:
    with turn_to_write(project.line, None):
        for request in ("a", "b", "ö", "d"):
            project.begin(request)
        assert project.written == []
    project.finish_all()
    assert project.written == [["a", "b", "ö", "d"]]
    assert project.answers == {each: f"{each}!" for each in ("a", "b", "ö", "d")}
    assert list(project.folder.iterdir()) == []


def test_the_first_that_wait_make_the_folder(project: Project) -> None:
    project.folder.rmdir()
    project.folder.parent.rmdir()
    with turn_to_write(project.line, None):
        project.begin("a")
        project.begin("b")
    project.finish_all()
    assert project.answers == {"a": "a!", "b": "b!"}
    assert sorted(each for requests in project.written for each in requests) == ["a", "b"]
    assert (project.folder.stat().st_mode & 0o777) == 0o700


def test_what_is_not_answered_is_written_by_who_asked(project: Project) -> None:
    with turn_to_write(project.line, None):
        for request in ("a", "left", "c"):
            project.begin(request)
    project.finish_all()
    assert project.written == [["a", "left", "c"], ["left"]]
    assert project.answers == {"a": "a!", "left": "left!", "c": "c!"}


def test_one_that_fails_fails_alone(project: Project) -> None:
    with turn_to_write(project.line, None):
        for request in ("a", "wrong", "c"):
            project.begin(request)
    project.finish_all()
    assert (project.answers["a"], project.answers["c"]) == ("a!", "c!")
    assert isinstance(project.answers["wrong"], ValueError)
    assert project.written[0] == ["a", "wrong", "c"]
    assert sorted(project.written[1:]) == [["a"], ["c"], ["wrong"]]


def test_no_more_than_so_many_at_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "_AT_ONCE", 2)
    with turn_to_write(project.line, None):
        for request in "abcde":
            project.begin(request)
    project.finish_all()
    assert project.written == [["a", "b"], ["c", "d"], ["e"]]


def test_who_is_impatient_writes_alone_and_withdraws(project: Project) -> None:
    with turn_to_write(project.line, None):
        assert project.ask("a", patience_s=0.01) == "a!"
        assert project.ask("b", patience_s=0) == "b!"
    assert project.written == [["a"], ["b"]]
    assert list(project.folder.iterdir()) == []


def test_ctrl_c_while_it_waits_withdraws(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    with (
        turn_to_write(project.line, None),
        monkeypatch.context() as patched,
        pytest.raises(KeyboardInterrupt),
    ):
        patched.setattr("tinyarms.store.db.together.time.sleep", interrupted)
        project.ask("a")
    assert list(project.folder.iterdir()) == [] and project.written == []
    assert project.ask("b") == "b!"


@pytest.mark.parametrize("lasts", [0, 1], ids=["nothing", "the next only"])
def test_without_locks_each_writes_at_once(
    project: Project, monkeypatch: pytest.MonkeyPatch, lasts: int
) -> None:
    """As on some file systems of other machines."""
    calls = list[int]()

    def unlocked(file: int, what: int) -> None:
        calls.append(what)
        if len(calls) > lasts:
            raise OSError(errno.ENOLCK, "no locks")

    def slept(_: float) -> None:
        raise AssertionError("it waits")

    monkeypatch.setattr("tinyarms.store.db.database.fcntl.flock", unlocked)
    monkeypatch.setattr("tinyarms.store.db.together.time.sleep", slept)
    assert project.ask("a") == "a!" and calls


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
            project.folder.rmdir()
            project.folder.parent.rmdir()
            project.folder.parent.write_text("a file")
        else:
            monkeypatch.setattr(os, "write", full)
        assert project.ask("a", patience_s=0.01) == "a!"
    assert project.written == [["a"]]


def test_what_else_lies_in_the_folder_is_left_out(project: Project, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("outside\n")
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
        project.begin("a")
    project.finish_all()
    assert project.answers == {"a": "a!"} and project.written == [["a"]]
    assert outside.read_text() == "outside\n"
    assert {path.name for path in project.folder.iterdir()} <= {
        ".waiting.0-link",
        ".waiting.0-folder",
        "else",
    }


def test_requests_of_killed_processes_are_swept(project: Project) -> None:
    sweep(project.folder)  # there is none
    (project.folder / ".waiting.0123abcd.tmp").write_text("of nobody\n")
    with turn_to_write(project.line, None):
        project.begin("a")
        sweep(project.folder)
        assert not (project.folder / ".waiting.0123abcd.tmp").exists()
        assert project.posted() == ["a\n"]
    project.finish_all()
    assert project.answers == {"a": "a!"}


def test_who_writes_for_others_goes_on_and_another_is_the_next(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "_LOOKS_IN_VAIN", 10_000)
    with turn_to_write(project.line, None):
        project.begin("a")
        until(lambda: project.kept_up)
        project.begin("b")
    project.finish_all()
    leading, *_ = project.processes
    assert project.written == [["a", "b"]] and project.finished == 1
    project.may_write.clear()
    for request in "cd":
        project.begin(request)
    until(lambda: project.kept_up == 2)  # One of these is the next now.
    project.may_write.set()
    project.finish_all()
    assert sum(map(len, project.written)) == 4
    project.written.clear()
    leading.close()
    for request in "ef":
        project.answers[request] = project.ask(request)
    assert project.written == [["e"], ["f"]]
    assert project.answers == {each: f"{each}!" for each in "abcdef"}


def test_who_writes_for_others_stops_when_none_come(project: Project) -> None:
    with turn_to_write(project.line, None):
        project.begin("a")
    project.finish_all()
    until(lambda: not any(t.name == "tinyarms-lead" for t in threading.enumerate()))
    assert project.ask("b") == "b!" and project.written == [["a"], ["b"]]


def test_a_process_that_leads_asks_itself(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "_LOOKS_IN_VAIN", 10_000)
    with turn_to_write(project.line, None):
        project.begin("a")
    project.finish_all()
    [leading] = project.processes
    turns = Turns(FileTurn(project.line), FileTurn(project.folder))
    assert leading.write(turns, project.folder, "b", project, None) == "b!"
    assert project.written == [["a"], ["b"]]


def test_an_error_after_the_answers_ends_the_leading_only(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ValueError("broken")

    with turn_to_write(project.line, None):
        monkeypatch.setattr(project, "finish", broken)
        project.begin("a")
        project.begin("b")
    project.finish_all()
    monkeypatch.undo()
    assert project.answers == {"a": "a!", "b": "b!"}
    assert project.ask("c") == "c!"


def test_who_cannot_keep_up_writes_alone(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ValueError("broken")

    monkeypatch.setattr(together, "_LONGEST_WAIT_S", 600)
    monkeypatch.setattr(project, "keep_up", broken)
    with turn_to_write(project.line, None):
        assert project.ask("a") == "a!"
    assert list(project.folder.iterdir()) == []
    [said] = caplog.records
    assert "ValueError('broken')" in said.getMessage() and said.exc_info is None


@pytest.mark.slow
def test_another_process_writes_what_waits(project: Project, tmp_path: Path) -> None:
    wrote = tmp_path / "wrote"
    with turn_to_write(project.line, None):
        process = _process(project, wrote, "answers")
        until(project.posted)
        project.begin("a")
    assert process.stdout is not None and process.stdout.readline() == b"done\n"
    project.finish_all()
    process.communicate(timeout=60)
    assert wrote.read_text() == "of the process\na"
    assert project.answers == {"a": "from a process"} and project.written == []


@pytest.mark.slow
def test_who_is_killed_before_its_answers_leaves_them_to_the_next(
    project: Project, tmp_path: Path
) -> None:
    wrote = tmp_path / "wrote"
    with turn_to_write(project.line, None):
        process = _process(project, wrote, "writes")
        until(project.posted)
        project.begin("a")
        project.begin("b")
    until(lambda: wrote.exists() and wrote.read_text() == "of the process\na\nb")
    process.kill()
    process.communicate(timeout=60)
    project.finish_all()
    assert sorted(each for requests in project.written for each in requests) == ["a", "b"]
    assert project.answers == {"a": "a!", "b": "b!"}
    assert list(project.folder.iterdir()) == []


@pytest.mark.slow
def test_who_waits_for_a_stopped_process_writes_alone(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "_LONGEST_WAIT_S", 0.2)
    wrote = tmp_path / "wrote"
    with turn_to_write(project.line, None):
        process = _process(project, wrote, "answers")
        until(project.posted)
        process.send_signal(signal.SIGSTOP)
    held = FileTurn(project.line)
    assert held.take(0)
    assert project.ask("a") == "a!"
    held.give_back()
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=60)
    assert wrote.read_text() == "of the process" and project.written == [["a"]]


@pytest.mark.slow
def test_who_is_killed_while_it_waits_is_not_written(project: Project, tmp_path: Path) -> None:
    with turn_to_write(project.line, None):
        process = _process(project, tmp_path / "wrote", "answers")
        until(project.posted)
        process.kill()
        process.communicate(timeout=60)
        project.begin("a")
    project.finish_all()
    assert project.written == [["a"]]
    assert list(project.folder.iterdir()) == []


FORKING = """
import os, sys, time
from pathlib import Path
from tinyarms.store.db.database import FileTurn

turn = FileTurn(Path(sys.argv[1]))
assert turn.take(0)
child = os.fork()
if child:
    print(child, flush=True)
else:
    turn.give_back()  # as the end of a block would: it is no longer this process's
time.sleep(600)
"""


@pytest.mark.slow
def test_a_forked_process_does_not_keep_a_lock(tmp_path: Path) -> None:
    line = tmp_path / "line"
    line.touch()
    command = [sys.executable, "-c", FORKING, str(line)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        turn = FileTurn(line)
        try:
            assert not turn.take(0.3)
            process.kill()
            assert turn.take(60)
        finally:
            turn.give_back()
            process.kill()
            os.kill(child, signal.SIGKILL)


def test_a_store_writes_alone_where_nobody_has_written(tmp_path: Path) -> None:
    store, project = open_store(tmp_path / "tinyarms.db"), Project(tmp_path)
    (tmp_path / "tinyarms.db-wal").unlink(missing_ok=True)
    assert store.write_together(project.folder, "a", project) == "a!"
    store.close()


def _process(project: Project, wrote: Path, what: str) -> subprocess.Popen[bytes]:
    arguments = [str(project.line), str(project.folder), str(wrote), what]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
