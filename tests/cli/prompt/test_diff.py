from __future__ import annotations

import pytest

from tests.cli.conftest import INCUMBENT, VARIANT_A, Shell


@pytest.mark.slow
def test_two_versions_line_by_line(shell: Shell) -> None:
    shell.start_test(ballots=0)
    shell("prompt", "promote", "file-naming", "A")
    said = shell("prompt", "diff", "file-naming").stdout.splitlines()
    assert said[:2] == ["--- skills/file-naming.md", "+++ skills/file-naming-v2.md"]
    assert said[-2:] == [f"-{INCUMBENT}", f"+{VARIANT_A}"]
    data = shell.json("prompt", "diff", "file-naming", "2", "1")
    assert (data["old"], data["new"], data["lines"][-1]) == (2, 1, f"+{INCUMBENT}")
    same = shell("prompt", "diff", "file-naming", "2")
    assert (same.exit_code, same.stdout) == (0, "") and "are the same" in same.stderr


@pytest.mark.slow
def test_a_skill_with_one_version(shell: Shell) -> None:
    result = shell("prompt", "diff", "file-naming")
    assert result.exit_code == 2 and "V1 and V2" in result.stderr
