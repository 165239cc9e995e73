"""Starts the files of `examples/` as their first lines say, in separate processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.conftest import Server

EXAMPLES = Path(__file__).parents[2] / "examples"


def environment(**more: str) -> dict[str, str]:
    """Ours, with the `tinyarms` and the `python` of these tests first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, **more}


def run_example(folder: Path, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run an example in `folder` until it ends."""
    return subprocess.run(
        command, cwd=folder, env=environment(**environ), capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def server() -> Iterator[Server]:
    """A model server on this machine that answers what a test tells it to."""
    running = Server()
    yield running
    running.close()
