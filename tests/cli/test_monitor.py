from __future__ import annotations

import json

import pytest

from tests.cli.conftest import INCUMBENT, Shell
from tinyarms.daemon.daemon import Daemon
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.leases import DAEMON, lease
from tinyarms.loop.project.listener import Silent


def fail(shell: Shell, times: int) -> None:
    shell.record(INCUMBENT, "x", "photo")
    for number in range(times):
        shell("run", "file-naming", "content=x", "--task-id", f"t{number}")
        shell("feedback", f"t{number}", "--failure")


@pytest.mark.slow
def test_all_is_well(shell: Shell) -> None:
    result = shell("monitor", "--once")
    assert result.exit_code == 0
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["file-naming", "linting"]
    assert "DROP" not in result.stdout
    data = shell.json("monitor", "--once", "file-naming")
    assert [check["triggered"] for check in data["checks"]] == [False]


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_skill_that_cannot_be_checked_is_exit_code_1_and_the_others_are_checked(
    shell: Shell,
) -> None:
    prompt = next((shell.root / "skills").glob("file-naming*.md"))
    prompt.write_text("{{nothing}}")
    result = shell("monitor", "--once")
    assert result.exit_code == 1
    assert "file-naming: PROBLEM. " in result.stdout
    assert "file-naming: ok" not in result.stdout and "linting: ok" in result.stdout
    first, second = json.loads(shell("monitor", "--once", "--json").stdout)["checks"]
    assert first["problem"] and second["problem"] is None


def test_the_daemon_watches_all_skills(shell: Shell) -> None:
    for words, hint in (
        (("file-naming",), "leave out 'file-naming'. Or add --once."),
        (("--evolve",), "leave out --evolve. Or add --once."),
        (("statsu",), "Did you mean `monitor status`?"),
    ):
        result = shell("monitor", *words)
        assert result.exit_code == 2
        assert hint in result.output


def test_help_names_the_commands_of_the_daemon(shell: Shell) -> None:
    said = shell("monitor", "--help").stdout
    assert [line.split()[0] for line in said.splitlines()[-3:]] == [
        "install",
        "uninstall",
        "status",
    ]


@pytest.mark.slow
def test_status(shell: Shell) -> None:
    lines = shell("monitor", "status").stdout.splitlines()
    assert lines[0] == "The daemon does not run. Start it: tinyarms monitor"
    assert "The daemon looks for a drop every 5 minutes." in lines
    assert "file-naming: watching. No outcomes yet." in lines
    assert "linting: watching. Not evolved: rules are rules." in lines
    assert all(len(line) <= 80 for line in lines)
    data = shell.json("monitor", "status")
    assert (data["running"], data["next_look"], data["events"]) == (None, None, [])
    assert [skill["state"] for skill in data["skills"]] == ["watching", "watching"]


@pytest.mark.slow
def test_status_of_a_daemon_at_work(shell: Shell) -> None:
    (shell.root / "config" / "constants.yaml").write_text(
        "prompt_evolution:\n"
        "  triggers: {sample_size: 3, rules: [original]}\n"
        "  ab_testing: {show_probability: 0}\n"
    )
    context = open_project(shell.root, {})
    try:
        with lease(context, DAEMON):
            told: list[str] = []
            daemon = Daemon(
                context, listener=Silent(), on_event=lambda event: told.append(event.kind)
            )
            daemon.tick()
            fail(shell, 3)
            assert "Next: The daemon begins it by itself." in (
                shell("prompt", "stats", "file-naming").stdout
            )
            daemon.tick()
            said = shell("monitor", "status").stdout
    finally:
        context.close()
    assert told == ["refused"]
    assert said.startswith("The daemon runs (pid ")
    assert "Could not: file-naming has no scorer" in said
    assert "Latest:" in said
