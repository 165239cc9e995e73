"""The description of a project's monitor for any service manager."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tinyarms.core.errors import ServiceError
from tinyarms.core.user_folders import user_folder

COPIED = ("PYTHONPATH", "TINYARMS_MODELS", "XDG_DATA_HOME")
"""Variables that contain locations and no secrets; they are copied to the service."""
SHORT = 32
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Agent:
    """One project's monitor as a service. All paths are absolute."""

    root: Path
    name: str
    """Name from the folder's name and a hash of its path: `tinyarms-notes-1a2b3c4d`."""
    variables: Mapping[str, str]
    env_file: Path
    """Optional file for the user's `KEY=value` lines, such as the models' keys."""

    @property
    def command(self) -> tuple[str, ...]:
        """`-P`: a module in the project's folder must not shadow a library."""
        return (sys.executable, "-P", "-m", "tinyarms.cli.main", "monitor")


def agent_of(root: Path, environ: Mapping[str, str]) -> Agent:
    """The agent of the project in `root`.

    Raises `ServiceError` if a path or variable has characters that unit files cannot contain.
    """
    root = root.absolute()
    slug = re.sub("[^a-z0-9]+", "-", root.name.lower()).strip("-")[:SHORT].strip("-")
    digest = sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    name = "-".join(part for part in ("tinyarms", slug, digest) if part)
    variables = {"TINYARMS_HOME": str(root)}
    variables |= {key: _absolute(key, environ[key]) for key in COPIED if environ.get(key)}
    env_file = user_folder("config", "tinyarms") / f"{name}.env"
    for text in (*variables.values(), sys.executable, str(env_file)):
        _check(text)
    return Agent(root, name, variables, env_file)


def _absolute(key: str, value: str) -> str:
    paths = value.split(os.pathsep) if key == "PYTHONPATH" else [value]
    return os.pathsep.join(str(Path(path).absolute()) for path in paths)


def _check(text: str) -> None:
    """Refuse text that cannot be one line of UTF-8."""
    odd = any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text)
    if odd or text != text.strip() or text.endswith("\\"):
        raise ServiceError(
            f"A unit file cannot contain {text!a}.",
            "Rename it: no control characters, and no space or backslash at its end.",
        )


def crontab_line(agent: Agent) -> str:
    """The crontab line for a check every half hour. In a crontab, `%` ends the command."""
    variables = (f"{key}={shlex.quote(value)}" for key, value in agent.variables.items())
    command = shlex.join((*agent.command, "--once", "--evolve"))
    words = (f"cd {shlex.quote(str(agent.root))} &&", "env", *variables, "nice -n 19", command)
    return "*/30 * * * * " + " ".join(words).replace("%", "\\%")


def ask(*words: str) -> subprocess.CompletedProcess[str]:
    """Run one of the manager's programs; the caller checks whether it failed.

    Raises `ServiceError` if it is missing or does not answer.
    """
    try:
        return subprocess.run(
            words, capture_output=True, text=True, errors="replace", timeout=PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceError(f"{shlex.join(words)}: {error}.") from error


def order(*words: str) -> None:
    """Run one of the manager's programs. Raises `ServiceError` if it fails."""
    process = ask(*words)
    if process.returncode:
        output = " ".join((process.stderr or process.stdout).split())
        reason = output or f"exit code {process.returncode}"
        raise ServiceError(f"{shlex.join(words)} failed: {reason}")
