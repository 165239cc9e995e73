"""The main job on the real model: what `make demo` runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinyarms.models.pull import pull


@pytest.mark.model
def test_the_demo_promotes_a_better_prompt_and_takes_it_back(tmp_path: Path) -> None:
    pull("smollm2:135m", lambda done, total: None)
    command = [
        sys.executable,
        "-m",
        "tinyarms.cli.main",
        "demo",
        "--folder",
        str(tmp_path / "demo"),
    ]
    done = subprocess.run(
        [*command, "--seed", "1"], capture_output=True, text=True, env=dict(os.environ), check=False
    )

    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(done.stdout.strip().splitlines()[-1])
    assert result["result"] == "promoted"
    assert result["rollback_shown"] is True
    assert result["heldout_n"] >= 100
    assert result["heldout_after"] >= result["heldout_before"] + 0.10
    assert 0 < result["votes"] <= 50
    assert 0 < result["task_calls"] <= 200

    project = tmp_path / "demo"
    assert (project / "skills" / "file-naming-v2.md").exists()
    config = (project / "config.yaml").read_text()
    assert "prompt_template: skills/file-naming-v3.md" in config
    assert "Rollback to version 1" in config
