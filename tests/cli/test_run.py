from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.cli.conftest import INCUMBENT, Shell
from tests.cli.terminal import Terminal
from tests.pictures import drawn, png


@pytest.mark.slow
def test_the_output_alone_is_on_stdout(shell: Shell) -> None:
    shell.record(INCUMBENT, "a=b", "golden-gate")
    result = shell("run", "file-naming", "content=a=b", "--task-id", "t1")
    assert (result.exit_code, result.stdout) == (0, "golden-gate\n")
    assert "tinyarms feedback t1 --success" in result.stderr


@pytest.mark.slow
def test_a_stdout_that_lacks_characters_ends_nothing(shell: Shell) -> None:
    shell.record(INCUMBENT, "x", "größe 日本")
    program = [sys.executable, "-m", "tinyarms.cli.main", "run", "file-naming", "content=x"]
    environ = {**os.environ, "TINYARMS_HOME": str(shell.root), "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(program, capture_output=True, env=environ)
    assert (done.returncode, done.stdout) == (0, "größe ??\n".encode("latin-1"))


@pytest.mark.slow
def test_a_terminal_shows_what_it_waits_for_and_nothing_stays_of_it(shell: Shell) -> None:
    shell.record(INCUMBENT, "x", "golden-gate")
    terminal = Terminal(shell.root, "run", "file-naming", "content=x")
    try:
        assert terminal.end() == 0
        assert "Running file-naming" in terminal.raw.decode()
        assert "Running" not in terminal.text()
        assert "golden-gate" in terminal.text()
    finally:
        terminal.close()


@pytest.mark.slow
def test_as_json(shell: Shell) -> None:
    shell.record(INCUMBENT, "x", "golden-gate")
    data = shell.json("run", "file-naming", "content=x", "--user", "ada")
    assert data["command"] == "run"
    assert (data["output"], data["prompt_version"]) == ("golden-gate", 1)
    assert data["violation"] is None
    assert data["task_id"]


@pytest.mark.slow
def test_the_scorer_compares_with_what_was_expected(shell: Shell) -> None:
    config = shell.root / "config.yaml"
    text = config.read_text().replace(
        "output: {text: true}", "output: {text: true}\n    scorer: exact"
    )
    config.write_text(text)
    shell.record(INCUMBENT, "x", "golden-gate")
    done = shell("run", "file-naming", "content=x", "--expected", "golden-gate")
    assert (done.stdout, done.stderr) == ("golden-gate\n", "")
    shell("run", "file-naming", "content=x", "--expected", "red-bridge")
    view = shell.json("prompt", "stats", "file-naming")["skills"][0]
    assert (view["n"], view["successes"], view["failures"]) == (2, 1, 1)
    linting = shell("run", "linting", "code=x", "--expected", "ok")
    assert (linting.exit_code, "linting has no scorer" in linting.stderr) == (2, True)


@pytest.mark.slow
def test_inputs_from_a_file_or_stdin(shell: Shell) -> None:
    shell.record(INCUMBENT, "grüße", "hello")
    path = shell.root / "task.json"
    path.write_text('{"content": "grüße"}', encoding="utf-8")
    assert shell("run", "file-naming", "--input-json", str(path)).stdout == "hello\n"
    piped = shell("run", "file-naming", "--input-json", "-", input='{"content": "grüße"}')
    assert piped.stdout == "hello\n"
    over = shell("run", "file-naming", "--input-json", str(path), "content=other")
    assert "no recorded reply" in over.stderr


@pytest.mark.slow
def test_a_broken_contract_is_a_failure_that_keeps_the_task(shell: Shell) -> None:
    shell.record("Does it break a rule?", "x = 1", "maybe", skill="linting")
    result = shell("run", "linting", "code=x = 1", "--task-id", "t1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "broke the contract" in result.stderr
    assert "t1" in result.stderr
    assert shell.json("prompt", "stats", "linting")["skills"][0]["violations"] == 1


@pytest.mark.slow
def test_a_picture_is_given_by_its_path(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path is relative to the folder in which the command runs."""
    config = shell.root / "config.yaml"
    inputs = "inputs: {content: {type: image, text_from: ocr}}"
    config.write_text(config.read_text().replace("inputs: [content]", inputs, 1))
    monkeypatch.chdir(shell.root / "skills")
    for given, why in (
        ("content=none.png", "skills/none.png: No such file"),
        ("content=../config.yaml", "is not a picture"),
        ("content=data:image/png;base64,AAAA", "content: is not a picture"),
    ):
        refused = shell("run", "file-naming", given)
        assert (refused.exit_code, why in refused.stderr) == (2, True), refused.stderr
        assert refused.stderr.count("\n") == 1
    (shell.root / "skills" / "shot.png").write_bytes(png(drawn("Invoice 7", size=(400, 100))))
    shell.record(INCUMBENT, "Invoice 7\n(shot.png, 400×100, landscape)", "invoice-7")
    done = shell("run", "file-naming", "content=shot.png")
    assert (done.exit_code, done.stdout) == (0, "invoice-7\n"), done.stderr
