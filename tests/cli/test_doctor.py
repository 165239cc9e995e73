from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.reference.answers import check

from tests.cli.conftest import Shell
from tests.models.conftest import Answer, Server

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def use(server: Server, shell: Shell) -> None:
    path = shell.root / "config.yaml"
    recorded = "recorded: {kind: replay, model: recorded, recording: replies.jsonl}"
    entry = f"recorded: {{kind: openai, model: tiny, base_url: {server.url!r}}}"
    path.write_text(path.read_text().replace(recorded, entry))


def test_warnings_are_told_with_their_remedies_and_the_code_is_0(shell: Shell) -> None:
    result = shell("doctor")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("Versions   ok  tinyarms ")
    for line in ("Config     ok", "Database   ok", "Clock      ok", "Examples   1 warning"):
        assert line in lines
    place = lines.index("Examples   1 warning")
    assert lines[place + 1].startswith("  warning  file-naming has no scorer")
    assert lines[place + 2].startswith("           Add `scorer:`")
    assert shell.json("doctor")["ok"] is True


def test_what_will_not_work_makes_the_code_1(shell: Shell) -> None:
    (shell.root / "skills" / "linting.md").unlink()
    result = shell("doctor", "--json")
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert data["ok"] is False and check(data) == []
    [fault] = [each for each in data["findings"] if each["level"] == "error"]
    assert (fault["check"], fault["where"]) == ("prompts", "linting")
    assert "ERROR" in shell("doctor").stdout


def test_without_a_project(tmp_path: Path) -> None:
    result = Shell(tmp_path)("doctor")
    assert result.exit_code == 1
    assert "tinyarms init" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("words", [("--calls", "-1"), ("--timeout", "0"), ("--timeout", "soon")])
def test_numbers_out_of_range(shell: Shell, words: tuple[str, str]) -> None:
    assert shell("doctor", *words).exit_code == 2


def test_calls_0_asks_each_model_once(shell: Shell, server: Server) -> None:
    use(server, shell)
    server.answers = [Answer({"choices": [{"message": {"content": "yes"}}]})]
    result = shell("doctor", "--calls", "0")
    assert result.exit_code == 0, result.output
    assert len(server.seen) == 1
    assert "Contracts" not in result.stdout


def test_ctrl_c_ends_it_on_a_server_that_hangs(shell: Shell, server: Server) -> None:
    use(server, shell)
    server.answers = [Answer(hang=True)]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tinyarms.cli.main", "doctor"],
        env={**os.environ, "TINYARMS_HOME": str(shell.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith("Asking recorded")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=15)  # the model may be asked for 60 s
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
