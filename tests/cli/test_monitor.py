from __future__ import annotations

from tests.cli.conftest import INCUMBENT, Shell


def fail(shell: Shell, times: int) -> None:
    shell.record(INCUMBENT, "x", "photo")
    for number in range(times):
        shell("run", "file-naming", "content=x", "--task-id", f"t{number}")
        shell("feedback", f"t{number}", "--failure")


def test_all_is_well(shell: Shell) -> None:
    result = shell("monitor", "--once")
    assert result.exit_code == 0
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["file-naming", "linting"]
    assert "DROP" not in result.stdout
    data = shell.json("monitor", "--once", "file-naming")
    assert [check["triggered"] for check in data["checks"]] == [False]


def test_a_drop_is_exit_code_3(shell: Shell) -> None:
    (shell.root / "config" / "constants.yaml").write_text(
        "prompt_evolution:\n"
        "  triggers: {sample_size: 3, rules: [original]}\n"
        "  ab_testing: {show_probability: 0}\n"
    )
    fail(shell, 3)
    result = shell("monitor", "--once", "file-naming")
    assert result.exit_code == 3
    assert result.stdout.startswith("file-naming: DROP.")
    assert shell("monitor", "--once", "file-naming", "--json").exit_code == 3
    _, in_use, shown, *others = result.stdout.splitlines()
    assert in_use == "  original             ALARM  below 80.0%"
    assert shown == "  Shown only:"
    assert others[0].startswith("  drop                 -      no drop from")
    assert all(len(line) <= 80 for line in others)
