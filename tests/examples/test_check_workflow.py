"""The workflow to copy is valid, and its command is one that tinyArms has."""

from __future__ import annotations

import shlex
from pathlib import Path

from ruamel.yaml import YAML

from tinyarms.cli.check import check

WORKFLOW = Path(__file__).parents[2] / "examples" / "check.yml"


def test_the_command_of_the_workflow() -> None:
    steps = YAML(typ="safe").load(WORKFLOW)["jobs"]["check"]["steps"]
    [command] = [step["run"] for step in steps if step.get("run", "").startswith("tinyarms")]
    program, name, *arguments = shlex.split(command)
    assert (program, name) == ("tinyarms", "check")
    given = check.make_context(name, arguments).params
    assert (given["against"], given["skills"]) == ("$TARGET", ())
    assert (given["replay"], given["junit_file"]) == (Path("check.jsonl"), Path("check.xml"))
    assert "${{" not in command  # A branch's name is data, never part of a shell command.
