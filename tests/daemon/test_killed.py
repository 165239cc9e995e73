"""Killed by SIGKILL anywhere in a pass and begun again: same events, same rows, same files."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.daemon.conftest import Answering
from tests.daemon.killed import CALLS, NOW, TOLD
from tests.daemon.world import World, users_choose
from tests.end_to_end.forks import environment
from tests.end_to_end.project import SKILL
from tests.loop.releasing.test_holdback_check import put
from tinyarms.loop.testing.review import promote

pytestmark = pytest.mark.slow

MOMENTS = 20
"""In each scene, drawn one from each part of the pass."""

Pass = Callable[[Path, int], int]


@pytest.fixture(scope="module")
def one_pass() -> Iterator[Pass]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.daemon.killed"],
        cwd=Path(__file__).parents[2],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:

        def run(folder: Path, last: int) -> int:
            assert server.stdin is not None and server.stdout is not None
            server.stdin.write(f"{folder / 'project'} {last}\n")
            server.stdin.flush()
            return int(server.stdout.readline())

        yield run
        assert server.stdin is not None
        server.stdin.close()


@dataclass(frozen=True)
class Scene:
    before: Path
    after: Path
    calls: int


@pytest.fixture(scope="module", params=["a drop", "a test whose time is up", "a worse promotion"])
def scene(
    request: pytest.FixtureRequest,
    dropped_world: World,
    one_pass: Pass,
    tmp_path_factory: pytest.TempPathFactory,
) -> Scene:
    folder = tmp_path_factory.mktemp("scene")
    before, after = folder / "before", folder / "after"
    shutil.copytree(dropped_world.root, before / "project")
    world = World(before / "project")
    if request.param != "a drop":
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("tinyarms.loop.project.context.make_model", lambda *_: Answering())
            world.daemon().tick()
            happen(world, request.param)
        world.close()
    (before / NOW).write_text(world.moment.now.isoformat())
    shutil.copytree(before, after)
    assert one_pass(after, 0) == 0
    return Scene(before, after, int((after / CALLS).read_text()))


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


def told(folder: Path) -> list[str]:
    """Each event once: one that was being told at the kill is told twice."""
    return list(dict.fromkeys((folder / TOLD).read_text().splitlines()))


def everything(folder: Path) -> list[str]:
    """All rows and files. The lease of a dead process counts for nothing."""
    root = folder / "project"
    with closing(sqlite3.connect(root / "tinyarms.db")) as database:
        lines = [line for line in database.iterdump() if 'INTO "leases"' not in line]
    files = [root / "config.yaml", *sorted((root / "skills").glob("*.md"))]
    return lines + [line for file in files for line in (file.name, *file.read_text().split("\n"))]


@pytest.mark.parametrize("part", range(MOMENTS))
def test_killed_and_begun_again(scene: Scene, part: int, one_pass: Pass, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(scene.before, tmp_path / "killed"))
    share = (part + random.Random(part).random()) / MOMENTS
    assert one_pass(folder, 1 + int(share * (scene.calls - 1))) == -9
    assert one_pass(folder, 0) == 0
    assert told(folder) == told(scene.after)
    assert everything(folder) == everything(scene.after)


def test_what_happens_in_the_scenes(scene: Scene) -> None:
    kinds = tuple(json.loads(line)[2] for line in told(scene.after))
    search = ("drop", "evolving", "testing")
    assert kinds in (search, ("kept", *search[:2], "nothing_better"), ("promoted", "rolled_back"))
