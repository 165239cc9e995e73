"""Program of `test_units_for_real.py`: runs a service under a real manager and reports as JSON.

Usage: unit_life.py PROJECT
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def tinyarms(*words: str) -> Any:
    command = [sys.executable, "-m", "tinyarms.cli.main", "monitor", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{words}: {done.stderr}")
    return json.loads(done.stdout)


def systemctl(*words: str) -> str:
    command = ["systemctl", "--user", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def shown(unit: str, key: str) -> str:
    return systemctl("show", "--value", f"--property={key}", unit).strip()


def until(true: Callable[[], bool], what: str) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    sys.exit(f"never: {what}")


@contextmanager
def restarted_soon(unit: str) -> Iterator[None]:
    """The manager waits 5 s meanwhile, not a minute, before it starts a killed service again."""
    drop_in = Path(os.environ["XDG_RUNTIME_DIR"], "systemd/user", f"{unit}.d")
    drop_in.mkdir(parents=True)
    (drop_in / "soon.conf").write_text("[Service]\nRestartSec=5\n")
    systemctl("daemon-reload")
    yield
    shutil.rmtree(drop_in)
    systemctl("daemon-reload")


def main() -> None:
    root = Path(sys.argv[1])
    os.chdir(root)
    os.environ["SHELL_KEY"] = "the shell's alone"
    told: dict[str, Any] = {"installed": (installed := tinyarms("install"))}
    unit = f"{installed['name']}.service"
    env_file = Path(installed["env_file"])
    env_file.parent.mkdir(parents=True, exist_ok=True)
    env_file.write_text("TINY_KEY='a $ecret'\n")
    told["again"] = tinyarms("install")

    log = root / "tinyarms.log"
    until(lambda: log.exists() and "Watching" in log.read_text(), "the daemon watches")
    pid = int(shown(unit, "MainPID"))
    environ = dict(
        entry.partition("=")[::2] for entry in Path(f"/proc/{pid}/environ").read_text().split("\0")
    )
    told["environ"] = {key: environ.get(key) for key in ("TINYARMS_HOME", "TINY_KEY", "SHELL_KEY")}
    told["folder"] = str(Path(f"/proc/{pid}/cwd").readlink())
    told["nice"] = os.getpriority(os.PRIO_PROCESS, pid)
    told["idle"] = os.sched_getscheduler(pid) == os.SCHED_IDLE
    io = subprocess.run(["ionice", "-p", str(pid)], capture_output=True, text=True, check=True)
    told["io"] = io.stdout.strip()
    told["enabled"] = systemctl("is-enabled", unit).strip()

    with restarted_soon(unit):
        os.kill(pid, signal.SIGKILL)
        until(lambda: shown(unit, "SubState") == "auto-restart", "it waits to be started again")
        until(lambda: log.read_text().count("Watching") >= 2, "it watches again")
    systemctl("stop", unit)
    told["ended"] = [shown(unit, key) for key in ("ActiveState", "Result", "ExecMainStatus")]
    told["said"] = [json.loads(line).get("summary") for line in log.read_text().splitlines()]

    systemctl("start", unit)
    told["removed"] = tinyarms("uninstall")["removed"]
    told["removed_again"] = tinyarms("uninstall")["removed"]
    told["known"] = shown(unit, "LoadState")
    units = Path(installed["path"]).parent
    told["left"] = [str(path) for path in units.rglob("*") if not path.is_dir()]
    told["env_file_left"] = env_file.exists()
    sys.stdout.write(json.dumps(told))


main()
