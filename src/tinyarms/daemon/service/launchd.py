"""The monitor as a launchd agent: launchd.plist(5), launchctl(1)."""

from __future__ import annotations

import os
import plistlib
from pathlib import Path

from tinyarms.core.errors import ServiceError
from tinyarms.daemon.service.agent import Agent, ask, order

WITH_FILE = 'set -a; [ ! -r "$0" ] || . "$0"; set +a; exec "$@"'
"""Shell script that loads the environment file, which launchd cannot, and becomes the monitor."""


def text(agent: Agent) -> str:
    """The property list, as XML."""
    log = str(log_path(agent))
    return plistlib.dumps(
        {
            "Label": agent.name,
            "ProgramArguments": ["/bin/sh", "-c", WITH_FILE, str(agent.env_file), *agent.command],
            "WorkingDirectory": str(agent.root),
            "EnvironmentVariables": dict(agent.variables),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 60,
            "ExitTimeOut": 30,
            "ProcessType": "Background",
            "LowPriorityIO": True,
            "LowPriorityBackgroundIO": True,
            "Nice": 19,
            "StandardOutPath": log,
            "StandardErrorPath": log,
        },
        sort_keys=False,
    ).decode()


def path(agent: Agent) -> Path:
    """Path of the property list."""
    return Path.home() / "Library" / "LaunchAgents" / f"{agent.name}.plist"


def log_path(agent: Agent) -> Path:
    """Path of the monitor's output."""
    return Path.home() / "Library" / "Logs" / "tinyarms" / f"{agent.name}.log"


def why_not() -> str | None:
    """Why launchd cannot be used, or `None`."""
    try:
        reached = ask("launchctl", "print", _domain())
    except ServiceError:
        return "there is no launchctl"
    return None if reached.returncode == 0 else "nobody is logged in on the desktop"


def _domain() -> str:
    return f"gui/{os.getuid()}"


def _target(agent: Agent) -> str:
    return f"{_domain()}/{agent.name}"


def start(agent: Agent) -> None:
    """Load the written property list, now and at each login."""
    log_path(agent).parent.mkdir(parents=True, exist_ok=True)
    stop(agent)
    order("launchctl", "enable", _target(agent))
    order("launchctl", "bootstrap", _domain(), str(path(agent)))


def stop(agent: Agent) -> None:
    """Stop the service. No error if it is not loaded."""
    ask("launchctl", "bootout", _target(agent))


def forget(agent: Agent) -> None:
    """Nothing to do after the property list is removed."""


def state(agent: Agent) -> tuple[bool | None, bool | None, str]:
    """Whether it starts at login, whether it runs, and launchd's own words."""
    try:
        process = ask("launchctl", "print", _target(agent))
    except ServiceError:
        return None, None, "launchctl is not there"
    if process.returncode:
        return False, False, "not loaded"
    lines = (line.strip() for line in process.stdout.splitlines())
    manager_state = next((line for line in lines if line.startswith("state = ")), "state = unknown")
    manager_state = manager_state.removeprefix("state = ")
    return True, manager_state == "running", manager_state


def logs(agent: Agent) -> str:
    """The command that shows the monitor's output."""
    return f"tail -f '{log_path(agent)}'"


def survives_logout(agent: Agent) -> bool:
    """Agents run only while their user is logged in; this cannot be changed."""
    return True
