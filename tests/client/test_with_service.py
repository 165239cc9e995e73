"""The client with a real `tinyarms serve`, which is killed and started again."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tinyarms
from tests.loop.conftest import make_new_project
from tests.loop.place import BETTER, SKILL, Place, expected, text
from tests.loop.steps import ask
from tinyarms.client import Client
from tinyarms.loop.api import TinyArms

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("fastapi") is None
        or importlib.util.find_spec("tinyarms.web") is None,
        reason="needs tinyarms serve, and the extra server",
    ),
]
ENVIRON = {**os.environ, "PYTHONPATH": str(Path(tinyarms.__file__).parents[1])}


def start(root: Path, port: int = 0) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tinyarms", "serve", "--port", str(port)],
        cwd=root,
        env=ENVIRON,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
            return process, int(found[1])
    raise AssertionError("The service did not start.")


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()


def token(root: Path, role: str) -> str:
    command = [sys.executable, "-m", "tinyarms", "serve", "token", "add"]
    done = subprocess.run(
        [*command, "--role", role, "--name", "shop", "--json"],
        cwd=root,
        env=ENVIRON,
        capture_output=True,
        text=True,
        check=True,
    )
    made: str = json.loads(done.stdout)["token"]
    return made


def test_prompts_feedback_and_votes_survive_a_kill_and_count_once(tmp_path: Path) -> None:
    place = Place(make_new_project(tmp_path))
    with TinyArms.open(place.root, {}) as arms:  # by the clock that the service has
        arms.create(SKILL, [place.prompt_file("better.md", BETTER)])
        ballot_id = ask(arms._context, 1).id
    process, port = start(place.root)
    folder = tmp_path / "client"
    try:
        viewer = token(place.root, "run")
        url = f"http://127.0.0.1:{port}"
        with Client(url, viewer, folder / "viewer", timeout_s=10, retry_s=0.2) as client:
            fresh = client.prompt(SKILL)
            assert (fresh.version, fresh.text) == (1, "Good or bad?")
            done = client.run(SKILL, {"text": text(3)})
            assert done.output == expected(3)
            same = client.run(SKILL, {"text": text(3)}, task_id=done.task_id)
            assert same.task_id == done.task_id
            found = client.ballot(SKILL)
            assert found is not None and found.id == ballot_id and len(found.options) == 2
            kill(process)
            assert client.prompt(SKILL).from_disk
            assert client.ballot(SKILL) is None
            assert client.feedback(done.task_id, success=False).queued
            assert client.vote(ballot_id, found.options[0].letter).queued
            process, _ = start(place.root, port)
            for _ in range(600):
                if client.waiting == 0:
                    break
                time.sleep(0.05)
            assert client.waiting == 0 and not client.prompt(SKILL).from_disk
            sent = client.feedback(done.task_id, correction=expected(4))
            # On a busy machine the service keeps it on its own disk at first.
            assert sent.answer is not None and sent.answer["task_id"] == done.task_id
    finally:
        kill(process)
    with TinyArms.open(place.root, {}) as arms:
        assert arms.results(SKILL).votes == 1
        assert arms.stats(SKILL).failures == 1
