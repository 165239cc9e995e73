from __future__ import annotations

import pytest

from tests.cli.conftest import INCUMBENT, Shell
from tinyarms import TinyArms
from tinyarms.loop.opening import open_project
from tinyarms.loop.releasing.release_intent import Release, Releasing
from tinyarms.skills.prompt import Prompt


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
def test_a_release_that_was_interrupted(shell: Shell) -> None:
    """It is told by the next command, unless that takes it back."""
    shell.start_test(ballots=0)
    for command in ("cancel", "history"):
        with TinyArms.open(shell.root) as arms:
            number = arms.show("file-naming").number
        context = open_project(shell.root)
        with context.store.unit_of_work() as work:
            planned = Release(
                skill="file-naming",
                prompt=Prompt("Name the file."),
                cause="promotion_by_hand",
                expected_version=number,
                reason="Asked for by hand",
                source="test",
            )
            Releasing(context, work).plan(planned)
        context.close()
        result = shell("prompt", command, "file-naming")
        assert result.exit_code == 0
        if command == "cancel":
            assert "The release of version 2 is withdrawn" in result.stdout
            assert result.stderr == ""
        else:
            assert "file-naming: version 2 is in production. Its release of" in result.stderr
            assert "Interrupted, finished on" in result.stdout
    assert shell("prompt", "show", "file-naming").stdout == "Name the file.\n"


@pytest.mark.slow
def test_as_json(shell: Shell) -> None:
    shell.start_test(ballots=0)
    data = shell.json("prompt", "cancel", "file-naming")
    assert (data["skill"], data["action"]) == ("file-naming", "cancelled")
