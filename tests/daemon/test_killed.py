"""A pass that is killed by SIGKILL anywhere and restarted leaves the same events, rows, files.

`benchmarks/run.py kills` has a kill at each commit and file write, not at a sample of them.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.daemon.conftest import Answering
from tests.daemon.scenarios import TOLD
from tests.daemon.world import World, users_choose
from tests.end_to_end.project import SKILL
from tests.forks import Processes, whoever_released
from tests.kill_points import KILLS, Deaths
from tests.loop.releasing.test_holdback_check import put
from tinyarms.loop.testing.review import promote

pytestmark = pytest.mark.slow

PASS = "tests.daemon.scenarios:one_pass"


@dataclass(frozen=True)
class Scene:
    now: str
    deaths: Deaths

    @property
    def after(self) -> Path:
        """The project after the pass that nobody disturbed."""
        return self.deaths.undisturbed


SCENES = ("a drop", "a test whose time is up", "a worse promotion")


@pytest.fixture(scope="module", params=SCENES)
def scene(
    request: pytest.FixtureRequest,
    dropped_world: World,
    processes: Processes,
    tmp_path_factory: pytest.TempPathFactory,
) -> Scene:
    return make_scene(request.param, dropped_world, processes, tmp_path_factory.mktemp("scene"))


def make_scene(name: str, dropped_world: World, processes: Processes, folder: Path) -> Scene:
    world = dropped_world.copy(folder / "before")
    if name != "a drop":
        with pytest.MonkeyPatch.context() as patched:
            made = "tinyarms.loop.project.context.make_model"
            patched.setattr(made, lambda *_, **__: Answering())
            world.daemon().tick()
            happen(world, name)
        world.close()
    now = world.moment.now.isoformat()
    deaths = Deaths(processes, world.root, folder, PASS, now)
    deaths.require(commits=20, replaced=[])
    return Scene(now, deaths)


def happen(world: World, what: str) -> None:
    context = world.opened[-1]
    world.moment.pass_(hours=1)
    if what == "a test whose time is up":
        users_choose(context, votes=3)
        world.moment.pass_(days=8)
    else:
        promote(context, SKILL, "A")
        world.moment.pass_(days=1)
        put(context, (95, 100), (200, 400))


def told(root: Path) -> list[str]:
    """Each event once: one that was being told at the kill is told twice."""
    return list(dict.fromkeys((root.parent / TOLD).read_text().splitlines()))


def everything(root: Path) -> list[str]:
    """All rows and files. The lease of a dead process counts for nothing."""
    with closing(sqlite3.connect(root / "tinyarms.db")) as database:
        lines = [
            whoever_released(line) if 'INTO "promotion_intents"' in line else line
            for line in database.iterdump()
            if 'INTO "leases"' not in line
        ]
    files = [root / "config.yaml", *sorted((root / "skills").glob("*.md"))]
    return lines + [line for file in files for line in (file.name, *file.read_text().split("\n"))]


def goes_on(scene: Scene, processes: Processes, root: Path) -> None:
    """A killed pass has left the project behind: the next one ends as an undisturbed one."""
    again = processes(root, scene.now, scenario=PASS)
    assert again.code == 0, again.stderr
    assert told(root) == told(scene.after)
    assert everything(root) == everything(scene.after)


def test_killed_anywhere_and_begun_again(scene: Scene, processes: Processes) -> None:
    for _, root in scene.deaths.each(scene.deaths.sample(KILLS, "after")):
        goes_on(scene, processes, root)


def test_what_happens_in_the_scenes(scene: Scene) -> None:
    kinds = tuple(json.loads(line)[2] for line in told(scene.after))
    search = ("drop", "evolving", "testing")
    assert kinds in (search, ("kept", *search[:2], "nothing_better"), ("promoted", "rolled_back"))
