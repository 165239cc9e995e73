from __future__ import annotations

import json

import pytest
from tools.reference.answers import check

from tests.cli.conftest import INCUMBENT, Shell


def run_tasks(shell: Shell, failures: int, successes: int) -> None:
    shell.record(INCUMBENT, "x", "photo")
    for number in range(failures + successes):
        shell("run", "file-naming", "content=x", "--task-id", f"t{number}")
        outcome = "--failure" if number < failures else "--success"
        shell("feedback", f"t{number}", outcome)


@pytest.mark.slow
def test_a_skill_without_tasks_has_no_accuracy(shell: Shell) -> None:
    lines = shell("prompt", "stats", "file-naming").stdout.splitlines()
    assert lines[:2] == [
        "Skill: file-naming",
        "Current accuracy: not known (no task with an outcome in the last 7 days)",
    ]
    assert "Recent failures: no tasks" in lines
    (stats,) = shell.json("prompt", "stats", "file-naming")["skills"]
    assert stats["accuracy"] is None
    assert stats["failure_share"] is None


@pytest.mark.slow
def test_a_skill_with_tasks(shell: Shell) -> None:
    run_tasks(shell, failures=1, successes=3)
    text = shell("prompt", "stats", "file-naming").stdout
    assert "Current accuracy: 75%, n=4, 95% interval " in text
    assert "Prompt version: 1 (active since 20" in text
    assert "Recent failures: 1/4 tasks (25%)" in text
    assert "Median latency: " in text
    assert "\nStatus: " in text
    assert "-> photo" in text


@pytest.mark.slow
def test_a_table_of_all_skills(shell: Shell) -> None:
    run_tasks(shell, failures=1, successes=1)
    result = shell("prompt", "stats")
    rows = {line.split()[0]: line.split() for line in result.stdout.splitlines()}
    assert rows["file-naming"][1:5] == ["50%", "2", "1/2", "1"]
    assert rows["linting"][1:5] == ["-", "0", "0/0", "1"]
    assert max(map(len, result.stdout.splitlines())) <= 80
    names = [each["skill"] for each in shell.json("prompt", "stats")["skills"]]
    assert names == ["file-naming", "linting"]


@pytest.mark.slow
def test_an_empty_prompt_file_hides_no_other_skill(shell: Shell) -> None:
    (shell.root / "skills" / "file-naming.md").write_text("")
    result = shell("prompt", "stats")
    assert result.exit_code == 1
    table = " ".join(result.stdout.split())
    assert "file-naming - - - -" in table and "linting - 0 0/0 1" in table
    assert "empty" in table
    answer = json.loads(shell("prompt", "stats", "--json").stdout)
    assert [view["skill"] for view in answer["skills"]] == ["linting"]
    assert "skills/file-naming.md" in answer["problems"]["file-naming"]
    assert check(answer) == []
    alone = shell("prompt", "stats", "file-naming")
    assert (alone.exit_code, alone.stderr.count("\n"), alone.stdout) == (1, 1, "")
    dry = shell("prompt", "evolve", "file-naming", "--dry-run")
    assert (dry.exit_code, dry.stderr) == (1, alone.stderr)
