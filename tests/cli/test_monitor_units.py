from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Shell


@pytest.fixture(autouse=True)
def neither_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.mark.slow
def test_without_a_manager_there_is_cron(shell: Shell) -> None:
    done = shell("monitor", "install")
    assert done.exit_code == 1
    [line] = done.stdout.splitlines()
    assert line.startswith("*/30 * * * * cd ") and line.endswith("monitor --once --evolve")
    assert str(shell.root) in line
    assert done.stderr.count("\n") == 1
    assert "Nothing was installed: there is no" in done.stderr and "crontab -e" in done.stderr
    assert shell.json("monitor", "status")["service"] is None


@pytest.mark.slow
def test_a_unit_is_printed_and_nothing_changed(shell: Shell, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    printed = shell("monitor", "install", "--print")
    assert printed.exit_code == 0 and str(shell.root) in printed.stdout
    assert shell.json("monitor", "install", "--print")["unit"] == printed.stdout
    assert sorted(tmp_path.rglob("*")) == before


def test_to_remove_what_is_not_there_is_no_error(shell: Shell) -> None:
    assert "Nothing is installed" in shell("monitor", "uninstall").stdout
    assert shell.json("monitor", "uninstall")["removed"] is None
