from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.end_to_end.project import (
    ASKED,
    EARLY,
    LATE,
    SKILL,
    deciding_votes,
    evolve,
    open_project,
    recording,
    run_all,
    write_project,
)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project, with the replies of a model to all that the tests do with it."""
    folder = tmp_path_factory.mktemp("recorded")
    played, new = folder / "played", folder / "new"
    write_project(played)
    with recording(played):
        run_all(played, EARLY)
        evolve(played)
        run_all(played, ASKED)
        deciding_votes(played)
        run_all(played, LATE[:1])
        with open_project(played) as arms:
            arms.rollback(SKILL)
        run_all(played, LATE[1:])
    write_project(new)
    shutil.copy(played / "replies.jsonl", new)
    return new
