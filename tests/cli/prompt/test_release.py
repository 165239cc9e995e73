from __future__ import annotations

import pytest

from tests.cli.conftest import INCUMBENT, VARIANT_A, VARIANT_B, Shell


@pytest.mark.slow
def test_promote_by_hand_warns_and_does_it(shell: Shell) -> None:
    shell.start_test(ballots=0)
    result = shell("prompt", "promote", "file-naming", "variant_b")
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: ")
    told = "file-naming: version 2 is in production, with the text of variant B."
    assert result.stdout.startswith(f"{told}\nIt replaces version 1.\n")
    assert shell("prompt", "show", "file-naming").stdout == VARIANT_B + "\n"
    text = shell("prompt", "results", "file-naming").stdout
    assert "Variant B: 0 votes, accuracy not known <- PROMOTED" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("picked", "users"),
    [
        ((), "No user has voted yet"),
        (("photo", "photo"), "Users prefer the prompt in production (2 of 2 votes)"),
        (("red-bridge",), "Users prefer variant B (1 of 1 vote)"),
        (
            ("golden-gate-bridge",),
            "Users prefer this variant (1 of 1 vote), but too few have voted",
        ),
        (
            ("photo", "golden-gate-bridge"),
            "Users do not prefer this variant (1 of 2 votes, as many as another)",
        ),
    ],
)
def test_promote_by_hand_says_what_is_against_it(
    shell: Shell, picked: tuple[str, ...], users: str
) -> None:
    shell.start_test(ballots=len(picked))
    for output in picked:
        ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
        letter = next(o["letter"] for o in ballot["options"] if o["output"] == output)
        shell.json("prompt", "vote", "file-naming", "--ballot", ballot["id"], "--choice", letter)
    assert shell("prompt", "promote", "file-naming", "variant_a").stderr == (
        f"Warning: {users}, and no offline gate has read this variant. "
        "To undo: tinyarms prompt rollback file-naming\n"
    )


@pytest.mark.slow
def test_and_back(shell: Shell) -> None:
    shell.start_test(ballots=0)
    assert shell.json("prompt", "promote", "file-naming", "A")["version"] == 2
    back = shell.json("prompt", "rollback", "file-naming")
    assert (back["version"], back["from_version"], back["kind"]) == (3, 2, "rollback")
    assert shell("prompt", "show", "file-naming").stdout == INCUMBENT + "\n"
    assert "version 4" in shell("prompt", "rollback", "file-naming", "--to", "2").stdout
    assert shell("prompt", "show", "file-naming").stdout == VARIANT_A + "\n"


@pytest.mark.slow
def test_whose_text_returns_and_that_it_was_rolled_back(shell: Shell) -> None:
    shell.start_test(ballots=0)
    shell("prompt", "promote", "file-naming", "A")
    back = shell("prompt", "rollback", "file-naming")
    assert "version 3 is in production, with the text of version 1.\n" in back.stdout
    assert "It replaces version 2." in back.stdout and back.stderr == ""
    again = shell("prompt", "rollback", "file-naming")
    assert "version 4 is in production, with the text of version 2.\n" in again.stdout
    assert again.stderr.startswith("Warning: Version 2, with the same text, was rolled back on ")
    assert again.stderr.count("\n") == 1
    reset = shell("prompt", "reset", "file-naming")
    assert "version 5 is in production, with the text of version 1.\n" in reset.stdout
    assert reset.stderr.startswith("Warning: Version 3, with the same text, was rolled back on ")
    promoted = shell("prompt", "promote", "file-naming", "A")
    assert "version 6 is in production, with the text of version 2.\n" in promoted.stdout
    assert "Version 4, with the same text, was rolled back on " in promoted.stderr
    view = shell.json("prompt", "rollback", "file-naming", "--to", "5")
    assert (view["text_of_version"], view["text_of_variant"]) == (1, None)
