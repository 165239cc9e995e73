from __future__ import annotations

import pytest

from tests.cli.conftest import INCUMBENT, VARIANT_A, VARIANT_B, Shell


@pytest.mark.slow
def test_promote_by_hand_warns_and_does_it(shell: Shell) -> None:
    shell.start_test(ballots=0)
    result = shell("prompt", "promote", "file-naming", "variant_b")
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: ")
    assert "file-naming: version 2 is in production, after 1." in result.stdout
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
