from __future__ import annotations

from tests.cli.conftest import INCUMBENT, Shell


def test_prune_says_what_goes(shell: Shell) -> None:
    assert "0 rows from before" in shell("db", "prune").stdout
    shell.record(INCUMBENT, "a bridge", "photo")
    assert shell("run", "file-naming", "content=a bridge").exit_code == 0
    data = shell.json("db", "prune", "--dry-run")
    assert (data["dry_run"], data["rows"], data["task_history"]) == (True, 0, 0)
    assert data["before"].endswith("Z")


def test_prune_for_ever(shell: Shell) -> None:
    (shell.root / "config" / "constants.yaml").write_text(
        "prompt_evolution: {retention_days: null}\n"
    )
    assert shell("db", "prune").stdout == "retention_days is null: nothing is ever pruned.\n"
    assert shell.json("db", "prune")["before"] is None
