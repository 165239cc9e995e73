"""Damaged database files: bytes, pages, headers and lengths changed at random.

Each file is that of a project in a live test, changed by a generator whose seed is the number of
the file. The project is opened and a task is asked, as a new process does it; then the last backup
is restored, and database and files must agree. A refusal in our words is no crash, but its task is
not served.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.broken_disks.checks import faults
from tests.loop.conftest import make_new_project, make_testing_project
from tests.loop.place import LABELS, SKILL, Place, text

from bars import Bar, table
from tinyarms.core.errors import TinyArmsError
from tinyarms.loop.housekeeping.database import back_up_database, restore_database
from tinyarms.loop.serving.tasks import run as run_task

FILES = 1_000
"""Number of changed files."""
RESTORE_S = 5.0
"""Longest time in seconds for a restore."""
_PAGE = 4096


@dataclass(frozen=True)
class Outcome:
    """What became of a project with a changed file."""

    kind: str
    """How the file was changed."""
    served: bool
    crash: str
    """An exception that is not ours; empty: none."""
    restored_s: float
    """Seconds that the restore took."""
    faults: Sequence[str]
    """What is wrong after the restore."""


def outcome(project: Path, root: Path, number: int) -> Outcome:
    """Change the project's database by the seed `number`, use it, and restore it."""
    rng = random.Random(number)
    shutil.copytree(project, root)
    database = root / "tinyarms.db"
    kind = rng.choice(list(_CHANGES))
    database.write_bytes(_CHANGES[kind](bytearray(database.read_bytes()), rng))
    place, served, crash = Place(root), False, ""
    try:
        served = run_task(place.open(), SKILL, {"text": text(1)}).output in LABELS
    except TinyArmsError:
        pass
    except Exception as error:
        crash = f"{type(error).__name__}: {error}"[:200]
    try:
        place.close()
    except TinyArmsError:
        pass
    except Exception as error:
        crash = crash or f"{type(error).__name__}: {error}"[:200]
    start = perf_counter()
    try:
        restore_database(None, start=root, environ={})
        seconds = perf_counter() - start
        found = faults(root, ())
    except TinyArmsError as error:
        seconds, found = perf_counter() - start, [f"not restored: {error}"]
    shutil.rmtree(root)
    return Outcome(kind, served, crash, seconds, found)


def _bytes(content: bytearray, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 200)):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content)


def _header(content: bytearray, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 10)):
        content[rng.randrange(100)] = rng.randrange(256)
    return bytes(content)


def _first_page(content: bytearray, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 50)):
        content[rng.randrange(_PAGE)] = rng.randrange(256)
    return bytes(content)


def _pages(content: bytearray, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 20)):
        at = rng.randrange(len(content) // _PAGE) * _PAGE
        new = rng.choice((bytes(_PAGE), rng.randbytes(_PAGE), bytes(content[:_PAGE])))
        content[at : at + _PAGE] = new
    return bytes(content)


def _swapped(content: bytearray, rng: random.Random) -> bytes:
    one, two = (rng.randrange(len(content) // _PAGE) * _PAGE for _ in range(2))
    first, second = content[one : one + _PAGE], content[two : two + _PAGE]
    content[one : one + _PAGE], content[two : two + _PAGE] = second, first
    return bytes(content)


_CHANGES: dict[str, Callable[[bytearray, random.Random], bytes]] = {
    "bytes": _bytes,
    "header": _header,
    "first page": _first_page,
    "pages": _pages,
    "pages swapped": _swapped,
    "cut off": lambda content, rng: bytes(content[: rng.randrange(1, len(content))]),
    "garbage": lambda content, rng: rng.randbytes(rng.randint(1, len(content))),
}


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """All files. `--quick`: a tenth of them."""
    return measure(FILES // 10 if getattr(options, "quick", False) else FILES)


def measure(count: int) -> tuple[list[str], list[Bar]]:
    """So many changed files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("new", "testing"):
            (folder / part).mkdir()
        project = make_testing_project(make_new_project(folder / "new"), folder / "testing")
        back_up_database(None, start=project, environ={})
        found = []
        for number in range(count):
            found.append(outcome(project, folder / str(number), number))
            for each in (found[-1].crash, *found[-1].faults):
                if each:
                    print(f"mutated, file {number} ({found[-1].kind}): {each}", file=sys.stderr)
    kinds = Counter(each.kind for each in found)
    rows: list[tuple[object, ...]] = [
        (kind, n, sum(each.served for each in found if each.kind == kind))
        for kind, n in sorted(kinds.items())
    ]
    crashes, wrong = sum(bool(e.crash) for e in found), sum(bool(e.faults) for e in found)
    served = round(sum(each.served for each in found) / count, 4)
    slowest = round(max(each.restored_s for each in found), 2)
    return [table(("changed", "files", "served"), rows)], [
        Bar("damaged files", count, f">= {count}", len(found) == count),
        Bar("damaged files that crash", crashes, "= 0", crashes == 0),
        Bar("damaged files: share of tasks served", served, "1", served == 1),
        Bar("damaged files not restored as they were", wrong, "= 0", wrong == 0),
        Bar("slowest restore, seconds", slowest, f"<= {RESTORE_S}", slowest <= RESTORE_S),
    ]
