from __future__ import annotations

import pytest

from tests.cli.conftest import VARIANT_A, Shell


def vote_for(shell: Shell, output: str) -> None:
    ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
    letter = next(o["letter"] for o in ballot["options"] if o["output"] == output)
    shell("prompt", "vote", "file-naming", "--ballot", ballot["id"], "--choice", letter)


@pytest.mark.slow
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


@pytest.mark.slow
def test_nobody_leads_before_the_first_vote(shell: Shell) -> None:
    shell.start_test()
    assert "LEADING" not in shell("prompt", "results", "file-naming").stdout


@pytest.mark.slow
def test_as_json(shell: Shell) -> None:
    shell.start_test()
    data = shell.json("prompt", "results", "file-naming")
    assert (data["stage"], data["status"]) == ("testing", "active")
    assert {each["letter"] for each in data["variants"]} == {"", "A", "B"}


@pytest.mark.slow
def test_both_gates_and_what_would_end_the_test(shell: Shell) -> None:
    shell.start_test(ballots=4)
    vote_for(shell, "red-bridge")
    vote_for(shell, "red-bridge")
    for choice in ("none", "skip"):
        ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
        shell("prompt", "vote", "file-naming", "--ballot", ballot["id"], "--choice", choice)
    text = shell("prompt", "results", "file-naming").stdout
    assert "Offline gate: did not run; users alone decide." in text
    assert "Live gate (taste only): variant A leads by +0, variant B leads by +2." in text
    assert "Answers that are no vote: 1 skip, 1 none of these" in text
    assert "the first challenger that leads the incumbent by 9 (10 from vote 19 on)." in text
    assert "  picked 100% (95% interval 34% to 100%), P(best) " in text
    assert "  on 4 ballots, given 4 tasks" in text
    assert "Drawn vote by vote on the page /skills/file-naming/test of tinyarms serve" in text
    data = shell.json("prompt", "results", "file-naming")
    assert (data["votes"], data["skips"], data["none_of_these"], data["excluded"]) == (2, 1, 1, {})
    assert data["standings"]["leads"] == {"A": [0, 0], "B": [1, 2]}
    assert data["standings"]["promote_at"] == [9] * 18 + [10] * 2
    assert [each["asked"] for each in data["variants"]] == [4, 4, 4]


@pytest.mark.slow
def test_as_a_page_that_opens_offline(shell: Shell) -> None:
    shell.start_test(ballots=1)
    vote_for(shell, "red-bridge")
    file = shell.root / "results.html"
    told = shell("prompt", "results", "file-naming", "--html", str(file)).stdout
    assert "The page is in " in told and "Drawn" not in told
    page = file.read_text(encoding="utf-8")
    body = page.partition("<body>")[2].partition("<script>")[0]
    assert VARIANT_A in body and "<form" not in body and "src=" not in body
    wrong = shell("prompt", "results", "file-naming", "--html", "results.txt")
    assert "results.txt: the page is HTML." in wrong.stderr and wrong.exit_code == 2
