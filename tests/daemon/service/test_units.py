from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import ServiceError
from tinyarms.daemon.service import launchd, systemd
from tinyarms.daemon.service.agent import agent_of, crontab_line

ODD = '/srv/50% "a" $HOME\\n it\'s ü;'
PATHS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/"), min_size=1, max_size=20
).map(lambda name: f"/srv/{name}.d")


def test_one_name_for_each_folder() -> None:
    one, other = agent_of(Path("/a/My Notes"), {}), agent_of(Path("/b/My Notes"), {})
    assert one.name.startswith("tinyarms-my-notes-")
    assert one.name != other.name
    assert agent_of(Path("/a/My Notes"), {}) == one
    assert agent_of(Path("/a/名前"), {}).name.startswith("tinyarms-")


def test_secrets_stay_where_they_are() -> None:
    environ = {"OPENAI_API_KEY": "sk-1", "TINYARMS_DATABASE": "postgresql://me:pw@h/d"}
    for text in (systemd.text, launchd.text):
        written = text(agent_of(Path(ODD), environ | {"TINYARMS_MODELS": "models"}))
        assert "sk-1" not in written and "pw" not in written
        assert str(Path("models").absolute()) in written


@pytest.mark.parametrize("name", ["a\nExecStart=/bin/false", "a\x1b", "a ", "a\\", "a\udcff"])
def test_what_a_unit_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(ServiceError, match="Rename it"):
        agent_of(Path("/srv") / name, {})


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(path=PATHS)
def test_a_plist_reads_back(path: str) -> None:
    agent = agent_of(Path(path), {"TINYARMS_MODELS": path})
    read = plistlib.loads(launchd.text(agent).encode())
    assert read["WorkingDirectory"] == path
    assert read["EnvironmentVariables"] == {"TINYARMS_HOME": path, "TINYARMS_MODELS": path}
    assert read["ProgramArguments"][-len(agent.command) :] == list(agent.command)
    assert read["ProcessType"] == "Background" and read["LowPriorityIO"] and read["Nice"] == 19
    assert read["KeepAlive"] == {"SuccessfulExit": False} and read["RunAtLoad"]
    assert read["Label"] == launchd.path(agent).stem


@pytest.mark.parametrize("there", [True, False])
def test_the_command_of_the_plist_reads_the_file_of_variables(tmp_path: Path, there: bool) -> None:
    env_file = tmp_path / "a b.env"
    if there:
        env_file.write_text("TINY_KEY='a $ecret'\n")
    show = "import os, sys; print(os.environ.get('TINY_KEY'), sys.argv[1])"
    command = ["/bin/sh", "-c", launchd.WITH_FILE, str(env_file), sys.executable, "-c", show, ODD]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{'a $ecret' if there else None} {ODD}\n"


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(path=PATHS)
def test_a_crontab_line_is_what_the_shell_is_to_run(path: str) -> None:
    agent = agent_of(Path(path), {})
    line = crontab_line(agent)
    *when, command = line.split(" ", 5)
    assert when == ["*/30", "*", "*", "*", "*"]
    assert "%" not in command.replace("\\%", "")
    words = shlex.split(command.replace("\\%", "%"))
    assert words[:5] == ["cd", path, "&&", "env", f"TINYARMS_HOME={path}"]
    assert words[-2:] == ["--once", "--evolve"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    root = tmp_path / ODD.rpartition("/")[2]
    root.mkdir()
    agent = agent_of(root, {"PYTHONPATH": ODD})
    unit = tmp_path / f"{agent.name}.service"
    unit.write_text(systemd.text(agent))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(unit)],
        env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
