from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tinyarms.core.errors import ConfigError, StoreError
from tinyarms.store.project.files import (
    check_replaceable,
    check_writable,
    inside,
    read_text,
    sweep,
    write_atomically,
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "skills" / "a.md"
    for text in ("grüße\r\n“x”\n", ""):
        write_atomically(path, text)
        assert read_text(path) == text
        assert list(path.parent.iterdir()) == [path]


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "config.yaml", tmp_path / "link.yaml"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_atomically(link, "new")
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()


def test_a_new_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    write_atomically(tmp_path / "new", "x")
    assert (tmp_path / "new").stat().st_mode == plain.stat().st_mode


_WRITER = """
import sys
from pathlib import Path
from tinyarms.store.project.files import write_atomically
path, n = Path(sys.argv[1]), 1
while True:
    write_atomically(path, f"{n % 10}\\n" * 2_000_000)
    if n == 1:
        print("written", flush=True)
    n += 1
"""


@pytest.mark.slow
def test_a_killed_writer_leaves_the_old_text_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    for kill in range(20):
        child = subprocess.Popen(
            [sys.executable, "-S", "-c", _WRITER, str(path)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.003 * kill)
        child.kill()
        child.wait()
        child.stdout.close()
        text = path.read_text()
        assert text == text[:2] * 2_000_000


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        write_atomically(tmp_path / "file" / "a.md", "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        write_atomically(tmp_path / "folder", "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("file/a.md", "A file is where its folder should be: move the file away."),
        ("folder", "A folder has its name: move the folder away."),
        ("x" * 250 + ".md", "Its name is too long: give the skill a shorter one."),
    ],
)
def test_the_remedy_is_about_what_is_wrong(tmp_path: Path, name: str, remedy: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for write in (write_atomically, check_writable):
        with pytest.raises(StoreError, match="cannot be written") as caught:
            write(tmp_path / name, "x")
        assert caught.value.hint == remedy
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_trial_changes_nothing(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    check_writable(tmp_path / "skills/a.md", "x")
    check_replaceable(config)
    assert config.read_bytes() == b"\xef\xbb\xbfa: 1\r\n"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["config.yaml"]


def test_a_prompt_is_written_below_the_projects_folder_only(tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    for folder in (root / "real", outside):
        folder.mkdir(parents=True)
    (root / "in").symlink_to(root / "real")
    (root / "out").symlink_to(outside)
    (root / "file.md").symlink_to(outside / "not-there.md")
    (tmp_path / "other").symlink_to(root)
    for path in ("a.md", "real/../a.md", "in/a.md"):
        assert inside(root, path) == root / path
        assert inside(tmp_path / "other", path).name == "a.md"
    for path in ("../a.md", "out/a.md", "file.md", str(outside / "a.md"), "real/../../a.md"):
        with pytest.raises(StoreError, match="outside of the project"):
            inside(root, path)


_HALF_WRITTEN = """
import sys, os, signal
from pathlib import Path
from tinyarms.store.project import files
path = Path(sys.argv[1])
def replace(temporary, target):
    print(temporary.name, flush=True)
    sys.stdin.readline()
    os.kill(os.getpid(), signal.SIGKILL)
files.replace_durably = replace
files.write_atomically(path, "new")
"""


@pytest.mark.slow
def test_what_a_killed_process_left_is_swept_and_what_a_running_one_writes_is_not(
    tmp_path: Path,
) -> None:
    mine = [".mine.md.tmp", ".x.12345678.tmp", "a.md.12345678.tmp", ".a.md.tmp"]
    for name in mine:
        (tmp_path / name).touch()
    child = subprocess.Popen(
        [sys.executable, "-c", _HALF_WRITTEN, str(tmp_path / "feeling-v2.md")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout is not None and child.stdin is not None
    temporary = tmp_path / child.stdout.readline().decode().strip()
    sweep(tmp_path)
    assert temporary.is_file()
    child.communicate(b"\n")
    assert temporary.is_file()
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(mine)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("grüße".encode("latin-1"))
    for path, message in [
        (tmp_path / "nothing.yaml", "no such file"),
        (tmp_path, "cannot be read"),
        (tmp_path / "latin.yaml", "line 1: byte 2 of the file is not UTF-8"),
    ]:
        with pytest.raises(ConfigError, match=message) as caught:
            read_text(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbfhello")
    assert read_text(tmp_path / "a.md") == "hello"
