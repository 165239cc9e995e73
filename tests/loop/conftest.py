from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forks import Processes
from tests.kill_points import Deaths
from tests.loop.place import ENOUGH, Place, make_place, write_examples
from tests.loop.scenarios import intents
from tests.loop.steps import begin
from tinyarms.store.db.database import open_store


@pytest.fixture(autouse=True)
def _patient() -> Iterator[None]:
    """A test on a busy machine does not take the database for one that hangs."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("routing", "tasks", "task_ballots", "feedback"):
            patch.setattr(f"tinyarms.loop.serving.{module}.PATIENCE_S", 5.0)
        yield


def make_new_project(folder: Path) -> Path:
    """It has too few examples for the gate."""
    open_store(folder / "migrated.db").close()
    return make_place(folder / "project", folder / "migrated.db").root


def make_testing_project(new_project: Path, folder: Path) -> Path:
    """The same with enough examples, its skill in the live test of the better prompt."""
    made = _copy(new_project, folder)
    write_examples(made.root, ENOUGH)
    begin(made)
    made.close()
    return made.root


@pytest.fixture(scope="session")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that is made once; tests copy it."""
    return make_new_project(tmp_path_factory.mktemp("new"))


@pytest.fixture(scope="session")
def testing_project(new_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_testing_project(new_project, tmp_path_factory.mktemp("testing"))


@pytest.fixture
def place(new_project: Path, tmp_path: Path) -> Iterator[Place]:
    made = _copy(new_project, tmp_path)
    yield made
    made.close()


@pytest.fixture
def testing(testing_project: Path, tmp_path: Path) -> Iterator[Place]:
    made = _copy(testing_project, tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def promotion(
    testing_project: Path, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> Deaths:
    """The deaths of a promotion by hand."""
    folder = tmp_path_factory.mktemp("promotion")
    act = "tests.loop.scenarios:act"
    deaths = Deaths(processes, testing_project, folder, act, "promote by hand")
    deaths.require(commits=3, replaced=["skills/feeling-v2.md", "config.yaml"])
    return deaths


@pytest.fixture(scope="session")
def unfinished(promotion: Deaths) -> dict[int, Path]:
    """Point → the project of a process that died there and left its intent behind. The first is
    the one after the commit that stores the intent."""
    found = {}
    for number in promotion.sample_around(lambda root: intents(root) != []):
        root = promotion.copy(str(number))
        promotion.kill(root, number)
        if intents(root, "intent"):
            found[number] = root
    assert found
    return found


def _copy(project: Path, folder: Path) -> Place:
    return Place(Path(shutil.copytree(project, folder / "project")))
