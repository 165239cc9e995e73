from __future__ import annotations

import json
import os
from contextlib import nullcontext
from datetime import UTC, datetime

import pytest

from tests.cli.conftest import INCUMBENT, Shell
from tinyarms.cli.monitor import exit_code
from tinyarms.daemon.daemon import Daemon
from tinyarms.loop.api import TinyArms
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.leases import daemon_lease, lease
from tinyarms.loop.project.listener import Silent
from tinyarms.loop.watching.check import SkillCheck
from tinyarms.loop.watching.health import SILENT_TASKS, Health
from tinyarms.store.db.records import SessionRecord, SessionState


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
    assert [line.split(": ")[1][:18] for line in result.stdout.splitlines()] == [
        "too little to tell"
    ] * 2
    data = shell.json("monitor", "--once", "file-naming")
    [check] = data["checks"]
    assert (check["triggered"], check["health"], check["state"]) == (False, "too_few", "watching")


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
def test_a_drop_that_is_known_is_no_new_drop(shell: Shell) -> None:
    (shell.root / "config" / "constants.yaml").write_text(
        "prompt_evolution:\n"
        "  triggers: {sample_size: 3, rules: [original]}\n"
        "  ab_testing: {show_probability: 0}\n"
    )
    fail(shell, 3)
    shell.start_test(ballots=0)
    tested = shell("monitor", "--once")
    assert tested.exit_code == 3
    assert tested.stdout.startswith(
        "file-naming: known drop. Evolution started by hand, live test in progress. Accuracy 0.0%"
    )
    shell("prompt", "cancel", "file-naming")
    waits = shell("monitor", "--once")
    assert waits.exit_code == 4
    assert waits.stdout.startswith("file-naming: low, cooling down. Accuracy 0.0%")
    [data] = shell.json("prompt", "stats", "file-naming")["skills"]
    assert (data["health"], data["status"]) == ("cooling_down", "Accuracy is low, cooling down")
    skills = shell.json("monitor", "status")["skills"]
    assert [skill["health"] for skill in skills] == ["cooling_down", "too_few"]


@pytest.mark.slow
@pytest.mark.parametrize("runs", [True, False])
def test_a_search_that_no_process_runs_is_interrupted_in_the_words_of_the_status(
    shell: Shell, runs: bool
) -> None:
    shell("prompt", "stats")
    session = SessionRecord(
        id="s",
        skill="file-naming",
        original_prompt_hash="h",
        triggered_at=datetime(2026, 11, 29, tzinfo=UTC),
        trigger_reason="manual",
        base_version=1,
        preset="default",
        author="writer",
        optimizer="promptbreeder",
        seed=0,
        state=SessionState.SEARCHING,
    )
    context = open_project(shell.root)
    with context.store.unit_of_work() as work:
        work.sessions.add(session)
    with lease(context, "file-naming") if runs else nullcontext():
        once = shell("monitor", "--once", "file-naming")
        [check] = shell.json("monitor", "--once", "file-naming")["checks"]
        [stats] = shell.json("prompt", "stats", "file-naming")["skills"]
    words = f"Evolution started by hand, search {'in progress' if runs else 'interrupted'}"
    assert once.exit_code == 0
    assert once.stdout.startswith(f"file-naming: too little to tell. {words}. ")
    assert (check["state"], check["status"], stats["status"]) == ("searching", words, words)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [("run", "file-naming", "content=x"), ("prompt", "stats"), ("monitor", "--once")]
)
def test_a_prompt_file_edited_during_a_live_test_is_announced_once(
    shell: Shell, words: tuple[str, ...]
) -> None:
    shell.start_test(ballots=0)
    (shell.root / "skills" / "file-naming.md").write_text("Name it: {{content}}")
    shell.record("Name it: {{content}}", "x", "photo")
    told = shell(*words)
    said = (
        "file-naming: skills/file-naming.md was edited by hand: its prompt is version 2 now, in "
        "skills/file-naming-v2.md. Edit that file from now on. The live test has ended: it was "
        "about version 1.\n"
    )
    assert (told.exit_code, (told.stdout + told.stderr).count(said)) == (0, 1)
    again = shell(*words)
    assert "edited by hand" not in again.stdout + again.stderr
    results = shell("prompt", "results", "file-naming").stdout
    assert "a prompt file was edited by hand. The edited prompt is in" in " ".join(results.split())


@pytest.mark.slow
def test_tasks_without_outcomes_are_exit_code_5(shell: Shell) -> None:
    shell.record(INCUMBENT, "x", "photo")
    with TinyArms.open(shell.root) as arms:
        for _ in range(SILENT_TASKS):
            arms.run("file-naming", {"content": "x"})
    result = shell("monitor", "--once")
    assert result.exit_code == 5
    assert result.stdout.startswith(
        "file-naming: blind. No outcome of the 60 tasks of the last seven days is known. "
    )
    assert shell("monitor", "--once", "linting").exit_code == 0


@pytest.mark.parametrize(
    ("of_each", "code"),
    [
        ((), 0),
        ((("healthy", None), ("too_few", None)), 0),
        ((("healthy", None), ("too_few", "A release waits.")), 1),
        (((None, "No prompt."), ("healthy", None)), 1),
        (((None, "No prompt."), ("dropped", None)), 3),
        ((("evolving", "A release waits."), ("healthy", None)), 3),
        ((("cooling_down", None), ("dropped", None)), 4),
        ((("cooling_down", None), ("blind", None), (None, "No prompt.")), 5),
    ],
)
def test_the_highest_exit_code_wins(
    of_each: tuple[tuple[Health | None, str | None], ...], code: int
) -> None:
    checks = [
        SkillCheck("s", False, None, None, 0, "", "", health=health, problem=problem)
        for health, problem in of_each
    ]
    assert exit_code(checks) == code


@pytest.mark.slow
def test_a_skill_that_cannot_be_checked_is_exit_code_1_and_the_others_are_checked(
    shell: Shell,
) -> None:
    prompt = next((shell.root / "skills").glob("file-naming*.md"))
    prompt.write_text("{{nothing}}")
    result = shell("monitor", "--once")
    assert result.exit_code == 1
    assert "file-naming: PROBLEM. " in result.stdout
    assert "file-naming: too" not in result.stdout and "linting: too little" in result.stdout
    first, second = json.loads(shell("monitor", "--once", "--json").stdout)["checks"]
    assert first["problem"] and second["problem"] is None
    assert (first["health"], second["health"]) == (None, "too_few")


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
    assert "The daemon checks for a drop every 5 minutes." in lines
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
        with daemon_lease(context, beside=False):
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
    assert "\n  file-naming, recorded\n    today       3 calls, " in said


@pytest.mark.slow
def test_status_says_what_waits_and_who_works(shell: Shell) -> None:
    context = open_project(shell.root, {})
    try:
        with lease(context, "file-naming", "import"):
            said = shell("monitor", "status").stdout
            data = shell.json("monitor", "status")
    finally:
        context.close()
    assert f"file-naming: import by pid {os.getpid()}, which began at " in said
    assert [lock["work"] for lock in data["locks"]] == ["import"]
    assert (data["queue"], data["searches"], data["lag_s"]) == ([], [], None)
    assert data["spool"]["lines"] == 0
