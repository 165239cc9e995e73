from __future__ import annotations

import re

import pytest

from tests.cli.conftest import INCUMBENT, VARIANT_A, Shell
from tests.cli.terminal import Terminal


@pytest.mark.slow
def test_versions_and_their_times(shell: Shell) -> None:
    shell.start_test(ballots=0)
    shell("prompt", "promote", "file-naming", "A")
    result = shell("prompt", "history", "file-naming")
    header, *rows = result.stdout.splitlines()
    assert header.split() == [
        *("Version", "From", "Calls", "Tokens", "Seconds"),
        *("Held", "out,", "%", "n", "Live,", "points"),
    ]
    assert max(map(len, [header, *rows[:2]])) <= 80
    assert [row.split()[0] for row in rows[:2]] == ["1", "2"]
    assert rows[-2:] == [
        "1: initial. No memory.",
        "2: evolution by hand. Asked for by hand. No memory. Compared with 1 on 0 outcomes. "
        "In production.",
    ]
    data = shell.json("prompt", "history", "file-naming")
    assert {each["version"]: each["text"] for each in data["versions"]} == {
        1: INCUMBENT,
        2: VARIANT_A,
    }


@pytest.mark.slow
def test_show_prints_a_prompt_file(shell: Shell) -> None:
    assert shell("prompt", "show", "file-naming").stdout == INCUMBENT + "\n"
    shell.start_test(ballots=0)
    shell("prompt", "promote", "file-naming", "A")
    assert shell("prompt", "show", "file-naming", "--version", "1").stdout == INCUMBENT + "\n"
    data = shell.json("prompt", "show", "file-naming")
    assert (data["number"], data["prompt"]["text"]) == (2, VARIANT_A)


@pytest.mark.slow
def test_a_prompt_file_cannot_drive_the_terminal_that_shows_it(shell: Shell) -> None:
    prompt = "Name it.\x1b]0;owned\x07 \u202eti\n\n{{content}}\n"
    (shell.root / "skills" / "file-naming.md").write_text(prompt)
    terminal = Terminal(shell.root, "prompt", "show", "file-naming")
    assert terminal.end() == 0
    assert "Name it.�]0;owned� �ti" in terminal.text()
    assert b"\x1b]0;" not in terminal.raw
    # Nor one that reads it from a pipe; `--json` has the exact text.
    assert "\x1b" not in shell("prompt", "show", "file-naming").stdout
    assert shell.json("prompt", "show", "file-naming")["prompt"]["text"] == prompt.rstrip("\n")


@pytest.mark.slow
def test_an_approval_that_was_taken_back_is_told_as_the_past(shell: Shell) -> None:
    shell.start_test(ballots=0)
    require_approval(shell)
    shell("prompt", "approve", "file-naming", "A", "--user", "ann")
    first, second = story(shell)
    assert "Counts as approved since" in first
    assert "Approved by ann on" in second and "taken back" not in second
    shell("prompt", "rollback", "file-naming", "--to", "1")
    first, second, _ = story(shell)
    assert "Counts as approved since" in first
    assert re.search(r"Approved by ann on [\d-]+, taken back on [\d-]+\.", second), second


@pytest.mark.slow
def test_a_version_that_counted_as_approved_until_a_release_went_back_from_it(shell: Shell) -> None:
    shell.start_test(ballots=0)
    shell("prompt", "approve", "file-naming", "A", "--user", "ann")
    shell("prompt", "create", "file-naming", "--variant-a", str(shell.root / "b.md"))
    shell("prompt", "promote", "file-naming", "A")
    require_approval(shell)
    *_, third = story(shell)
    assert "Counts as approved since" in third
    shell("prompt", "rollback", "file-naming", "--to", "2")
    _, second, third, _ = story(shell)
    assert "Approved by ann on" in second and "taken back" not in second
    assert re.search(r"Counted as approved from [\d-]+ until [\d-]+\.", third), third


def require_approval(shell: Shell) -> None:
    config = shell.root / "config.yaml"
    required = "  file-naming:\n    approval: required\n"
    config.write_text(config.read_text().replace("  file-naming:\n", required))


def story(shell: Shell) -> list[str]:
    """What the history says about each version, the oldest first."""
    lines = shell("prompt", "history", "file-naming").stdout.splitlines()
    return [line for line in lines if re.match(r"\d+: ", line)]
