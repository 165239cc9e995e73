"""Tables on a terminal that is too narrow for them."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from tests.cli.conftest import Shell
from tinyarms.cli.main import cli


@pytest.mark.slow
@pytest.mark.parametrize("columns", ["24", "40", "60"])
@pytest.mark.parametrize("words", [["prompt", "stats"], ["prompt", "history", "file-naming"]])
def test_nothing_of_a_name_or_a_heading_is_cut(
    shell: Shell, columns: str, words: list[str]
) -> None:
    environ = {"TINYARMS_HOME": str(shell.root), "COLUMNS": columns}
    said = CliRunner().invoke(cli, words, env=environ).stdout
    assert "…" not in said
    wanted = ("file-naming", "linting", "Status") if words[1] == "stats" else ("From", "initial")
    assert all(word in said for word in wanted)


def test_a_wide_terminal_has_a_table(shell: Shell) -> None:
    [heads, *_] = shell("prompt", "stats").stdout.splitlines()
    assert heads.split() == ["Skill", "Accuracy", "n", "Failures", "Version", "Status"]
