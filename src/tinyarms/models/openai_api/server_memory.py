"""What was found out about servers, kept in a file for all processes of a user.

The file is a cache: one that is lost, broken or cannot be written costs a few refused calls.
"""

from __future__ import annotations

import contextlib
import json
import math
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from tinyarms.core.text import without_login
from tinyarms.core.user_folders import user_folder
from tinyarms.models.openai_api.dialects import Dialect

REMEMBERED_S = 24 * 3600.0
"""Seconds until a refused feature is tried again. Higher: a server that has been updated is used
fully later. Lower: refused calls come more often."""


@dataclass
class Findings:
    """What was found out about a model of a server. All times are in seconds of Unix time."""

    lacks: dict[str, dict[str, float]] = field(default_factory=dict)
    """Feature → schema (empty: any) → when it was refused."""
    accepted: dict[str, float] = field(default_factory=dict)
    """Feature → when the server last took it for the first time in a day."""
    context_tokens: int | None = None
    """The server's context in tokens, prompt and reply together; `None`: it does not say."""
    context_read_at: float = 0.0
    calls_at_once: int | None = None
    """Most calls that it takes at once; `None`: it does not say."""
    calls_read_at: float = 0.0
    dialect: Dialect | None = None
    """The dialect that its replies have shown."""
    dialect_shown_at: float = 0.0
    vain: int = 0
    """Requests of this process whose refusal no left-out feature explained."""


def memory_file(environ: Mapping[str, str]) -> Path:
    """The file for this user: in the folder `TINYARMS_CACHE`, or the user's cache folder."""
    folder = environ.get("TINYARMS_CACHE")
    return (Path(folder) if folder else user_folder("cache", "tinyarms")) / "servers.json"


class ServerMemory:
    """Findings by server and model. Safe to use from several threads and processes.

    `file`: where they are kept; `None`: only in this process.
    """

    def __init__(self, file: Path | None, now: Callable[[], float] = time.time) -> None:
        self._file = file
        self.now = now
        self.lock = threading.RLock()
        self._findings: dict[tuple[str, str], Findings] = {}

    def of(self, base_url: str, model: str) -> Findings:
        """What is known now, without what is older than a day. Hold the lock while you use it."""
        place = (without_login(base_url), model)
        if place not in self._findings:
            self._findings[place] = _from_json(self._stored().get(_key(place)))
        return _fresh(self._findings[place], self.now() - REMEMBERED_S)

    def keep(self, base_url: str, model: str) -> None:
        """Write what was found out about this model to the file."""
        if self._file is None:
            return
        place = (without_login(base_url), model)
        entry = {**vars(self._findings[place])}
        entry.pop("vain")
        # Where the file cannot be written, the next process finds it out again.
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._file.parent, delete=False) as file:
                json.dump({**self._stored(), _key(place): entry}, file, indent=1)
            Path(file.name).replace(self._file)

    def forget(self) -> None:
        """Forget everything in this process; the file stays."""
        with self.lock:
            self._findings.clear()

    def _stored(self) -> dict[str, Any]:
        if self._file is None:
            return {}
        try:
            entries = json.loads(self._file.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return entries if isinstance(entries, dict) else {}


_MEMORIES: dict[Path | None, ServerMemory] = {}


def shared_memory(file: Path | None) -> ServerMemory:
    """The one memory of this process for a file."""
    return _MEMORIES.setdefault(file, ServerMemory(file))


def forget_servers() -> None:
    """Forget what this process has found out about all servers."""
    for memory in _MEMORIES.values():
        memory.forget()


def _key(place: tuple[str, str]) -> str:
    base_url, model = place
    return f"{model} at {base_url}"


def _fresh(findings: Findings, since: float) -> Findings:
    for schemas in findings.lacks.values():
        for schema in [schema for schema, at in schemas.items() if at <= since]:
            del schemas[schema]
    for feature in [feature for feature, at in findings.accepted.items() if at <= since]:
        del findings.accepted[feature]
    if findings.context_read_at <= since:
        findings.context_tokens, findings.context_read_at = None, 0.0
    if findings.calls_read_at <= since:
        findings.calls_at_once, findings.calls_read_at = None, 0.0
    if findings.dialect_shown_at <= since:
        findings.dialect, findings.dialect_shown_at = None, 0.0
    return findings


def _from_json(entry: Any) -> Findings:
    """Findings as they were stored; what has another form is not known."""
    if not isinstance(entry, dict):
        return Findings()
    lacks = entry.get("lacks")
    lacks = lacks if isinstance(lacks, dict) else {}
    dialect = entry.get("dialect")
    names = ("context_read_at", "calls_read_at", "dialect_shown_at")
    times = _times({name: entry.get(name) for name in names})
    return Findings(
        lacks={feature: _times(schemas) for feature, schemas in lacks.items()},
        accepted=_times(entry.get("accepted")),
        context_tokens=_number(entry.get("context_tokens")),
        context_read_at=times.get("context_read_at", 0.0),
        calls_at_once=_number(entry.get("calls_at_once")),
        calls_read_at=times.get("calls_read_at", 0.0),
        dialect=dialect if dialect in get_args(Dialect) else None,
        dialect_shown_at=times.get("dialect_shown_at", 0.0),
    )


def _number(value: Any) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and value > 0 else None


def _times(value: Any) -> dict[str, float]:
    """The entries that are times of the past; a wrong clock may have written others."""
    if not isinstance(value, dict):
        return {}
    times = {key: at for key, at in value.items() if isinstance(at, (int, float))}
    return {key: float(at) for key, at in times.items() if math.isfinite(at) and at <= time.time()}
