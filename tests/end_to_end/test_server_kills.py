"""A command that is killed by SIGKILL and run again has the same result, on a PostgreSQL server.

`benchmarks/run.py store --only postgres_kills` kills more often.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.kills import Moment, Scene, kill_and_run_again, moments
from tests.end_to_end.server_kills import MOMENTS, OnServer, on_server
from tests.postgresql import Server

pytestmark = pytest.mark.slow

KILLS = 3
"""For each command and each way to draw the moments."""


@pytest.fixture(scope="module")
def played(
    recorded: Path,
    asked: Path,
    votes: list[tuple[str, ...]],
    postgresql: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[dict[str, Scene], OnServer]]:
    folder = tmp_path_factory.mktemp("server")
    with on_server(recorded, asked, votes, postgresql, folder) as played:
        yield played


@pytest.mark.parametrize(("name", "moment"), moments(KILLS, MOMENTS), ids=str)
def test_killed_and_run_again(
    name: str, moment: Moment, played: tuple[dict[str, Scene], OnServer], tmp_path: Path
) -> None:
    scenes, processes = played
    kill_and_run_again(name, moment, scenes[name], processes, tmp_path)
    processes.drop()
