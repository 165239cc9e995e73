from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.conftest import EXAMPLES, run_example
from tests.models.conftest import Server, chat
from tinyarms import TinyArms
from tinyarms.core.settings import ModelSettings
from tinyarms.loop.reporting.stats import StatsView
from tinyarms.store.project.starter import write_starter

TRANSCRIPT = "Wake me at seven"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_starter(tmp_path, ModelSettings(kind="embedded", model="smollm2:135m"))
    return tmp_path


def own_model(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = run_example(project, sys.executable, str(EXAMPLES / "own_model.py"), *words)
    assert done.returncode == 0, done.stderr
    return done


def stats(project: Path) -> StatsView:
    with TinyArms.open(project) as arms:
        return arms.stats("audio-actions")


@pytest.mark.slow
def test_the_application_reports_output_and_feedback(project: Path) -> None:
    right = own_model(project, TRANSCRIPT, "--expected", "timer")
    assert re.match(r"timer  \(task \S+\)\n", right.stdout)
    wrong = own_model(project, "Write to Ana that I am late", "--expected", "none")
    assert wrong.stdout.startswith("message  (task ")
    unjudged = own_model(project, "What a day")
    assert unjudged.stdout.startswith("none  (task ")
    view = stats(project)
    assert (view.n, view.accuracy) == (2, 0.5)


@pytest.mark.slow
def test_the_application_calls_a_server(project: Path, server: Server) -> None:
    server.answers = [chat("timer"), chat("An alarm?")]
    words = (TRANSCRIPT, "--server", server.url, "--model", "tiny")
    assert own_model(project, *words).stdout.startswith("timer  (task ")
    assert own_model(project, *words).stdout.startswith("'An alarm?' is none of: reminder, ")
    path, body = server.seen[0]
    assert (path, body["model"]) == ("/v1/chat/completions", "tiny")
    [turn] = body["messages"]
    prompt = (project / "skills" / "audio-actions.md").read_text().strip()
    assert turn == {"role": "user", "content": f"{prompt}\n\nInput: {TRANSCRIPT}\nOutput:"}
