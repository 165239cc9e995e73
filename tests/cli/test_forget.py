from __future__ import annotations

import pytest

from tests.cli.conftest import INCUMBENT, Shell


@pytest.mark.slow
def test_a_user_is_counted_and_then_forgotten(shell: Shell) -> None:
    shell.record(INCUMBENT, "a red bridge in fog", "a-bridge")
    ran = shell("run", "file-naming", "content=a red bridge in fog", "--user", "anna")
    assert ran.exit_code == 0, ran.output
    counted = shell.json("forget", "--user", "anna", "--dry-run")
    assert counted["dry_run"] is True
    assert counted["deleted"]["task_history"] == counted["rows"] == 1
    shown = shell("forget", "--user", "anna").stdout
    assert "1  task_history" in shown
    assert "1 row of anna were deleted" in shown
    assert "Not touched: replies.jsonl" in shown
    assert shell.json("forget", "--user", "anna")["rows"] == 0
    assert shell.json("db", "check")["ok"] is True


@pytest.mark.slow
def test_the_user_has_to_be_named(shell: Shell) -> None:
    assert shell("forget").exit_code == 2
    refused = shell("forget", "--user", " ")
    assert refused.exit_code == 2
    assert "Traceback" not in refused.output
