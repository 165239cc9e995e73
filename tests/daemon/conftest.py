from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.world import World, fails, make_world
from tests.end_to_end.project import MadeUp


class Answering(MadeUp):
    """The made-up model, in the place of any other."""

    slots = 1


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinyarms.loop.project.context.make_model", lambda *_, **__: Answering())


def make_new_world(folder: Path) -> World:
    world = make_world(folder / "project")
    world.daemon().tick()
    world.close()
    return world


def make_dropped_world(new_world: World, folder: Path) -> World:
    world = new_world.copy(folder / "project")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tinyarms.loop.project.context.make_model", lambda *_, **__: Answering())
        fails(world.open())
    world.close()
    return world


@pytest.fixture(scope="session")
def new_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A project that is made once; tests copy it."""
    return make_new_world(tmp_path_factory.mktemp("new"))


@pytest.fixture(scope="session")
def dropped_world(new_world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same after a drop."""
    return make_dropped_world(new_world, tmp_path_factory.mktemp("dropped"))


@pytest.fixture
def world(new_world: World, tmp_path: Path, answering: None) -> Iterator[World]:
    made = new_world.copy(tmp_path / "project")
    yield made
    made.close()


@pytest.fixture
def dropped(dropped_world: World, tmp_path: Path, answering: None) -> Iterator[World]:
    made = dropped_world.copy(tmp_path / "project")
    yield made
    made.close()
