"""The generated references are current, complete, and their examples are valid."""

from __future__ import annotations

import ast
import json

import click
import pytest
from ruamel.yaml import YAML
from tools.reference import answers, commands, settings
from tools.reference.__main__ import PAGES
from tools.reference.sources import ROOT, SOURCE, load

from tinyarms.core.settings import ModelSettings
from tinyarms.skills.example import parse_examples
from tinyarms.skills.template import check_variables


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
def test_the_references_are_what_the_source_says(path: str) -> None:
    current = (ROOT / path).read_text(encoding="utf-8") == PAGES[path]()
    assert current, f"{path} is out of date. Run: make reference"


@pytest.mark.slow
def test_every_command_that_prints_json_has_its_answer_described() -> None:
    printed = {
        node.args[0].value
        for path in (SOURCE / "tinyarms" / "cli").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "emit"
        and isinstance(node.args[0], ast.Constant)
    }
    assert printed, "No call of `emit` was found: has it another name?"
    assert printed <= answers.ANSWERS.keys()


def test_exactly_the_commands_with_a_json_option_are_in_the_json_reference() -> None:
    root = load("cli")
    found = commands.walk(root, "", click.Context(root, info_name="tinyarms"))
    with_json = {
        name for name, (command, _) in found if any("--json" in p.opts for p in command.params)
    }
    assert with_json == answers.ANSWERS.keys()


def test_every_command_is_listed_once() -> None:
    root = load("cli")
    names = [
        name for name, _ in commands.walk(root, "", click.Context(root, **root.context_settings))
    ]
    grouped = commands.grouped(names)
    assert sorted(name for group in grouped.values() for name in group) == sorted(names)
    assert commands.OTHERS not in grouped, "Put them under a heading of commands.GROUPS."


def test_an_answer_that_differs_from_its_dataclass_is_noticed() -> None:
    bar = {"letter": "A", "share": None, "votes": 0, "interval": [0.1, 0.9], "p_best": None}
    vote = {
        "schema": "tinyarms/1",
        "command": "prompt vote",
        "ballot_id": "b",
        "accepted": True,
        "picked": True,
        "counted": True,
        "excluded": None,
        "standings": [bar],
        "votes": 1,
        "votes_needed": 3,
        "decision": None,
        "reason": "",
        "promoted_version": None,
        "voted_before": False,
    }
    assert answers.check(vote) == []
    assert answers.check(vote | {"standings": [bar | {"colour": "red"}]})
    assert answers.check(vote | {"more": 1})
    assert answers.check({key: value for key, value in vote.items() if key != "reason"})


def test_the_examples_of_the_settings_are_valid() -> None:
    yaml = YAML(typ="safe")
    models = yaml.load(settings.MODEL_EXAMPLES)["models"]
    assert {ModelSettings.model_validate(model).kind for model in models.values()} == {
        "embedded",
        "ollama",
        "openai",
    }
    skill_model = load("SkillModel")
    for name, entry in yaml.load(settings.SKILL_EXAMPLE)["skills"].items():
        skill = skill_model.model_validate(entry).skill(name)
        parse_examples([settings.EXAMPLE_ROW], skill.inputs, "the example")
        prompt = load("parse_prompt_file")(settings.PROMPT_EXAMPLE, "the example")
        check_variables(prompt.text, skill.inputs, "the example")
        assert set(prompt.calibration) == set(skill.contract.labels)
        assert skill.contract.parse(prompt.demonstrations[0].output)
        assert skill.contract.parse(json.loads(settings.EXAMPLE_ROW)["expected"])
