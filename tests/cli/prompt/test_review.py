from __future__ import annotations

import pytest

from tests.cli.conftest import INCUMBENT, VARIANT_A, Shell
from tinyarms.loop.opening import open_project


@pytest.fixture
def waiting(shell: Shell) -> Shell:
    """Variant A of file-naming waits for a person."""
    shell.start_test(ballots=0)
    context = open_project(shell.root, {})
    with context.store.unit_of_work() as work:
        session = work.sessions.open("file-naming")
        assert session is not None
        work.sessions.ask_for_review(session.id, "A", "It is weak.")
    context.close()
    return shell


@pytest.mark.slow
def test_what_waits(waiting: Shell) -> None:
    said = waiting("prompt", "review").stdout
    assert said.splitlines() == [
        "file-naming: variant A. It is weak.",
        f"  | {VARIANT_A}",
        "Accept: tinyarms prompt review file-naming --accept",
        "Refuse: tinyarms prompt review file-naming --refuse",
    ]
    [view] = waiting.json("prompt", "review")["waiting"]
    assert (view["skill"], view["variant"]) == ("file-naming", "A")
    assert waiting.json("prompt", "review", "linting")["waiting"] == []
    assert waiting("prompt", "review", "linting").stdout == "Nothing waits for a review.\n"


@pytest.mark.slow
def test_accepted(waiting: Shell) -> None:
    said = waiting("prompt", "review", "file-naming", "--accept").stdout
    assert "version 2 is in production" in said
    assert waiting("prompt", "show", "file-naming").stdout == VARIANT_A + "\n"


@pytest.mark.slow
def test_refused(waiting: Shell) -> None:
    assert waiting.json("prompt", "review", "file-naming", "--refuse")["action"] == "keep"
    assert waiting("prompt", "show", "file-naming").stdout == INCUMBENT + "\n"
    again = waiting("prompt", "review", "file-naming", "--refuse")
    assert again.exit_code == 1 and "no variant waits for review" in again.stderr


def test_an_answer_needs_a_skill(shell: Shell) -> None:
    result = shell("prompt", "review", "--accept")
    assert result.exit_code == 2 and "prompt review SKILL --accept" in result.stderr
