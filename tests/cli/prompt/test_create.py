from __future__ import annotations

import pytest

from tests.cli.conftest import VARIANT_A, VARIANT_B, Shell


@pytest.mark.slow
def test_written_variants_go_to_the_test(shell: Shell) -> None:
    paths = []
    for name, text in (("a", VARIANT_A), ("b", VARIANT_B)):
        paths.append(shell.root / f"{name}.md")
        paths[-1].write_text(text)
    words = ("--variant-a", str(paths[0]), "--variant-b", str(paths[1]))
    result = shell("prompt", "create", "file-naming", *words)
    assert result.exit_code == 0
    assert "variants A, B" in result.stdout
    assert "Vote with: tinyarms prompt vote file-naming" in result.stdout
    again = shell("prompt", "create", "file-naming", *words)
    assert again.exit_code == 1
    assert "tinyarms prompt" in again.stderr


@pytest.mark.slow
def test_as_json(shell: Shell) -> None:
    path = shell.root / "a.md"
    path.write_text(VARIANT_A)
    data = shell.json("prompt", "create", "file-naming", "--variant-a", str(path))
    assert data["letters"] == ["A"]
    assert data["gate"]["started"] is True
    assert data["gate"]["gate_ran"] is False


@pytest.mark.slow
def test_it_says_which_variant_waits(shell: Shell) -> None:
    words = ["prompt", "create", "file-naming"]
    for letter, text in (("a", VARIANT_A), ("b", VARIANT_B), ("c", "Name it, in one word.")):
        (shell.root / f"{letter}.md").write_text(text)
        words += [f"--variant-{letter}", str(shell.root / f"{letter}.md")]
    said = " ".join(shell(*words).stdout.split())
    line = "Variants: 3 requested, 3 found, 2 in the live test: C waits for a later round."
    assert line in said
    assert line in " ".join(shell("prompt", "results", "file-naming").stdout.split())
    counts = shell.json("prompt", "results", "file-naming")["counts"]
    assert (counts["asked"], counts["found"], counts["shown"]) == (3, 3, 2)
    assert (counts["waiting"], counts["cut"]) == (["C"], [])
