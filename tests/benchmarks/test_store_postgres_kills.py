"""The kills on PostgreSQL go on where they were; `end_to_end/test_server_kills.py` kills."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store.postgres_kills import measure, noted_in, planned

pytestmark = pytest.mark.slow


def test_two_hundred_kills_of_each_command_are_planned() -> None:
    commands = [command for command, _ in planned(range(10)).values()]
    assert [commands.count(each) for each in ("evolve", "vote", "promote")] == [200, 200, 200]
    assert len({(command, moment) for command, moment in planned(range(10)).values()}) == 600


def test_what_is_noted_is_not_done_again_and_counts(tmp_path: Path) -> None:
    kills = planned([0], 1)
    lines = [
        json.dumps([number, place, "differs" if command == "vote" and place == 3 else ""])
        for (number, place), (command, _) in kills.items()
    ]
    noted_in(tmp_path, 1).write_text("\n".join(lines) + "\n")
    _, bars = measure(tmp_path, [0], 1)
    assert [(bar.name.split()[1], bar.holds) for bar in bars] == [
        ("evolve,", True),
        ("vote,", False),
        ("promote,", True),
    ]
