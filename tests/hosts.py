"""Several daemons, each as on a machine of its own, that share the skills of one database.

Each is a real process with a project folder of its own. Simulated are the names of the machines,
the model, and the clock, which runs faster; the lease and the heartbeat are shorter by as much.
`benchmarks/run.py fleet --only hosts` and `tests/end_to_end/test_hosts.py` kill them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.end_to_end.project import EARLY, MadeUp, text, write_project
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.store.db.database import open_store
from tinyarms.store.db.records import SessionState, TaskRecord

BEGIN = datetime(2026, 1, 1, 9, tzinfo=UTC)
LEASE_S, BEAT_S = 60.0, 15.0
"""Those of the package, in simulated seconds."""
_CONSTANTS = """\
prompt_evolution:
  triggers: {{sample_size: 5, rules: [original]}}
  ab_testing: {{show_probability: 0}}
  smollm2: {{variants_per_evolution: 1}}
  evolution: {{budget: {{calls: {calls}}}, memory: false}}
  cross_skill_learning: false
  notifications: {{desktop: false}}
  searches_at_once: {at_once}
"""


def skill_names(n: int) -> list[str]:
    return [f"s{number:03}" for number in range(n)]


def make_project(root: Path, url: str, skills: int, calls: int, at_once: int) -> Path:
    """A project whose skills have all dropped. Each has a model of its own, so that calls tell
    which skill they are for."""
    write_project(root)
    config = (root / "config.yaml").read_text()
    own = config[config.index("  feeling:") :]
    names = skill_names(skills)
    models = "".join(
        f'  {name}: {{kind: openai, model: {name}, base_url: "http://127.0.0.1:1"}}\n'
        for name in names
    )
    entries = "".join(
        own.replace("feeling:", f"{name}:")
        .replace("feeling.md", f"{name}.md")
        .replace("model: small", f"model: {name}")
        for name in names
    )
    (root / "config.yaml").write_text(f"models:\n{models}\nskills:\n{entries}")
    prompt = (root / "skills" / "feeling.md").read_text()
    (root / "skills" / "feeling.md").unlink()
    for name in names:
        (root / "skills" / f"{name}.md").write_text(prompt)
    rows = map(json.loads, (root / "examples.jsonl").read_text().splitlines())
    kept = [json.dumps(row) + "\n" for row in rows if row["split"] != "test"]
    (root / "examples.jsonl").write_text("".join(kept))
    (root / "config" / "constants.yaml").write_text(_CONSTANTS.format(calls=calls, at_once=at_once))
    context = open_project(root, {"TINYARMS_DATABASE": url}, lambda: BEGIN)
    for name in names:
        active_version(context, name)
    with context.store.unit_of_work() as work:
        for name in names:
            for number in EARLY:
                work.tasks.add(
                    TaskRecord(
                        id=f"{name}-{number}",
                        skill=name,
                        inputs={"text": text(number)},
                        created_at=BEGIN,
                        prompt_version=1,
                        output="good",
                        success=False,
                        outcome_source="feedback",
                    )
                )
    context.close()
    return root


class _Silent(MadeUp):
    slots = 1


@dataclass
class Hosts:
    """Machines that share the skills of the project `template`, whose database is at `url`."""

    template: Path
    url: str
    folder: Path
    """Where the machines are, and the log of calls."""
    speed: float
    """Simulated seconds in a second."""
    delay_s: float
    """Real seconds of a call."""
    began: float = field(default_factory=time.time)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, host: str) -> None:
        """Start the daemon of a machine, which keeps its folder from one start to the next."""
        root = self.folder / host
        if not root.exists():
            shutil.copytree(self.template, root)
        options = {
            "host": host,
            "root": str(root),
            "url": self.url,
            "began": self.began,
            "speed": self.speed,
            "delay_s": self.delay_s,
            "folder": str(self.folder),
        }
        with (self.folder / f"{host}.err").open("ab") as errors:
            self.running[host] = subprocess.Popen(
                [sys.executable, "-m", "tests.hosts", json.dumps(options)],
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )

    def kill(self, host: str) -> None:
        process = self.running.pop(host)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def end(self) -> dict[str, int]:
        """End all by SIGTERM, as systemd does; returns their exit codes."""
        codes = {}
        for process in self.running.values():
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
        for host, process in self.running.items():
            try:
                codes[host] = process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[host] = process.wait()
        self.running.clear()
        return codes

    def calls(self) -> list[Call]:
        """All calls so far, in the order in which they began."""
        made = [Call(*json.loads(line)) for line in _lines(self.folder / "calls")]
        return sorted(made, key=lambda call: call.began)

    def told(self) -> Counter[str]:
        """Event → how often it was told, by all of them."""
        return Counter(_lines(self.folder / "told"))

    def errors(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.err")))


@dataclass(frozen=True)
class Call:
    """A call of a model."""

    skill: str
    process: str
    """Machine and process id."""
    began: float
    """Real seconds."""


def searched_at_once(calls: Sequence[Call]) -> set[str]:
    """The skills that two processes have searched at the same time: calls of one between those of
    another."""
    of_skill = defaultdict[str, list[str]](list)
    for call in calls:
        processes = of_skill[call.skill]
        if not processes or processes[-1] != call.process:
            processes.append(call.process)
    return {skill for skill, turns in of_skill.items() if len(turns) != len(set(turns))}


@dataclass(frozen=True)
class Outcomes:
    """What the database has of the searches."""

    unfinished: tuple[str, ...]
    """Skills whose search has not begun or not ended."""
    twice: tuple[str, ...]
    """Skills with more than one search."""
    results: int
    """How many different variants were found. The skills differ in their names only."""


def outcomes(url: str, skills: int) -> Outcomes:
    store = open_store(url)
    unfinished, twice, results = list[str](), list[str](), set[object]()
    try:
        with store.read() as work:
            for name in skill_names(skills):
                sessions = work.sessions.all(name)
                twice += [name] if len(sessions) > 1 else []
                if not sessions or sessions[0].state in (
                    SessionState.SEARCHING,
                    SessionState.READY,
                ):
                    unfinished.append(name)
                    continue
                variants = work.experiments.variants(sessions[0].id)
                results.add(tuple((v.variant_letter, v.prompt.hash) for v in variants))
    finally:
        store.close()
    return Outcomes(tuple(unfinished), tuple(twice), len(results))


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


# The process of a machine.


def main(options: Mapping[str, Any]) -> None:
    import socket

    from tinyarms.daemon import process
    from tinyarms.daemon.log import open_log
    from tinyarms.loop.project import context as contexts
    from tinyarms.loop.project import heartbeat, leases
    from tinyarms.loop.watching.events import Event

    host, speed, folder = options["host"], options["speed"], Path(options["folder"])
    me = f"{host}:{os.getpid()}"
    socket.gethostname = lambda: host
    leases._machine = lambda: host  # type: ignore[assignment]
    leases.LEASE = timedelta(seconds=LEASE_S / speed)
    heartbeat.BEAT_S = BEAT_S / speed
    setattr(process, "time", SimpleNamespace(sleep=lambda s: time.sleep(s / speed)))  # noqa: B010
    os.nice = lambda n: n

    class Slow(_Silent):
        def __init__(self, skill: str) -> None:
            self.skill = skill

        def complete(self, request: ModelRequest) -> ModelReply:
            _add(folder / "calls", json.dumps([self.skill, me, time.time()]))
            time.sleep(options["delay_s"])
            return super().complete(request)

    def clock() -> datetime:
        return BEGIN + timedelta(seconds=(time.time() - options["began"]) * speed)

    def told(event: Event) -> None:
        _add(folder / "told", event.id)

    contexts.make_model = lambda *_, entry, **__: Slow(entry)  # type: ignore[attr-defined]
    environ = {"TINYARMS_DATABASE": options["url"]}
    context: Context = open_project(Path(options["root"]), environ, clock)
    try:
        with open_log(context.project.root, sys.stderr) as log:
            process.watch_forever(context, log, [told], share=True)
    finally:
        context.close()


def _add(path: Path, line: str) -> None:
    """Append a whole line; several processes do."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
