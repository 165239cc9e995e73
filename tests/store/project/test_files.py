from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tinyarms.core.errors import ConfigError, StoreError
from tinyarms.store.project.files import read_text, write_atomically


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


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("grüße".encode("latin-1"))
    for path, message in [
        (tmp_path / "nothing.yaml", "no such file"),
        (tmp_path, "cannot be read"),
        (tmp_path / "latin.yaml", "byte 2 is not UTF-8"),
    ]:
        with pytest.raises(ConfigError, match=message) as caught:
            read_text(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbfhello")
    assert read_text(tmp_path / "a.md") == "hello"
