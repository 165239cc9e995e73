"""The exact output in a real terminal, stored in `golden/`.

After an intended change, write the captures again and read the difference before you commit:

    TINYARMS_GOLDEN=renew pytest tests/cli/test_golden.py && git diff tests/cli/golden
"""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.cli.terminal import Terminal

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parent / "golden"
NO_COLOUR = {"NO_COLOR": "1"}


def check(name: str, terminal: Terminal) -> None:
    """Compare the screen, and what is coloured on it, with the capture of that name."""
    styles = ["", "Styles:", *terminal.styles()] if terminal.styles() else []
    seen = "\n".join([terminal.text(), *styles]) + "\n"
    seen = re.sub(r"\d{4}-\d\d-\d\d", "<the day>", seen)
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("TINYARMS_GOLDEN") == "renew":
        path.parent.mkdir(exist_ok=True)
        path.write_text(seen, encoding="utf-8")
    assert seen == path.read_text(encoding="utf-8")


@pytest.fixture
def voting(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A live test whose ids, and so the order of its options, are the same in every run."""
    numbers = itertools.count(1)
    monkeypatch.setattr("tinyarms.loop.testing.create.new_id", lambda: f"golden-{next(numbers)}")
    shell.start_test(ballots=2)
    return shell


@pytest.mark.parametrize(
    ("name", "columns", "more", "environ"),
    [
        ("vote-80-colour", 80, (), {}),
        ("vote-40-colour", 40, (), {}),
        ("vote-80", 80, (), NO_COLOUR),
        ("vote-40", 40, (), NO_COLOUR),
        ("vote-40-plain", 40, ("--plain",), {}),
    ],
)
def test_the_dialog(
    voting: Shell, name: str, columns: int, more: tuple[str, ...], environ: dict[str, str]
) -> None:
    words = ("prompt", "vote", "file-naming", *more)
    terminal = Terminal(voting.root, *words, columns=columns, rows=80, **environ)
    try:
        terminal.wait_for("number 0", "Votes so far: 0")
        for key, said in (("a", "choose option A"), ("u", "Undone."), ("b", "choose option B")):
            terminal.press(key)
            terminal.wait_for(said)
        terminal.press(" ")
        terminal.wait_for("number 1", "Votes so far: 1")
        terminal.press("n")
        terminal.wait_for("You want none of these.")
        terminal.press(" ")
        terminal.wait_for("No ballot is waiting.")
        assert terminal.end() == 0
        assert all(len(line) <= columns for line in terminal.text().splitlines())
        check(name, terminal)
    finally:
        terminal.close()


@pytest.mark.parametrize("columns", [80, 40])
def test_the_results(voting: Shell, columns: int) -> None:
    for letter in ("A", "none"):
        ballot = voting.json("prompt", "vote", "--all")["ballot"]
        words = ("prompt", "vote", "--all", "--ballot", ballot["id"], "--choice", letter)
        assert voting(*words).exit_code == 0
    terminal = Terminal(voting.root, "prompt", "results", "file-naming", columns=columns, rows=80)
    try:
        assert terminal.end() == 0
        check(f"results-{columns}", terminal)
    finally:
        terminal.close()
