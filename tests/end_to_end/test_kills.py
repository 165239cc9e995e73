"""A command that is killed by SIGKILL at random moments and run again has the same result.

Some of the processes are forked after their imports, and some are fresh starts of the program.
`benchmarks/run.py kills` kills more often.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.end_to_end.kills import (
    MOMENTS,
    Moment,
    Scene,
    assert_ends_the_same,
    everything,
    kill_and_run_again,
    moments,
    rows,
)
from tests.forks import Ended, Processes, environment

pytestmark = pytest.mark.slow

KILLS = 6
"""For each command and each way to draw the moments."""


@pytest.mark.parametrize(("name", "moment"), moments(KILLS), ids=str)
def test_killed_and_run_again(
    name: str, moment: Moment, scenes: dict[str, Scene], processes: Processes, tmp_path: Path
) -> None:
    kill_and_run_again(name, moment, scenes[name], processes, tmp_path)
    shutil.rmtree(tmp_path)


def test_votes_whose_processes_die_as_soon_as_they_are_acknowledged(
    asked: Path,
    votes: list[tuple[str, ...]],
    scenes: dict[str, Scene],
    processes: Processes,
    tmp_path: Path,
) -> None:
    root = shutil.copytree(asked, tmp_path / "project")
    for number, words in enumerate(votes, start=1):
        assert processes(root, *words, on_output=True).acknowledged
        assert len(rows(root, "SELECT * FROM votes WHERE excluded IS NULL")) == number
    assert everything(root) == everything(scenes["vote"].after)


class Program:
    """The program `tinyarms`, started anew for each command."""

    def __call__(self, root: Path, *words: str, after_s: float | None = None) -> Ended:
        began = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "tinyarms.cli.main", *words],
            cwd=root,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            if after_s is not None:
                time.sleep(after_s)
                process.kill()
            stdout, stderr = process.communicate()
        return Ended(process.returncode, stdout, stderr, time.monotonic() - began)


@pytest.mark.parametrize("name", MOMENTS)
def test_the_program_started_anew(name: str, scenes: dict[str, Scene], tmp_path: Path) -> None:
    scene, program = scenes[name], Program()
    usual = program(shutil.copytree(scene.before, tmp_path / "usual"), *scene.words)
    assert usual.code == 0, usual.stderr
    assert everything(tmp_path / "usual") == everything(scene.after)
    for share in (0.7, 0.9):
        root = shutil.copytree(scene.before, tmp_path / f"{share}")
        ended = program(root, *scene.words, after_s=share * usual.seconds)
        when = f"(killed after {ended.seconds:.3f} s)"
        assert_ends_the_same(name, root, ended, scene, program, when)
