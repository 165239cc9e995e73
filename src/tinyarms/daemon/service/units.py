"""`tinyarms monitor` as a user service: a systemd user unit or a launchd agent."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from tinyarms.core.errors import ServiceError, StoreError
from tinyarms.daemon.log import LOG
from tinyarms.daemon.service import launchd, systemd
from tinyarms.daemon.service.agent import Agent, agent_of, crontab_line
from tinyarms.loop.project.config_files import ProjectSettings
from tinyarms.loop.project.files import write_file

Kind = Literal["systemd", "launchd"]


class _Manager(Protocol):
    """The functions of the modules `systemd` and `launchd`."""

    def text(self, agent: Agent) -> str: ...
    def path(self, agent: Agent) -> Path: ...
    def why_not(self) -> str | None: ...
    def start(self, agent: Agent) -> None: ...
    def stop(self, agent: Agent) -> None: ...
    def forget(self, agent: Agent) -> None: ...
    def state(self, agent: Agent) -> tuple[bool | None, bool | None, str]: ...
    def logs(self, agent: Agent) -> str: ...
    def survives_logout(self, agent: Agent) -> bool: ...


_MANAGERS: dict[Kind, _Manager] = {"systemd": systemd, "launchd": launchd}


@dataclass(frozen=True)
class UnitStatus:
    """The service of one project, as its manager sees it."""

    kind: Kind
    """The service manager."""
    name: str
    """Name of the unit or agent."""
    path: Path
    """Its file."""
    enabled: bool | None
    """Whether it starts by itself at login; `None`: the manager cannot be asked."""
    active: bool | None
    """Whether it runs; `None`: the manager cannot be asked."""
    manager_state: str
    """The manager's own words, e.g. `active (running)`."""
    up_to_date: bool
    """Whether its file equals the one that `install` would write now."""
    survives_logout: bool
    """Whether it runs on while its user is logged out."""
    log: Path
    """The daemon's own log file."""
    logs: str
    """The command that shows its output from before its log was open."""
    env_file: Path
    """File that may hold `KEY=value` lines, such as the keys of models."""
    missing: tuple[str, ...] = ()
    """Environment variables that the project's models need and that `env_file` does not set."""


def usual_kind() -> Kind:
    """The usual service manager of this operating system, if any."""
    return "launchd" if sys.platform == "darwin" else "systemd"


def unit_text(root: Path, environ: Mapping[str, str] = os.environ) -> str:
    """The text that `install` writes. Raises `ServiceError` if it cannot contain a path."""
    return _MANAGERS[usual_kind()].text(agent_of(root, environ))


def cron_instead(root: Path, environ: Mapping[str, str] = os.environ) -> str:
    """The crontab line for a machine without a supported manager."""
    return crontab_line(agent_of(root, environ))


def why_no_manager() -> str | None:
    """Why nothing can be installed here, or `None`."""
    return _MANAGERS[usual_kind()].why_not()


def install(project: ProjectSettings, environ: Mapping[str, str] = os.environ) -> UnitStatus:
    """Write the service's file and start it, now and at each login. Safe to repeat.

    Raises `ServiceError` if the manager refuses, `StoreError` if the file cannot be written.
    """
    kind = usual_kind()
    agent, manager = agent_of(project.folder, environ), _MANAGERS[kind]
    write_file(manager.path(agent), manager.text(agent))
    manager.start(agent)
    return _status(kind, agent, _missing(project, environ, agent))


def uninstall(root: Path, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Stop and remove the service; returns the path of its former file, or `None`.

    The user's own `env_file` stays. Raises `StoreError` if the file cannot be removed.
    """
    agent = agent_of(root, environ)
    manager = _MANAGERS[usual_kind()]
    path = manager.path(agent)
    if not path.exists():
        return None
    if manager.why_not() is None:
        manager.stop(agent)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be removed: {error.strerror}.") from error
    manager.forget(agent)
    return path


def installed(root: Path, environ: Mapping[str, str] = os.environ) -> UnitStatus | None:
    """The service of the project in `root`, or `None` if it is not installed."""
    kind = usual_kind()
    try:
        agent = agent_of(root, environ)
    except ServiceError:
        return None
    return _status(kind, agent) if _MANAGERS[kind].path(agent).exists() else None


def _status(kind: Kind, agent: Agent, missing: tuple[str, ...] = ()) -> UnitStatus:
    manager = _MANAGERS[kind]
    enabled, active, manager_state = manager.state(agent)
    path = manager.path(agent)
    return UnitStatus(
        kind=kind,
        name=agent.name,
        path=path,
        enabled=enabled,
        active=active,
        manager_state=manager_state,
        up_to_date=path.read_bytes() == manager.text(agent).encode(),
        survives_logout=manager.survives_logout(agent),
        log=agent.root / LOG,
        logs=manager.logs(agent),
        env_file=agent.env_file,
        missing=missing,
    )


def missing_variables(
    project: ProjectSettings, environ: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """Environment variables that the project's models need and its service would not get."""
    return _missing(project, environ, agent_of(project.folder, environ))


def _missing(project: ProjectSettings, environ: Mapping[str, str], agent: Agent) -> tuple[str, ...]:
    needed = list(project.key_variables)
    if environ.get("TINYARMS_DATABASE"):
        needed.append("TINYARMS_DATABASE")
    try:
        lines = agent.env_file.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    present_keys = {line.partition("=")[0].strip() for line in lines}
    return tuple(key for key in dict.fromkeys(needed) if key not in present_keys)
