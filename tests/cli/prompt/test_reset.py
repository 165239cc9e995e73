from __future__ import annotations

import pytest

from tests.cli.conftest import INCUMBENT, Shell


@pytest.mark.slow
def test_back_to_the_first_prompt(shell: Shell) -> None:
    shell.start_test(ballots=0)
    shell("prompt", "promote", "file-naming", "A")
    shell("prompt", "promote", "file-naming", "B")
    data = shell.json("prompt", "reset", "file-naming")
    assert (data["version"], data["kind"]) == (4, "rollback")
    assert shell("prompt", "show", "file-naming").stdout == INCUMBENT + "\n"
    again = shell("prompt", "reset", "file-naming")
    assert again.exit_code == 1 and "no other prompt to go back to" in again.stderr
