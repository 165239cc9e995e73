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
    [view] = waiting.json("prompt", "review")["waiting"]
    assert (view["skill"], view["variant"], view["kind"]) == ("file-naming", "A", "variant")
    said = waiting("prompt", "review").stdout
    assert said.splitlines() == [
        f"file-naming: variant A, proposal {view['id']}. It is weak.",
        "  | @@ -1 +1 @@",
        f"  | -{INCUMBENT}",
        f"  | +{VARIANT_A}",
        f"Approve: tinyarms prompt approve file-naming {view['id']}",
        f"Refuse: tinyarms prompt refuse file-naming {view['id']}",
    ]
    assert waiting.json("prompt", "review", "linting")["waiting"] == []
    assert waiting("prompt", "review", "linting").stdout == "Nothing waits for a review.\n"


@pytest.mark.slow
def test_approved(waiting: Shell) -> None:
    said = waiting("prompt", "approve", "file-naming", "--user", "ann").stdout
    assert "version 2 is in production" in said
    assert waiting("prompt", "show", "file-naming").stdout == VARIANT_A + "\n"
    assert "Approved by ann on" in waiting("prompt", "history", "file-naming").stdout


@pytest.mark.slow
def test_refused(waiting: Shell) -> None:
    answer = waiting.json("prompt", "refuse", "file-naming")
    assert (answer["action"], answer["what"]) == ("keep", "variant A")
    assert waiting("prompt", "show", "file-naming").stdout == INCUMBENT + "\n"
    again = waiting("prompt", "refuse", "file-naming")
    assert again.exit_code == 1 and "no prompt waits" in again.stderr
