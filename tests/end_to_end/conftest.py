from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.kills import Scene, live_test, make_scenes, votes_of
from tests.end_to_end.project import record_project
from tests.forks import Processes


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record_project(tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="session")
def asked(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return live_test(recorded, tmp_path_factory.mktemp("asked"))


@pytest.fixture(scope="session")
def votes(asked: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, ...]]:
    return votes_of(asked, tmp_path_factory.mktemp("votes"))


@pytest.fixture(scope="session")
def scenes(
    recorded: Path,
    asked: Path,
    votes: list[tuple[str, ...]],
    processes: Processes,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Scene]:
    return make_scenes(recorded, asked, votes, processes, tmp_path_factory.mktemp("scenes"))
