"""The monitor as a systemd user unit: systemd.service(5), systemd.exec(5), systemd.syntax(7)."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from subprocess import CompletedProcess

from tinyarms.core.errors import ServiceError
from tinyarms.core.user_folders import user_folder
from tinyarms.daemon.service.agent import Agent, ask, order

LINGERING = Path("/var/lib/systemd/linger")
UNIT = """\
# Written by `tinyarms monitor install`, which overwrites it. For changes: systemctl --user edit
[Unit]
Description=tinyArms monitor of {root}

[Service]
Type=exec
ExecStart={command}
WorkingDirectory={root}
{environment}
EnvironmentFile=-{env_file}
Restart=on-failure
RestartSec=60
RestartPreventExitStatus=2
KillMode=mixed
KillSignal=SIGTERM
SuccessExitStatus=130 143
TimeoutStopSec=30

Nice=19
CPUSchedulingPolicy=idle
IOSchedulingClass=idle

NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=default.target
"""


def text(agent: Agent) -> str:
    """The unit file."""
    program, *arguments = agent.command
    # The colon turns off the expansion of dollar signs in the command.
    command = " ".join(_quoted(word) for word in (f":{program}", *arguments))
    variables = agent.variables.items()
    return UNIT.format(
        root=_percent(str(agent.root)),
        command=command,
        environment="\n".join(
            f"Environment={_quoted(f'{key}={value}')}" for key, value in variables
        ),
        env_file=_percent(str(agent.env_file)),
    )


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_percent(escaped)}"'


def _percent(word: str) -> str:
    """`%` begins a specifier, in quotes and in bare paths."""
    return word.replace("%", "%%")


def path(agent: Agent) -> Path:
    """Path of the unit file."""
    return user_folder("config", "systemd") / "user" / _unit(agent)


def _unit(agent: Agent) -> str:
    return f"{agent.name}.service"


def why_not() -> str | None:
    """Why the systemd user manager cannot be used, or `None`."""
    try:
        reached = _systemctl("show", "--property=Version")
    except ServiceError:
        return "there is no systemctl"
    if reached.returncode == 0:
        return None
    return "systemctl --user: " + (" ".join(reached.stderr.split()) or "no answer").rstrip(".")


def _systemctl(*words: str) -> CompletedProcess[str]:
    return ask("systemctl", "--user", *words)


def start(agent: Agent) -> None:
    """Start the written unit, now and at each login."""
    order("systemctl", "--user", "daemon-reload")
    order("systemctl", "--user", "enable", "--quiet", _unit(agent))
    order("systemctl", "--user", "restart", _unit(agent))


def stop(agent: Agent) -> None:
    """Stop and disable the service; its file stays. No error if it is not loaded."""
    _systemctl("disable", "--quiet", "--now", _unit(agent))


def forget(agent: Agent) -> None:
    """Clean up after the unit file is removed."""
    (path(agent).parent / "default.target.wants" / _unit(agent)).unlink(missing_ok=True)
    _systemctl("daemon-reload")
    _systemctl("reset-failed", _unit(agent))


def state(agent: Agent) -> tuple[bool | None, bool | None, str]:
    """Whether it starts at login, whether it runs, and the manager's own words."""
    properties = ("UnitFileState", "ActiveState", "SubState", "Result")
    try:
        process = _systemctl("show", f"--property={','.join(properties)}", _unit(agent))
    except ServiceError:
        return None, None, "systemctl is not there"
    if process.returncode:
        return None, None, "the systemd user manager cannot be reached"
    values = dict(line.split("=", 1) for line in process.stdout.splitlines() if "=" in line)
    manager_state = f"{values['ActiveState']} ({values['SubState']})"
    if values["Result"] != "success":
        manager_state += f", {values['Result']}"
    return values["UnitFileState"] == "enabled", values["ActiveState"] == "active", manager_state


def logs(agent: Agent) -> str:
    """The command that shows the monitor's output."""
    return f"journalctl --user --unit {agent.name}"


def survives_logout(agent: Agent) -> bool:
    """Whether the user's services run while the user is logged out (`loginctl enable-linger`)."""
    return (LINGERING / pwd.getpwuid(os.getuid()).pw_name).exists()
