"""Projects on broken disks: after power cuts, and while writes fail."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.broken_disks.checks import faults
from tests.broken_disks.shim import compile_shim, run_below
from tests.broken_disks.trace import SYNC, Disk, Entry, read_trace
from tests.loop.conftest import make_new_project, make_testing_project

_AT_ONCE = 10
"""Points that one process takes; their time counts together (`LONGEST_S`)."""


@dataclass(frozen=True)
class Place:
    """A compiled shim, and a project in a live test, to copy."""

    folder: Path
    library: Path
    project: Path


def make_place(folder: Path) -> Place:
    """Everything that the scenes need, in an empty folder."""
    for name in ("new", "testing"):
        (folder / name).mkdir()
    new = make_new_project(folder / "new")
    return Place(folder, compile_shim(folder), make_testing_project(new, folder / "testing"))


@dataclass(frozen=True)
class Record:
    """A process that was recorded: the disk before it, and what it wrote."""

    disk: Disk
    entries: Sequence[Entry]


def record(place: Place, seed: int) -> Record:
    """Run the story of votes, feedback and releases, and record what it writes."""
    root = Path(shutil.copytree(place.project, place.folder / f"story-{seed}"))
    disk = Disk(root)
    trace = place.folder / f"trace-{seed}"
    run_below(place.library, root, "story", str(seed), trace=trace)
    return Record(disk, read_trace(trace))


def power_cuts(
    made: Record, folder: Path, count: int, seed: int, *, synced: bool = True
) -> Iterator[list[str]]:
    """For each of `count` power cuts during the story, what is wrong after it.

    `synced=False`: the disk ignores every request to sync.
    """
    rng = random.Random(seed)
    points = sorted(rng.randrange(1, len(made.entries) + 1) for _ in range(count))
    done = 0
    for number, point in enumerate(points):
        for entry in made.entries[done:point]:
            if synced or entry.kind != SYNC:
                made.disk.do(entry)
        done = point
        root = folder / f"cut-{seed}-{number}"
        made.disk.write_after_cut(root, rng)
        yield faults(root, made.disk.marks)
        shutil.rmtree(root)


@dataclass(frozen=True)
class Failed:
    """A process some of whose writes failed."""

    asked: int
    answered: int
    """Of the tasks that were asked."""
    wrong: tuple[str, ...]
    """Exceptions that are not ours, and what did not work again afterwards."""
    faults: tuple[str, ...]
    """What is wrong with the project in the end."""


def failing_writes(place: Place, error: int, points: Sequence[int]) -> Iterator[Failed]:
    """For each point, a process all of whose writes fail with the error from that write on, until
    they succeed again. `error`: `errno.ENOSPC`, `EIO` or `EROFS`."""
    folder = place.folder / f"failing-{error}"
    folder.mkdir()
    for first in range(0, len(points), _AT_ONCE):
        some = points[first : first + _AT_ONCE]
        for point in some:
            shutil.copytree(place.project, folder / f"{error}-{point}")
        said = run_below(place.library, folder, "failing", str(error), *map(str, some))
        for point, line in zip(some, said.splitlines(), strict=True):
            yield _failed(folder / f"{error}-{point}", json.loads(line))


def _failed(root: Path, told: Mapping[str, Any]) -> Failed:
    """What a process told, and what is left in its project, which is removed."""
    found = faults(root, told.get("acknowledged", ()))
    shutil.rmtree(root)
    return Failed(told.get("asked", 0), told.get("answered", 0), tuple(told["wrong"]), tuple(found))
