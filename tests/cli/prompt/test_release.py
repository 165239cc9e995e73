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
def test_and_back(shell: Shell) -> None:
    shell.start_test(ballots=0)
    assert shell.json("prompt", "promote", "file-naming", "A")["version"] == 2
    back = shell.json("prompt", "rollback", "file-naming")
    assert (back["version"], back["from_version"], back["kind"]) == (3, 2, "rollback")
    assert shell("prompt", "show", "file-naming").stdout == INCUMBENT + "\n"
    assert "version 4" in shell("prompt", "rollback", "file-naming", "--to", "2").stdout
    assert shell("prompt", "show", "file-naming").stdout == VARIANT_A + "\n"
