"""What was acknowledged survives power cuts; prompts are served while writes fail."""

from __future__ import annotations

import errno
import random
import shutil
from pathlib import Path

import pytest

from tests.broken_disks.scenes import Place, failing_writes, make_place, power_cuts, record
from tests.broken_disks.shim import can_compile
from tests.broken_disks.trace import (
    CREATE,
    MARK,
    RENAME,
    SYNC,
    UNLINK,
    WRITE,
    Disk,
    Entry,
)

pytestmark = pytest.mark.skipif(not can_compile(), reason="needs Linux and a C compiler")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return make_place(tmp_path_factory.mktemp("disks"))


@pytest.mark.slow
def test_power_cuts_lose_nothing_that_was_acknowledged(place: Place, tmp_path: Path) -> None:
    made = record(place, 1)
    marks = [entry.first for entry in made.entries if entry.kind == MARK]
    assert {mark.split()[0] for mark in marks} == {"vote", "feedback", "version"}
    assert sum(entry.kind == SYNC for entry in made.entries) > 50
    assert [found for found in power_cuts(made, tmp_path, 60, 1) if found] == []


@pytest.mark.slow
def test_a_disk_that_ignores_syncs_loses_them(place: Place, tmp_path: Path) -> None:
    """So the test above can fail."""
    made = record(place, 2)
    found = list(power_cuts(made, tmp_path, 30, 2, synced=False))
    assert sum(map(bool, found)) > 5
    shutil.rmtree(place.folder / "story-2")


@pytest.mark.slow
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_tasks_are_served_while_writes_fail(place: Place, error: int) -> None:
    for failed in failing_writes(place, error, (0, 20, 150)):
        assert (failed.wrong, failed.faults) == ((), ())
        assert failed.answered == failed.asked > 0


def after(disk: Disk, folder: Path, tries: int = 200) -> set[tuple[tuple[str, bytes], ...]]:
    """What a power cut may leave: for each try, the files and their contents."""
    states = set()
    folder.mkdir()
    for number in range(tries):
        root = folder / str(number)
        disk.write_after_cut(root, random.Random(number))
        states.add(tuple(sorted((each.name, each.read_bytes()) for each in root.iterdir())))
    return states


def test_what_was_synced_is_there_and_the_rest_may_be(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").write_bytes(b"old")
    inode, folder = (root / "a").stat().st_ino, root.stat().st_ino
    disk = Disk(root)
    for data, offset in ((b"O", 0), (b"D", 2)):
        disk.do(Entry(WRITE, "", data, inode, offset))
    contents = {dict(state)["a"] for state in after(disk, tmp_path / "1")}
    assert contents == {b"old", b"Old", b"olD", b"OlD"}
    disk.do(Entry(SYNC, "", b"", inode, 0))
    assert after(disk, tmp_path / "2") == {(("a", b"OlD"),)}
    disk.do(Entry(CREATE, str(root / "b"), b"", 1, 0))
    disk.do(Entry(WRITE, "", b"new", 1, 0))
    disk.do(Entry(RENAME, str(root / "b"), str(root / "a").encode(), 0, 0))
    seen = after(disk, tmp_path / "3")
    assert (("a", b""),) in seen  # renamed before its content is on the disk
    assert (("a", b"OlD"), ("b", b"new")) in seen
    disk.do(Entry(SYNC, "", b"", 1, 0))
    disk.do(Entry(SYNC, "", b"", folder, 0))
    assert after(disk, tmp_path / "4") == {(("a", b"new"),)}
    disk.do(Entry(UNLINK, str(root / "a"), b"", 0, 0))
    assert after(disk, tmp_path / "5") == {(("a", b"new"),), ()}
