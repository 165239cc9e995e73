"""The story is killed by SIGKILL at random moments, and restarted after each.

The processes are real ones (see `forks`). The test kills a few times, the benchmark `kills` often.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forks import DATABASE, FILES, Ended, Processes, whoever_released

SEED = 20261122
SERVER = "tests.end_to_end.story"
_LONG_S = 3600.0
_STARTS_S = 0.5
"""About how long a process takes before it goes on with the story."""


@dataclass(frozen=True)
class Story:
    """A story that nobody disturbed."""

    seconds: float
    result: dict[str, Any]
    told: str
    rows: dict[str, list[str]]
    files: dict[str, str]


@dataclass(frozen=True)
class KilledStory:
    """A story that was lived to its end by one process after the other."""

    folder: Path
    kills: int
    last: Ended
    told: str


def live(processes: Processes, folder: Path, **when: Any) -> Ended:
    folder.parent.mkdir(parents=True, exist_ok=True)
    words = ("demo", "--year", "--seed", "1", "--folder", folder.name)
    return processes(folder.parent, *words, **{"after_s": _LONG_S, **when})


def undisturbed(processes: Processes, folder: Path) -> Story:
    """One in which enough happens. Raises `AssertionError` if it does not."""
    ended = live(processes, folder)
    found = result(ended)
    assert found["promotions"] >= 3
    assert sum(change["noticed_at"] is not None for change in found["changes"]) >= 3
    return Story(ended.seconds, found, ended.stdout, rows(folder), files(folder))


def killed_stories(
    processes: Processes, story: Story, folder: Path, kills: int
) -> Iterator[KilledStory]:
    """The same story, until it was killed so often: mostly once, else again and again."""
    rng, number = random.Random(SEED), 0
    mean_s = story.seconds / (1.3 * kills)
    while kills > 0:
        killed = _killed_story(processes, folder / f"{number}" / "demo", rng, kills, mean_s)
        yield killed
        kills, number = kills - killed.kills, number + 1


def _killed_story(
    processes: Processes, folder: Path, rng: random.Random, most: int, mean_s: float
) -> KilledStory:
    """`mean_s`: from the start of a process to its kill, if the clock says when."""
    kills, heard = 0, ""
    while True:
        when = moment(rng, mean_s) if kills < most else {}
        ended = live(processes, folder, **when)
        heard += ended.stdout
        if not ended.killed:
            return KilledStory(folder, kills, ended, heard)
        kills += 1


def assert_the_same(story: Story, killed: KilledStory) -> None:
    """Every row and every file, including times, because the clock is simulated; and whatever one
    of them told, the other has told too."""
    assert result(killed.last) == story.result
    assert files(killed.folder) == story.files
    assert differences(story.rows, rows(killed.folder)) == []
    happened = [line for line in story.told.partition("\nTHE YEAR")[0].splitlines() if "  " in line]
    assert [line for line in happened if line not in killed.told] == []


def moment(rng: random.Random, mean_s: float) -> dict[str, Any]:
    """When to kill, from the start of the process."""
    match rng.choice(("clock", "clock", "clock", "database", "files")):
        case "database":
            return {"at_call": rng.randrange(1, 3000), "calls": DATABASE}
        case "files":
            return {"at_call": rng.randrange(1, 150), "calls": FILES}
    return {"after_s": _STARTS_S + rng.expovariate(1 / mean_s)}


def rows(folder: Path) -> dict[str, list[str]]:
    """Of all tables, without the numbers that only order rows, and who holds what just now."""
    with closing(sqlite3.connect(folder / "tinyarms.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {}
        for (table,) in tables:
            if table in ("leases", "sqlite_sequence"):
                continue
            read = database.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in read.description]
            kept = [place for place, name in enumerate(names) if name != "sequence"]
            texts = (repr([row[place] for place in kept]) for row in read)
            is_release = table == "promotion_intents"
            found[table] = sorted(whoever_released(t) if is_release else t for t in texts)
    return found


def differences(one: dict[str, list[str]], other: dict[str, list[str]]) -> list[str]:
    """The rows that only one of them has, so that a failure says at once what is wrong."""
    return [
        f"{sign} {table} {row}"
        for table in one.keys() | other.keys()
        for sign, more, less in (("-", one, other), ("+", other, one))
        for row in (Counter(more.get(table, [])) - Counter(less.get(table, []))).elements()
    ]


def files(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.startswith((".", "tinyarms.db"))
    }


def result(ended: Ended) -> dict[str, Any]:
    assert ended.code == 0, ended.stderr[-2000:]
    said: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return {key: value for key, value in said.items() if key != "seconds"}
