from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from tests.end_to_end.project import expected, recording, text, write_project
from tinyarms.cli.main import cli
from tinyarms.mcp.agent_skill import FOR_PEOPLE, text_of_skill

BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def tinyarms(*words: str) -> Result:
    return CliRunner().invoke(cli, words, prog_name="tinyarms")


def blocks(kind: str) -> list[str]:
    return [content for name, content in BLOCKS.findall(text_of_skill()) if name == kind]


def commands() -> list[list[str]]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert all(line.startswith("tinyarms ") for line in lines)
    return [line.split()[1:] for line in lines]


def test_the_front_matter_is_that_of_agent_skills(tmp_path: Path) -> None:
    result = tinyarms("agent-skill", str(tmp_path / "skills"))
    assert result.exit_code == 0
    path = tmp_path / "skills" / "tinyarms" / "SKILL.md"
    assert str(path) in result.stdout
    head = path.read_text().split("---\n")[1]
    front = YAML(typ="safe").load(head)
    assert front.keys() == {"name", "description"}
    assert front["name"] == path.parent.name
    assert 0 < len(front["description"]) <= 1024
    assert len(path.read_text().splitlines()) < 500


def test_it_is_written_again_over_an_older_one(tmp_path: Path) -> None:
    for _ in range(2):
        assert tinyarms("agent-skill", str(tmp_path)).exit_code == 0


def test_a_folder_that_cannot_be_made_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = tinyarms("agent-skill", str(tmp_path / "file"))
    assert result.exit_code == 1 and len(result.stderr.splitlines()) == 1


def test_its_last_command_prints_what_it_says() -> None:
    assert commands()[-1] == ["mcp", "--tools"]
    result = tinyarms("mcp", "--tools")
    assert result.exit_code == 0 and result.stdout == blocks("text")[-1]


def test_the_commands_for_a_person_exist() -> None:
    """Each command in the text that is not run below at least shows its help."""
    named = re.findall(
        r"`tinyarms ((?:[a-z-]+ ?)+?)(?: tickets| DIR)?(?: [A-Z])?`", text_of_skill()
    )
    assert len(named) > 8
    for words in named:
        assert tinyarms(*words.split(), "--help").exit_code == 0, words


def test_every_command_that_releases_is_for_people() -> None:
    """A new one has to be named; `propose` only writes a file for a review."""
    _, _, releasing = tinyarms("prompt", "--help").stdout.partition("Release:\n")
    names = {line.split()[0] for line in releasing.splitlines() if line.startswith("  ")}
    assert {"approve", "promote", "rollback"} <= names
    assert {f"prompt {name}" for name in names - {"propose"}} <= set(FOR_PEOPLE)
    [rule] = [line for line in text_of_skill().splitlines() if line.startswith("1. ")]
    assert all(f"`tinyarms {words}`" in rule for words in FOR_PEOPLE)


@pytest.mark.slow
def test_the_list_of_tools_needs_no_database() -> None:
    code = "import sys, tinyarms.mcp.catalog; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.slow
def test_every_command_in_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "project"
    write_project(root)
    monkeypatch.chdir(root)
    with Path("tickets.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        rows.writerows([text(n), expected(n)] for n in range(300))
    with recording(root):
        for words in commands():
            result = tinyarms(*words)
            assert result.exit_code == 0, (words, result.output)
            assert result.stdout.strip(), words
