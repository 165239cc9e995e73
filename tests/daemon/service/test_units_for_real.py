"""A real systemd user manager runs the monitor, in a sandbox, for a project with an odd name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tinyarms
from tests.cli.conftest import CONFIG, INCUMBENT

HERE = Path(__file__).parent
SOURCE = Path(tinyarms.__file__).parents[1]
NONE_THERE = 77

pytestmark = pytest.mark.slow


def test_a_service_from_install_to_uninstall(tmp_path: Path) -> None:
    home, root = tmp_path / "home", tmp_path / '50% "a" $HOME\\n it\'s ü;'
    home.mkdir()
    (root / "skills").mkdir(parents=True)
    (root / "config.yaml").write_text(CONFIG)
    for skill in ("file-naming", "linting"):
        (root / "skills" / f"{skill}.md").write_text(INCUMBENT)
    (root / "replies.jsonl").write_text("")
    life = [sys.executable, str(HERE / "unit_life.py"), str(root)]
    dropped = ("XDG_CONFIG_HOME", "TINYARMS_HOME")
    environ = {key: value for key, value in os.environ.items() if key not in dropped}
    done = subprocess.run(
        ["sh", str(HERE / "user_manager.sh"), str(home), *life],
        env=environ | {"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode == NONE_THERE:
        pytest.skip(f"no systemd user manager can be had here: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)

    unit = Path(told["installed"]["path"])
    assert unit.parent == home / ".config/systemd/user"
    for install in (told["installed"], told["again"]):
        assert install["enabled"] and install["active"] and install["up_to_date"]
        assert install["manager_state"] == "active (running)"
    assert told["enabled"] == "enabled"
    assert told["environ"] == {
        "TINYARMS_HOME": str(root),
        "TINY_KEY": "a $ecret",
        "SHELL_KEY": None,
    }
    assert told["folder"] == str(root)
    assert (told["nice"], told["idle"], told["io"]) == (19, True, "idle")
    assert told["ended"] == ["inactive", "success", "0"]
    assert told["said"][-1] == "Ended."
    assert (told["removed"], told["removed_again"]) == (str(unit), None)
    assert told["known"] == "not-found"
    assert told["left"] == []
    assert told["env_file_left"]
