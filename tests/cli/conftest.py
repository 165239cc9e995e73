"""A project whose model answers from a recording, and the program that works on it."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tools.reference.answers import check

from tinyarms.cli.main import cli
from tinyarms.skills.contract import Contract, Labels, Text
from tinyarms.skills.execution import ModelReply, build_request
from tinyarms.skills.prompt import Prompt

CONFIG = """\
models:
  recorded: {kind: replay, model: recorded, recording: replies.jsonl}
skills:
  file-naming:
    description: Name a file.
    prompt_template: skills/file-naming.md
    model: recorded
    inputs: [content]
    output: {text: true}
  linting:
    description: Check code.
    prompt_template: skills/linting.md
    model: recorded
    inputs: [code]
    output: {labels: [violation, ok]}
    evolvable: false
    reason: rules are rules
"""
CONSTANTS = """\
prompt_evolution:
  ab_testing: {show_probability: 1.0, max_votes: 20, min_tasks: 0}
"""
CONTRACTS: dict[str, tuple[Contract, str]] = {
    "file-naming": (Text(), "content"),
    "linting": (Labels(("violation", "ok")), "code"),
}
INCUMBENT = "Name it."
VARIANT_A = "Name it in kebab-case."
VARIANT_B = "Name it in kebab-case, with its colours."
OUTPUTS = {INCUMBENT: "photo", VARIANT_A: "golden-gate-bridge", VARIANT_B: "red-bridge"}


@dataclass
class Shell:
    """A project folder and the command line in it."""

    root: Path

    def __call__(self, *words: str, input: str | None = None) -> Result:
        environ = {"TINYARMS_HOME": str(self.root), "COLUMNS": "80"}
        return CliRunner().invoke(cli, words, env=environ, input=input, prog_name="tinyarms")

    def json(self, *words: str, input: str | None = None) -> Any:
        """The JSON object that a command prints with `--json`; it has to be all of stdout."""
        result = self(*words, "--json", input=input)
        assert result.exit_code == 0, result.output
        assert result.stdout.count("\n") == 1
        data = json.loads(result.stdout)
        assert data["schema"] == "tinyarms/1"
        assert check(data) == [], "The answer is not as docs/json.md says (tools/reference)."
        return data

    def record(self, prompt: str, value: str, output: str, skill: str = "file-naming") -> None:
        """Let the model answer this, to a prompt on the skill's input."""
        contract, field = CONTRACTS[skill]
        request = build_request(contract, Prompt(prompt), {field: value})
        reply = ModelReply(output, prompt_tokens=10, completion_tokens=2, latency_ms=12.0)
        row = {"key": request.key("recorded"), "reply": asdict(reply)}
        with (self.root / "replies.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")

    def files(self) -> dict[str, bytes]:
        """What is in the folder, the database and copies of prompts aside."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
            and not path.name.startswith("tinyarms.db")
            and ".tinyarms" not in path.parts
        }

    def start_test(self, ballots: int = 1) -> None:
        """A live test of two written variants, with ballots that wait."""
        for letter, prompt in (("a", VARIANT_A), ("b", VARIANT_B)):
            (self.root / f"{letter}.md").write_text(prompt)
        files = [str(self.root / "a.md"), str(self.root / "b.md")]
        made = self(
            "prompt", "create", "file-naming", "--variant-a", files[0], "--variant-b", files[1]
        )
        assert made.exit_code == 0, made.output
        for number in range(ballots):
            content = f"a bridge, number {number}"
            for prompt, output in OUTPUTS.items():
                self.record(prompt, content, output)
            ran = self("run", "file-naming", f"content={content}", "--task-id", f"t{number}")
            assert ran.exit_code == 0, ran.output


@pytest.fixture
def shell(new_shell: Shell, migrated: Path) -> Shell:
    shutil.copy(migrated, new_shell.root)
    return new_shell


@pytest.fixture
def new_shell(tmp_path: Path) -> Shell:
    """In a project that has no database yet."""
    root = tmp_path / "project"
    (root / "skills").mkdir(parents=True)
    (root / "config").mkdir()
    (root / "config.yaml").write_text(CONFIG)
    (root / "config" / "constants.yaml").write_text(CONSTANTS)
    (root / "skills" / "file-naming.md").write_text(INCUMBENT + "\n")
    (root / "skills" / "linting.md").write_text("Does it break a rule?\n")
    (root / "replies.jsonl").write_text("")
    return Shell(root)
