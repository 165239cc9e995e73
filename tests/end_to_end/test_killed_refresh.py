"""A process that gives a prompt its first memory is ended by SIGKILL, and the next one does it."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.end_to_end.kills import files, rows
from tests.end_to_end.test_memory import SKILL, write_project
from tests.end_to_end.test_verbalizer import Mumbler
from tests.forks import Processes
from tests.kill_points import KILLS, Deaths
from tinyarms import TinyArms
from tinyarms.loop.housekeeping.database_check import check_database

pytestmark = pytest.mark.slow
ROWS = 40
"""Gold examples: few, so that a run takes a second; a person says yes in place of the gate."""
_REPLIES = "SELECT count(DISTINCT key) FROM evaluations"


def refresh(root: Path) -> tuple[str, int]:
    """Give the prompt a memory, with a model that is no server; the result and the calls."""
    model = Mumbler()
    with (
        patch("tinyarms.loop.project.context.make_model", lambda *_, **__: model),
        TinyArms.open(root, environ={}) as arms,
    ):
        return arms.refresh(SKILL, demonstrations=2, yes=True).result, len(model.sent)


def test_whenever_it_is_killed_the_next_one_ends_the_same(
    tmp_path: Path, processes: Processes
) -> None:
    before = tmp_path / "before"
    write_project(before, memory=False)
    examples = before / "examples.jsonl"
    lines = examples.read_text().splitlines(keepends=True)
    examples.write_text("".join(lines[:ROWS]))
    settings = json.dumps({"prompt_evolution": {"holdback": 0}})
    (before / "config" / "constants.yaml").write_text(settings)
    deaths = Deaths(processes, before, tmp_path / "killed", f"{__name__}:refresh")
    deaths.require(commits=2 * ROWS, replaced=["skills/shelf-v2.md", "config.yaml"])
    as_usual, [(replies,)] = files(deaths.undisturbed), rows(deaths.undisturbed, _REPLIES)
    in_release = next(n for n, name in enumerate(deaths.points) if "skills" in name)
    late = range(in_release, len(deaths.points), 7)
    for _, root in deaths.each(sorted({*deaths.sample(KILLS), *late})):
        [(known,)] = rows(root, _REPLIES) or [(0,)]
        begun = rows(root, "SELECT id FROM promotion_intents") != []
        result, calls = again(root, begun)
        assert (result, calls) == ("nothing_new" if begun else "refreshed", replies - known)
        assert files(root) == as_usual
        states = [state for (state,) in rows(root, "SELECT state FROM prompt_evolution_sessions")]
        assert sorted(states) in (["promoted"], ["cancelled", "promoted"])
        assert rows(root, "SELECT number FROM prompt_versions ORDER BY number") == [(1,), (2,)]
        assert rows(root, "SELECT count(*) FROM memories") == [(1,)]
        assert check_database(root, {}).ok


def again(root: Path, begun: bool) -> tuple[str, int]:
    """The command again. Where the release was begun, the project's next opening ends it, and the
    prompt has a memory already."""
    if not begun:
        return refresh(root)
    with TinyArms.open(root, environ={}) as arms:
        return arms.refresh(SKILL).result, 0
