"""`tinyarms monitor install` and `uninstall`: the monitor as a user service."""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, say, say_exactly
from tinyarms.cli.shared import json_option
from tinyarms.core.errors import ServiceError
from tinyarms.daemon.service import units
from tinyarms.daemon.service.units import UnitStatus
from tinyarms.loop.project.config_files import find_root, read_settings


@click.command(short_help="Run the monitor as a service.")
@click.option("--print", "show", is_flag=True, help="Print the unit file and change nothing.")
@json_option
def install(show: bool, as_json: bool) -> None:
    """Install the monitor as a systemd user unit or launchd agent, at idle priority.

    Install it once for each project. Installing again is safe: the unit is rewritten and the
    service restarted.
    """
    project = read_settings()
    if show:
        text = units.unit_text(project.folder)
        if as_json:
            emit("monitor install", {"unit": text})
        else:
            say_exactly(text, end="")
        return
    if reason := units.why_no_manager():
        line = units.cron_instead(project.folder)
        if as_json:
            emit("monitor install", {"crontab": line})
        else:
            say_exactly(line)
        raise ServiceError(
            f"Nothing was installed: {reason}.",
            "Use cron: add the line on stdout (monitor --once --evolve) with `crontab -e`.",
        )
    status = units.install(project)
    if as_json:
        emit("monitor install", status)
    else:
        _say_installed(status)


def _say_installed(status: UnitStatus) -> None:
    what = "systemd user unit" if status.kind == "systemd" else "launchd agent"
    say(f"Installed the {what} {status.name}: {status.manager_state}.")
    say(f"  Unit: {status.path}")
    say(f"  Log: {status.log}. If it does not start: {status.logs}")
    say("  It starts at login. To remove it: tinyarms monitor uninstall")
    if not status.survives_logout:
        say("It stops when you log out. To keep it running: loginctl enable-linger")
    if status.missing:
        say(
            f"It does not see your shell's variables. Write {', '.join(status.missing)} as "
            f"KEY=value lines into {status.env_file} (chmod 600), then install again."
        )


@click.command(short_help="Stop and remove the service.")
@json_option
def uninstall(as_json: bool) -> None:
    """Stop the project's monitor and remove its unit. Running it again is safe."""
    path = units.uninstall(find_root())
    if as_json:
        emit("monitor uninstall", {"removed": path})
    elif path is None:
        say("Nothing is installed for this project.")
    else:
        say(f"Stopped and removed {path}.")
