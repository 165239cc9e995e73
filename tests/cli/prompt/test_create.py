from __future__ import annotations

from tests.cli.conftest import VARIANT_A, VARIANT_B, Shell


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


def test_as_json(shell: Shell) -> None:
    path = shell.root / "a.md"
    path.write_text(VARIANT_A)
    data = shell.json("prompt", "create", "file-naming", "--variant-a", str(path))
    assert data["letters"] == ["A"]
    assert data["gate"]["started"] is True
    assert data["gate"]["gate_ran"] is False
