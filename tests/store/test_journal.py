from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tinyarms.store import journal as module
from tinyarms.store.journal import Journal
from tinyarms.store.spool import Spool

_KILLS_ITSELF = (
    "import os, signal, sys; from pathlib import Path; from tinyarms.store.journal import Journal\n"
    "journal = Journal(Path(sys.argv[1]))\n"
    "assert journal.append(['first', 'sécond'])\n"
    "{more}\n"
    "os.kill(os.getpid(), signal.SIGKILL)"
)


def killed(folder: Path, more: str = "") -> None:
    """Have a process write a journal and kill itself."""
    program = _KILLS_ITSELF.format(more=more)
    ended = subprocess.run([sys.executable, "-c", program, str(folder)], check=False)
    assert ended.returncode == -signal.SIGKILL


def taken(spool: Spool) -> list[str]:
    """What the spool takes, and says is stored."""
    lines = list[str]()
    with spool.taking() as files:
        for path in files:
            lines += spool.lines_of(path)
            spool.done(path)
    return lines


def test_the_lines_of_a_living_process_do_not_wait_for_others(tmp_path: Path) -> None:
    journal, spool = Journal(tmp_path / "spool"), Spool(tmp_path / "spool")
    assert journal.append(["first"])
    assert spool.is_empty
    assert (spool.length().lines, taken(spool)) == (0, [])
    journal.empty()
    journal.close()
    assert not list(spool.folder.glob("*.journal"))


def test_the_lines_of_a_closed_journal_wait(tmp_path: Path) -> None:
    journal, spool = Journal(tmp_path), Spool(tmp_path)
    assert journal.append(["first"])
    journal.close()
    assert not spool.is_empty
    assert taken(spool) == ["first"]
    assert journal.append(["second"])  # in another file
    assert taken(spool) == []


@pytest.mark.slow
def test_the_lines_of_a_killed_process_wait(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    killed(tmp_path)
    assert (spool.is_empty, spool.length().lines) == (False, 2)
    assert taken(spool) == ["first", "sécond"]
    assert spool.is_empty
    killed(tmp_path, "journal.empty(); journal.append(['third'])")
    assert taken(spool) == ["third"]
    killed(tmp_path, "journal.empty()")
    assert taken(spool) == []
    assert (spool.is_empty, list(tmp_path.glob("*.journal"))) == (True, [])


@pytest.mark.slow
def test_a_forked_process_keeps_no_journal_of_one_that_is_killed(tmp_path: Path) -> None:
    fork = (
        "import time\n"
        "if not os.fork():\n"
        "    Path(sys.argv[1], 'child').write_text(str(os.getpid()))\n"
        "    time.sleep(600)\n"
        "while not Path(sys.argv[1], 'child').exists(): time.sleep(0.01)\n"
        "time.sleep(0.1)"
    )
    killed(tmp_path, fork)
    child = int((tmp_path / "child").read_text())
    try:
        assert taken(Spool(tmp_path)) == ["first", "sécond"]
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_child_begins_a_journal_of_its_own(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.append(["of the parent"])
    child = os.fork()
    if not child:
        with suppress(BaseException):
            os._exit(0 if journal.append(["of the child"]) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert taken(Spool(tmp_path)) == ["of the child"]
    journal.close()
    assert taken(Spool(tmp_path)) == ["of the parent"]


def test_what_does_not_fit_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_BYTES", 40)
    journal = Journal(tmp_path)
    assert journal.append(["first"])
    assert not journal.append(["x" * 40])
    assert journal.append(["second"])
    journal.close()
    assert taken(Spool(tmp_path)) == ["first", "second"]


def test_a_journal_that_somebody_removed_is_begun_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.append(["first"])
    for path in tmp_path.glob("*.journal"):
        path.unlink()
    assert journal.append(["second"])
    journal.close()
    assert taken(Spool(tmp_path)) == ["second"]


def test_where_nothing_can_be_written_or_locked_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    assert not Journal(tmp_path / "file" / "spool").append(["first"])

    def no_locks(_file: int, _how: int) -> None:
        raise OSError("no locks")

    monkeypatch.setattr(module.fcntl, "flock", no_locks)
    assert not Journal(tmp_path / "spool").append(["first"])
    assert not list(tmp_path.glob("spool/*.journal"))
