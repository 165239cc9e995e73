"""Check the monitor's service, for `tinyarms doctor`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from tinyarms.core.errors import ConfigError
from tinyarms.daemon.service.units import installed, missing_variables
from tinyarms.loop.diagnosing.finding import DoctorFinding, checked
from tinyarms.loop.project.config_files import read_settings


def service_findings(root: Path, environ: Mapping[str, str]) -> list[DoctorFinding]:
    """Whether the service of the project in `root`, if it is installed, runs and can work."""
    return checked("service", "the service", _findings(root, environ))


def _findings(root: Path, environ: Mapping[str, str]) -> Iterator[DoctorFinding]:
    service = installed(root, environ)
    if service is None:
        yield DoctorFinding("service", "ok", "No service is installed.")
        return
    if service.active is None:
        yield DoctorFinding(
            "service",
            "warning",
            f"Its manager cannot be asked: {service.manager_state}.",
            service.name,
            f"Log in to a desktop or by ssh, then look: {service.logs}",
        )
    elif not service.active:
        yield DoctorFinding(
            "service",
            "error",
            f"It is installed but does not run: {service.manager_state}.",
            service.name,
            f"Its output: {service.logs}. Start it: tinyarms monitor install",
        )
    if service.enabled is False:
        what = "It does not start at login."
        remedy = "tinyarms monitor install"
        yield DoctorFinding("service", "warning", what, service.name, remedy)
    if not service.up_to_date:
        what = "Its file is of an earlier version, or was edited."
        remedy = "tinyarms monitor install"
        yield DoctorFinding("service", "warning", what, service.name, remedy)
    missing = _missing(root, environ)
    if missing:
        yield DoctorFinding(
            "service",
            "error",
            f"It does not see {', '.join(missing)}.",
            service.name,
            f"Write KEY=value lines into {service.env_file} (chmod 600), then: tinyarms monitor "
            "install",
        )
    yield DoctorFinding("service", "ok", f"{service.name}: {service.manager_state}.")


def _missing(root: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Variables that it needs and does not get; none if the config cannot be read."""
    try:
        project = read_settings(root, {"TINYARMS_HOME": str(root)})
    except ConfigError:
        return ()
    return missing_variables(project, environ)
