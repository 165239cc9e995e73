"""Commands that are killed by SIGKILL at random moments and run again.

The killed processes are real ones that run the real program, forked after its imports (see
`forks`). Moments are drawn by the clock, from outside, and by the process's calls to the database
and to files: there a kill does most harm, and these moments are the same on every machine. The
tests use a few moments of each kind, the benchmark `kills` all of them.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.end_to_end.project import ASKED, BUDGET, SKILL, deciding_votes, evolve, run_all
from tests.forks import CALLS, COUNTED, REQUESTS, Ended, Processes, whoever_released
from tinyarms.skills.prompt_file import parse_prompt_file
from tinyarms.store.project.config import load_project

SEED = 20240915
MOMENTS: Mapping[str, Mapping[str, int]] = {
    "evolve": {"clock": 30, "database": 20},
    "vote": {"clock": 20, "database": 15, "files": 15},
    "promote": {"clock": 20, "database": 15, "files": 15},
}
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?)?")
_RELEASE = 'INSERT INTO "promotion_intents"'
_ID = re.compile(r"\b[0-9a-f]{32}\b")
_LEASE = re.compile(r"""(INSERT INTO "leases" .*,)\d+(?=\);)""")
"""The token of a lease."""


Seen = Callable[[Path], list[str]]


@dataclass(frozen=True)
class Moment:
    """When to kill: at this share of the usual time, or of the usual number of calls."""

    kind: str
    share: float

    def __str__(self) -> str:
        return f"{self.kind} {self.share:.3f}"


@dataclass(frozen=True)
class Scene:
    """A project before a command, the command, and how it usually goes."""

    before: Path
    words: tuple[str, ...]
    seconds: float
    calls: Mapping[str, int]
    """Kind → how often a run enters or leaves a function of the kind."""
    requests: int
    """Made to the model."""
    after: Path
    seen: Seen | None = None
    """What is compared of a project; `None`: `everything`."""

    def is_as_after(self, root: Path) -> bool:
        """Whether a project is as it is after the command."""
        seen = self.seen or everything
        assert seen(root) == seen(self.after)  # shows what differs
        return True


def live_test(recorded: Path, folder: Path) -> Path:
    """The recorded project in its live test, with ballots that wait."""
    root = Path(shutil.copytree(recorded, folder / "project"))
    evolve(root)
    run_all(root, ASKED)
    return root


def votes_of(asked: Path, folder: Path) -> list[tuple[str, ...]]:
    """The commands that give the votes; the last one's decides."""
    root = Path(shutil.copytree(asked, folder / "project"))
    answers = [
        ("--ballot", ballot, "--choice", letter, "--vote-id", f"vote-{number}")
        for number, (ballot, letter) in enumerate(deciding_votes(root))
    ]
    return [("prompt", "vote", SKILL, *answer, "--json") for answer in answers]


def make_scenes(
    recorded: Path,
    asked: Path,
    votes: list[tuple[str, ...]],
    processes: Processes,
    folder: Path,
    seen: Seen | None = None,
) -> dict[str, Scene]:
    """Command → how it goes when nobody kills it."""
    almost = processes.copy(asked, folder / "almost" / "project")
    for words in votes[:-1]:
        assert processes(almost, *words).code == 0
    commands = {
        "evolve": (recorded, ("prompt", "evolve", SKILL, "--budget", str(BUDGET), "--json")),
        "vote": (almost, votes[-1]),
        "promote": (asked, ("prompt", "promote", SKILL, "A", "--json")),
    }
    return {
        name: undisturbed(before, words, processes, folder / name, seen)
        for name, (before, words) in commands.items()
    }


def undisturbed(
    before: Path,
    words: tuple[str, ...],
    processes: Processes,
    folder: Path,
    seen: Seen | None = None,
) -> Scene:
    calls = {}
    for kind in COUNTED:
        root = processes.copy(before, folder / kind / "project")
        assert processes(root, *words, **processes.at(kind, 0)).code == 0
        calls[kind] = int((root.parent / CALLS).read_text())
    root = processes.copy(before, folder / "clock" / "project")
    ended = processes(root, *words)
    assert (ended.code, ended.acknowledged) == (0, True)
    return Scene(before, words, ended.seconds, calls, requests(root), root, seen)


def requests(root: Path) -> int:
    made = root.parent / REQUESTS
    return made.stat().st_size if made.exists() else 0


def everything(root: Path) -> list[str]:
    """All rows and files; times are left out, and ids are numbered as they come.

    Whether a release was carried out by the process that decided on it is left out too, and how
    often a lease was taken: that is all in which a killed command may differ.
    """
    with closing(sqlite3.connect(root / "tinyarms.db")) as database:
        lines = [
            whoever_released(line) if _RELEASE in line else line for line in database.iterdump()
        ]
    files = [root / "config.yaml", *sorted((root / "skills").glob("*.md"))]
    lines += [line for file in files for line in (file.name, *file.read_text().split("\n"))]
    ids: dict[str, str] = {}
    timeless = (_TIME.sub("TIME", _LEASE.sub(r"\1TOKEN", line)) for line in lines)
    return [_ID.sub(lambda m: ids.setdefault(m[0], f"#{len(ids)}"), line) for line in timeless]


def killed_at(
    moment: Moment, scene: Scene, processes: Processes, folder: Path
) -> tuple[Path, Ended]:
    """The project that the killed process leaves behind."""
    share, usual = moment.share, scene.seconds
    while True:
        root = processes.copy(scene.before, folder / f"{share}" / "project")
        if moment.kind == "clock":
            ended = processes(root, *scene.words, after_s=share * usual)
        else:
            call = 1 + int(share * scene.calls[moment.kind])
            ended = processes(root, *scene.words, **processes.at(moment.kind, call))
        if ended.killed:
            return root, ended
        # It was faster than usual.
        share, usual = 0.95 * share, ended.seconds


def assert_whole(root: Path, scene: Scene, when: str) -> None:
    """No file is in pieces: each is as before the command or as after it."""
    allowed = [files(scene.before), files(scene.after)]
    for name, content in files(root).items():
        assert content in [each.get(name) for each in allowed], f"{name} {when}"
    load_project(root)
    for file in (root / "skills").glob("*.md"):
        parse_prompt_file(file.read_text(), str(file))
    if (root / "tinyarms.db").exists():
        with closing(sqlite3.connect(root / "tinyarms.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)], when


def files(root: Path) -> dict[str, str]:
    """What people see, and the copies that serve without the database; times are left out."""
    return {
        str(file.relative_to(root)): _TIME.sub("TIME", file.read_text(encoding="latin-1"))
        for file in sorted(root.rglob("*"))
        if file.is_file() and not file.name.startswith((".", "tinyarms.db"))
    }


def rows(root: Path, query: str) -> list[Any]:
    if not (root / "tinyarms.db").exists():
        return []
    with closing(sqlite3.connect(root / "tinyarms.db")) as database:
        there = database.execute("SELECT name FROM sqlite_master").fetchall()
        return database.execute(query).fetchall() if there else []


def assert_ends_the_same(
    name: str, root: Path, ended: Ended, scene: Scene, run: Run, when: str
) -> None:
    """Whatever a killed process has left behind: the command, given again, finishes the job."""
    assert_whole(root, scene, when)
    FINISH[name](root, ended, scene, run, when)
    assert_whole(root, scene, when)
    assert scene.is_as_after(root), when


def finish_evolve(root: Path, ended: Ended, scene: Scene, run: Run, when: str) -> None:
    over = rows(root, "SELECT * FROM prompt_evolution_sessions WHERE stage = 'testing'") != []
    assert over or not ended.acknowledged, when
    again = run(root, *scene.words)
    assert again.code == (1 if over else 0), f"{again.stderr} {when}"
    assert ("A live test of feeling is open" in again.stderr) == over, when


def finish_vote(root: Path, ended: Ended, scene: Scene, run: Run, when: str) -> None:
    vote = scene.words[scene.words.index("--vote-id") + 1]
    stored = rows(root, f"SELECT * FROM votes WHERE id = '{vote}'")
    assert len(stored) == 1 or not ended.acknowledged, when
    again = run(root, *scene.words)
    assert again.code == 0, f"{again.stderr} {when}"
    said = json.loads(again.stdout)
    assert (said["accepted"], said["counted"], said["promoted_version"]) == (True, True, 2), when


def finish_promote(root: Path, ended: Ended, scene: Scene, run: Run, when: str) -> None:
    """By whatever command comes next, if the intent is stored; else by the command again."""
    stored = rows(root, "SELECT * FROM promotion_intents") != []
    assert stored or not ended.acknowledged, when
    if stored:
        assert run(root, "prompt", "history", SKILL).code == 0, when
        assert scene.is_as_after(root), when
    again = run(root, *scene.words)
    assert again.code == (1 if stored else 0), f"{again.stderr} {when}"
    assert ("is in production already" in again.stderr) == stored, when


Run = Callable[..., Ended]
FINISH: Mapping[str, Callable[[Path, Ended, Scene, Run, str], None]] = {
    "evolve": finish_evolve,
    "vote": finish_vote,
    "promote": finish_promote,
}


def moments(
    most: int | None = None,
    numbers: Mapping[str, Mapping[str, int]] = MOMENTS,
    seed: int = SEED,
) -> list[tuple[str, Moment]]:
    """In each part of a command's time one, at random; `most`: so many for each way to kill."""
    rng = random.Random(seed)
    return [
        (name, Moment(kind, (part + rng.random()) / count))
        for name, kinds in numbers.items()
        for kind, full in kinds.items()
        for count in [full if most is None else min(full, most)]
        for part in range(count)
    ]


def kill_and_run_again(
    name: str, moment: Moment, scene: Scene, processes: Processes, folder: Path
) -> None:
    """Kill the command at the moment and give it again. Raises `AssertionError` if it does not
    end as it would have."""
    root, ended = killed_at(moment, scene, processes, folder)
    when = f"(killed after {ended.seconds:.3f} s)"
    assert_ends_the_same(name, root, ended, scene, processes, when)
    if name == "evolve":
        # The request that was under way is asked again: its reply was lost with the process.
        assert scene.requests <= requests(root) <= scene.requests + 1, when
