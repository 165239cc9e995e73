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
        # The last while there is a ballot for it: any of the variants may win the votes.
        run_all(played, (*ASKED, LATE[0]))
        deciding_votes(played)
        with open_project(played) as arms:
            arms.rollback(SKILL)
        run_all(played, LATE[1:])
    write_project(new)
    shutil.copy(played / "replies.jsonl", new)
    return new
