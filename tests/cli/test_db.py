from __future__ import annotations

import json

import pytest

from tests.cli.conftest import INCUMBENT, Shell
from tinyarms.store.db.migrate import HEAD


@pytest.mark.slow
def test_prune_says_what_goes(shell: Shell) -> None:
    assert "0 rows from before" in shell("db", "prune").stdout
    shell.record(INCUMBENT, "a bridge", "photo")
    assert shell("run", "file-naming", "content=a bridge").exit_code == 0
    data = shell.json("db", "prune", "--dry-run")
    assert (data["dry_run"], data["rows"], data["task_history"]) == (True, 0, 0)
    assert data["before"].endswith("Z")


@pytest.mark.slow
def test_prune_for_ever(shell: Shell) -> None:
    (shell.root / "config" / "constants.yaml").write_text(
        "prompt_evolution: {retention_days: null}\n"
    )
    assert shell("db", "prune").stdout == "retention_days is null: nothing is ever pruned.\n"
    assert shell.json("db", "prune")["before"] is None


@pytest.mark.slow
def test_check_says_what_is_wrong_and_what_to_do(shell: Shell) -> None:
    shell("prompt", "stats", "file-naming")
    good = shell("db", "check")
    assert good.exit_code == 0, good.output
    assert "WRONG" not in good.stdout
    assert shell.json("db", "check")["ok"] is True
    (shell.root / "skills" / "file-naming.md").write_text("Another text.\n")
    bad = shell("db", "check")
    assert bad.exit_code == 1
    [line] = [each for each in bad.stdout.splitlines() if each.startswith("WRONG")]
    assert line.split()[1] == "file-naming"
    assert "undo the change" in " ".join(bad.stdout.split())
    told = shell("db", "check", "--json")
    assert told.exit_code == 1
    data = json.loads(told.stdout)
    assert (data["command"], data["ok"]) == ("db check", False)
    [problem] = [each for each in data["findings"] if not each["ok"]]
    assert (problem["about"], problem["skill"]) == ("skill", "file-naming")


@pytest.mark.slow
def test_backup_says_how_large_and_where(shell: Shell) -> None:
    shell("prompt", "stats", "file-naming")
    target = shell.root / "backup.db"
    made = shell("db", "backup", str(target))
    assert made.exit_code == 0, made.output
    assert made.stdout == f"{target.stat().st_size / 1e6:.1f} MB in {target}\n"
    again = shell("db", "backup", str(target))
    assert again.exit_code == 1
    assert "already exists" in again.stderr
    assert "--force" in again.stderr
    data = shell.json("db", "backup", str(target), "--force")
    assert (data["path"], data["size"]) == (str(target), target.stat().st_size)


@pytest.mark.slow
def test_upgrade_says_where_it_is(new_shell: Shell) -> None:
    path = new_shell.root / "tinyarms.db"
    made = new_shell("db", "upgrade")
    assert f"was upgraded from nothing to {HEAD}." in made.stdout
    assert new_shell("db", "upgrade").stdout == f"{path} is already at {HEAD}.\n"
    data = new_shell.json("db", "upgrade")
    assert (data["changed"], data["from_schema"], data["backup"]) == (False, HEAD, None)


@pytest.mark.slow
def test_copy_says_what_there_is_now_and_how_it_is_used(shell: Shell) -> None:
    shell("prompt", "stats", "file-naming")
    target = shell.root / "copy.db"
    made = shell("db", "copy", "--to", str(target))
    assert made.exit_code == 0, made.output
    assert "  prompt_versions\n" in made.stdout
    assert f"are in {target} now.\n" in made.stdout
    assert "set TINYARMS_DATABASE" in made.stdout
    again = shell("db", "copy", "--to", str(target))
    assert again.exit_code == 1
    assert "is not empty" in again.stderr
    assert shell("db", "copy").exit_code == 2
    nobody = shell("db", "copy", "--to", "postgresql://me:hunter2@127.0.0.1:1/arms")
    assert nobody.exit_code == 1
    assert "Is the server running?" in nobody.stderr
    assert "hunter2" not in nobody.output
    assert shell.json("db", "copy", "--to", str(shell.root / "other.db"))["rows"] == 2
