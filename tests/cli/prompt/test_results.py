from __future__ import annotations

from tests.cli.conftest import VARIANT_A, Shell


def vote_for(shell: Shell, output: str) -> None:
    ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
    letter = next(o["letter"] for o in ballot["options"] if o["output"] == output)
    shell("prompt", "vote", "file-naming", "--ballot", ballot["id"], "--choice", letter)


def test_an_open_test(shell: Shell) -> None:
    shell.start_test(ballots=2)
    vote_for(shell, "red-bridge")
    text = shell("prompt", "results", "file-naming").stdout
    lines = text.splitlines()
    assert lines[0].startswith("Evolution session: ")
    assert "Incumbent: 0 votes, accuracy not known" in lines
    assert "Variant A: 0 votes, accuracy not known" in lines
    assert "Variant B: 1 vote, accuracy not known <- LEADING" in lines
    assert any("1 vote so far, 19 votes remaining at most" in line for line in lines)
    assert any("1 ballot waiting" in line for line in lines)
    assert f"  | {VARIANT_A}" in lines


def test_nobody_leads_before_the_first_vote(shell: Shell) -> None:
    shell.start_test()
    assert "LEADING" not in shell("prompt", "results", "file-naming").stdout


def test_as_json(shell: Shell) -> None:
    shell.start_test()
    data = shell.json("prompt", "results", "file-naming")
    assert (data["stage"], data["status"]) == ("testing", "active")
    assert {each["letter"] for each in data["variants"]} == {"", "A", "B"}
