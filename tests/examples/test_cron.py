from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.project import (
    BUDGET,
    CONSTANTS,
    EARLY,
    SKILL,
    open_project,
    recording,
    run_all,
    write_project,
)
from tests.examples.conftest import EXAMPLES, run_example


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A new project of a user whose home has a space in its name."""
    root = tmp_path / "my project"
    write_project(root)
    return root


def cron(project: Path) -> subprocess.CompletedProcess[str]:
    """Started as cron does it: somewhere else. At niceness 19 the other tests would starve it."""
    command = str(EXAMPLES / "cron.sh")
    return run_example(project.parent, command, PROJECT=str(project), NICENESS="0")


@pytest.mark.slow
def test_a_quiet_night_prints_nothing_and_a_check_that_fails_says_so(project: Path) -> None:
    quiet = cron(project)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")

    (project / "config.yaml").write_text("skills: [")
    failed = cron(project)
    assert failed.returncode == 1
    assert f"The check of {project} failed with exit code 1:\ntinyarms: " in failed.stdout

    log = (project / "cron.log").read_text()
    assert f": exit code 0\n{SKILL}: too little to tell. 0 outcomes so far" in log
    assert ": exit code 1\ntinyarms: " in log


def test_the_folder_has_to_be_named(tmp_path: Path) -> None:
    done = run_example(tmp_path, str(EXAMPLES / "cron.sh"))
    assert done.returncode != 0
    assert "Set PROJECT to the folder of config.yaml." in done.stderr


def drop(root: Path) -> None:
    """Its five tasks are all called wrong."""
    (root / "config" / "constants.yaml").write_text(
        f"{CONSTANTS}  evolution: {{budget: {{calls: {BUDGET}}}}}\n"
    )
    tasks = run_all(root, EARLY)
    with open_project(root) as arms:
        for task in tasks:
            arms.feedback(task.task_id, success=False)


@pytest.mark.slow
def test_a_drop_is_evolved_and_reported(tmp_path: Path) -> None:
    played, project = tmp_path / "played", tmp_path / "project"
    write_project(played)
    with recording(played):
        drop(played)
        with open_project(played) as arms:
            arms.monitor(evolve=True)
    write_project(project)
    shutil.copy(played / "replies.jsonl", project)
    drop(project)

    done = cron(project)
    assert done.returncode == 3, done.stdout
    first, report = done.stdout.splitlines()
    assert first == f"Not every skill is well in {project}:"
    assert report.startswith(f"{SKILL}: DROP. ")
    assert f"users choose now: tinyarms prompt vote {SKILL}" in report
    assert "exit code 3\n" in (project / "cron.log").read_text()
    with open_project(project) as arms:
        assert [v.role for v in arms.results(SKILL).variants] == ["incumbent", *["challenger"] * 2]
