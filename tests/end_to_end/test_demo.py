"""The main loop on the real model, as `make demo` runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tinyarms.models.embedded.pull import pull

SEEDS = (1, 2, 3)


@pytest.mark.model
def test_the_demo_promotes_a_better_prompt_and_takes_it_back(tmp_path: Path) -> None:
    """By one seed of three: another processor rounds otherwise, and so searches otherwise."""
    pull("smollm2:135m", lambda done, total: None)
    results = []
    for seed in SEEDS:
        project = tmp_path / f"demo{seed}"
        results.append(_demo(project, seed))
        if results[-1]["result"] == "promoted":
            return _assert_released_and_taken_back(project, results[-1])
        _assert_unchanged(project)
    pytest.fail(f"no seed promoted anything: {results}")


def _demo(project: Path, seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tinyarms.cli.main", "demo", "--folder", str(project)]
    done = subprocess.run(
        [*command, "--seed", str(seed)],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    assert 0 < result["task_calls"] <= 200
    assert 0 <= result["votes"] <= 50
    return result


def _assert_released_and_taken_back(project: Path, result: dict[str, Any]) -> None:
    assert result["rollback_shown"] is True
    assert result["heldout_n"] >= 100
    assert result["heldout_after"] >= result["heldout_before"] + 0.10
    assert result["votes"] > 0
    assert (project / "skills" / "file-naming-v2.md").exists()
    config = (project / "config.yaml").read_text()
    assert "prompt_template: skills/file-naming-v3.md" in config
    assert "Rollback to version 1" in config


def _assert_unchanged(project: Path) -> None:
    assert not (project / "skills" / "file-naming-v2.md").exists()
    assert "prompt_template: skills/file-naming.md" in (project / "config.yaml").read_text()
