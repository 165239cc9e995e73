"""The story is killed by SIGKILL at random moments, and restarted after each.

It leaves the same events, files and votes as an uninterrupted story: every row and every file,
including times, because the clock is simulated. The processes are real ones (see `forks`).
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.forks import DATABASE, FILES, Ended, Processes, whoever_released

pytestmark = pytest.mark.slow

SEED = 20261122
KILLS = 100
_LONG_S = 3600.0
_STARTS_S = 0.5
"""About how long a process takes before it goes on with the story."""


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes("tests.end_to_end.story") as server:
        yield server


def live(processes: Processes, folder: Path, **when: Any) -> Ended:
    folder.parent.mkdir(parents=True, exist_ok=True)
    words = ("demo", "--year", "--seed", "1", "--folder", folder.name)
    return processes(folder.parent, *words, **{"after_s": _LONG_S, **when})


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


def moment(rng: random.Random, usual_s: float) -> dict[str, Any]:
    """When to kill, from the start of the process: on average after less than a hundredth of
    the story, so that one story takes most of the kills."""
    match rng.choice(("clock", "clock", "clock", "database", "files")):
        case "database":
            return {"at_call": rng.randrange(1, 3000), "calls": DATABASE}
        case "files":
            return {"at_call": rng.randrange(1, 150), "calls": FILES}
    return {"after_s": _STARTS_S + rng.expovariate(1.3 * KILLS / usual_s)}


def test_killed_at_a_hundred_moments_it_is_the_same_story(
    processes: Processes, tmp_path: Path
) -> None:
    undisturbed = live(processes, tmp_path / "undisturbed" / "demo")
    expected, told = result(undisturbed), undisturbed.stdout
    assert expected["promotions"] >= 3
    assert sum(change["noticed_at"] is not None for change in expected["changes"]) >= 3
    all_rows = rows(tmp_path / "undisturbed" / "demo")
    all_files = files(tmp_path / "undisturbed" / "demo")

    rng, kills, story = random.Random(SEED), 0, 0
    while True:
        folder, heard = tmp_path / f"{story}" / "demo", ""
        ended = None
        while ended is None or ended.killed:
            when = moment(rng, undisturbed.seconds) if kills < KILLS else {}
            ended = live(processes, folder, **when)
            heard += ended.stdout
            kills += ended.killed
        assert result(ended) == expected
        assert files(folder) == all_files
        assert differences(all_rows, rows(folder)) == []
        happened = [line for line in told.partition("\nTHE YEAR")[0].splitlines() if "  " in line]
        assert [line for line in happened if line not in heard] == []
        if kills >= KILLS:
            return
        story += 1
