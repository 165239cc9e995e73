from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Shell
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file, parse_prompt_file
from tinyarms.skills.verbalizer import Verbalizer

WEIGHED = Prompt(
    "Is it a violation?",
    verbalizer=Verbalizer(
        ("violation", "ok"), {" Fine": (-0.5, 0.5), "Sorry": (0.5, -0.5)}, {"a" * 12: (0.1, -0.1)}
    ),
)


@pytest.mark.slow
def test_the_whole_prompt_has_each_weight_and_puts_a_file_right_again(shell: Shell) -> None:
    file = shell.root / "skills/linting.md"
    file.write_text(format_prompt_file(WEIGHED))
    assert "2 words" in shell("prompt", "show", "linting").stdout
    whole = shell("prompt", "show", "linting", "--whole").stdout
    assert parse_prompt_file(whole, "it") == WEIGHED
    file.write_text("Another text.\n")  # version 2, in a file of its own
    assert shell.json("prompt", "show", "linting")["number"] == 2
    file.write_text("Yet another text.\n")
    [point] = json.loads(shell("drift", "linting", "--json").stdout)["points"]
    command, _, target = point["remedy"].partition(": tinyarms ")[2].partition(" > ")
    (shell.root / target).write_text(shell(*command.split()).stdout)
    assert shell.json("drift", "linting")["points"] == []
    assert parse_prompt_file(file.read_text(), "it") == WEIGHED


def test_whole_is_for_the_file_and_not_for_messages(shell: Shell) -> None:
    result = shell("prompt", "show", "linting", "--whole", "--for", "code=x")
    assert result.exit_code == 2 and "--whole" in result.stderr
