from __future__ import annotations

import pytest

from tests.cli.conftest import INCUMBENT, Shell


@pytest.mark.slow
def test_cancel_ends_the_test_without_a_winner(shell: Shell) -> None:
    shell.start_test()
    result = shell("prompt", "cancel", "file-naming")
    assert result.exit_code == 0
    assert "cancelled; the prompt in production stays" in result.stdout
    assert shell.json("prompt", "results", "file-naming")["status"] == "cancelled"
    assert shell.json("prompt", "vote", "file-naming")["ballot"] is None
    assert shell("prompt", "show", "file-naming").stdout == INCUMBENT + "\n"


@pytest.mark.slow
def test_as_json(shell: Shell) -> None:
    shell.start_test(ballots=0)
    data = shell.json("prompt", "cancel", "file-naming")
    assert (data["skill"], data["action"]) == ("file-naming", "cancelled")
