"""`tinyarms export` writes a file, and says what it wrote and what a wrong call needs."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import INCUMBENT, Shell


@pytest.mark.slow
def test_a_prompt_is_written_and_named(shell: Shell) -> None:
    file = str(shell.root / "prompt.json")
    done = shell("export", "file-naming", "--to", "langfuse", file, "--json")
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert (answer["format"], answer["n"], answer["unit"]) == ("langfuse", 1, "prompt")
    assert INCUMBENT in json.loads((shell.root / "prompt.json").read_text())["prompt"]
    said = shell("export", "file-naming", "--to=markdown", str(shell.root / "f.md")).output
    assert said.startswith("1 prompt in ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--to", "langfus", "x"], "Did you mean langfuse?"),
        (["--to", "python"], "Name it: file-naming.py"),
        (["--to", "python", "out/"], "There is no folder out/. Make it (mkdir out/)"),
        (["--to", "votes-jsonl", "--version", "1", "x"], "Leave out --version."),
    ],
)
def test_a_wrong_call_says_what_to_do(shell: Shell, words: list[str], hint: str) -> None:
    done = shell("export", "file-naming", *words)
    assert done.exit_code == 2
    assert hint in " ".join(done.output.split())
