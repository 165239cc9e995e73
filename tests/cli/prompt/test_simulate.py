from __future__ import annotations

import pytest

from tests.cli.conftest import Shell
from tinyarms.loop.testing import forecast as simulation


@pytest.fixture(autouse=True)
def few_sessions(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    constants = shell.root / "config" / "constants.yaml"
    constants.write_text(f"{constants.read_text()}  experiment: {{max_outcomes: 200}}\n")
    monkeypatch.setattr(simulation, "SESSIONS", 20)
    monkeypatch.setattr(simulation, "SINGLE_SESSIONS", 20)


@pytest.mark.slow
def test_tables_that_fit(shell: Shell) -> None:
    result = shell("prompt", "simulate", "file-naming", "--votes", "30")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert "Users alone choose between outputs (current)" in lines
    assert "Tasks a day: not known, so neither are the days." in lines
    assert "Accuracy of the incumbent: 70% (not known: assumed)" in lines
    tables = [line for line in lines if "%" in line and "Accuracy" not in line]
    assert len(tables) == 5 + 4 + 3 and max(map(len, tables)) <= 80


@pytest.mark.slow
def test_as_json(shell: Shell) -> None:
    data = shell.json("prompt", "simulate", "file-naming", "--votes", "10")
    assert [rule["rule"] for rule in data["rules"]] == ["taste_only", "single_mode", "thompson"]
    assert data["rules"][0]["scenarios"][0]["days"] is None
    assert [rule["limit"] for rule in data["rules"]] == [10, 200, 20]
