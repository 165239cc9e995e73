"""Scenarios whose processes the benchmark `kills` kills at each of their points.

The tests kill them at a sample of the points (see `kill_points`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from tests.daemon.conftest import make_dropped_world, make_new_world
from tests.daemon.test_killed import SCENES, make_scene
from tests.daemon.test_killed import goes_on as pass_goes_on
from tests.daemon.world import World
from tests.forks import Processes
from tests.kill_points import Deaths
from tests.loop.conftest import make_new_project, make_testing_project
from tests.loop.crashes import (
    RELEASES,
    deciding_vote,
    happens_once,
    make_stage,
    promotes_once,
    survivor_finishes,
)
from tests.loop.housekeeping.test_prune import make_old_project, make_pruning
from tests.loop.place import Place

SEEN_BY = ("a new process", "an open process")
"""Who comes after the kill: a process that opens the project, or one that had it open."""


@dataclass(frozen=True)
class PointKill:
    """A kill, and the check of what comes after it, which raises `AssertionError`."""

    command: str
    seen_by: str
    point: str
    run: Callable[[], object]


class Projects:
    """What the scenarios start from, made when one needs it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def new(self) -> Path:
        return make_new_project(_made(self._folder / "new"))

    @cached_property
    def testing(self) -> Path:
        return make_testing_project(self.new, _made(self._folder / "testing"))

    @cached_property
    def dropped(self) -> World:
        new = make_new_world(_made(self._folder / "world"))
        return make_dropped_world(new, _made(self._folder / "dropped"))


@dataclass(frozen=True)
class Bench:
    """Where the kills of a scenario happen, and how many: `None` is one at each point."""

    projects: Projects
    processes: Processes
    folder: Path
    most: int | None


def _release(name: str, bench: Bench) -> Iterator[PointKill]:
    new, testing = bench.projects.new, bench.projects.testing
    stage = make_stage(name, new, testing, bench.processes, bench.folder)
    yield from _anew(name, stage.deaths, partial(happens_once, stage), bench.most)
    for point in stage.deaths.sample(bench.most, "after"):
        finishes = partial(survivor_finishes, stage, point)
        yield PointKill(name, SEEN_BY[1], stage.deaths.points[point], finishes)


def _vote(name: str, bench: Bench) -> Iterator[PointKill]:
    deaths = deciding_vote(bench.projects.testing, bench.processes, bench.folder)
    yield from _anew(name, deaths, lambda root: promotes_once(Place(root)), bench.most)


def _prune(name: str, bench: Bench) -> Iterator[PointKill]:
    old = make_old_project(bench.projects.new, _made(bench.folder / "old"))
    pruning = make_pruning(old, bench.processes, bench.folder)
    yield from _anew(name, pruning.deaths, pruning.goes_on, bench.most, "after")


def _pass(what: str, name: str, bench: Bench) -> Iterator[PointKill]:
    scene = make_scene(what, bench.projects.dropped, bench.processes, bench.folder)
    check = partial(pass_goes_on, scene, bench.processes)
    yield from _anew(name, scene.deaths, check, bench.most, "after")


SCENARIOS: Mapping[str, Callable[[str, Bench], Iterator[PointKill]]] = {
    **dict.fromkeys(RELEASES, _release),
    "decide by a vote": _vote,
    "prune": _prune,
    **{f"a pass of the daemon after {what}": partial(_pass, what) for what in SCENES},
}


def point_kills(
    folder: Path,
    processes: Processes,
    names: Iterable[str] = SCENARIOS,
    most: int | None = None,
) -> Iterator[PointKill]:
    """Kills in these scenarios. `most`: in each of them; without it, at each of its points."""
    projects = Projects(folder)
    for name in names:
        yield from SCENARIOS[name](name, Bench(projects, processes, _made(folder / name), most))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _anew(
    name: str,
    deaths: Deaths,
    check: Callable[[Path], object],
    most: int | None,
    when: str = "",
) -> Iterator[PointKill]:
    for point in deaths.sample(most, when):
        kill = partial(_kill_and_check, deaths, point, check)
        yield PointKill(name, SEEN_BY[0], deaths.points[point], kill)


def _kill_and_check(deaths: Deaths, point: int, check: Callable[[Path], object]) -> None:
    for _, root in deaths.each([point]):
        check(root)
