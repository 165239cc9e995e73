from __future__ import annotations

from tests.cli.conftest import INCUMBENT, VARIANT_A, Shell


def test_versions_and_their_times(shell: Shell) -> None:
    shell.start_test(ballots=0)
    shell("prompt", "promote", "file-naming", "A")
    result = shell("prompt", "history", "file-naming")
    header, *rows = [line.split() for line in result.stdout.splitlines()]
    assert header == ["Version", "From", "To", "Accuracy", "Source", "Why"]
    assert {row[0]: row[2] == "now" for row in rows if row[0].isdigit()} == {"1": False, "2": True}
    data = shell.json("prompt", "history", "file-naming")
    assert {each["version"]: each["text"] for each in data["versions"]} == {
        1: INCUMBENT,
        2: VARIANT_A,
    }


def test_show_prints_a_prompt_file(shell: Shell) -> None:
    assert shell("prompt", "show", "file-naming").stdout == INCUMBENT + "\n"
    shell.start_test(ballots=0)
    shell("prompt", "promote", "file-naming", "A")
    assert shell("prompt", "show", "file-naming", "--version", "1").stdout == INCUMBENT + "\n"
    data = shell.json("prompt", "show", "file-naming")
    assert (data["number"], data["prompt"]["text"]) == (2, VARIANT_A)
