from __future__ import annotations

import re
import subprocess
from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from tinyarms.core.errors import ConfigError
from tinyarms.core.settings import EvolutionSettings, ModelSettings, RuleName
from tinyarms.skills.example import parse_examples
from tinyarms.skills.prompt_file import parse_prompt_file
from tinyarms.skills.template import check_variables
from tinyarms.store.project.config import load_project
from tinyarms.store.project.starter import write_starter

EMBEDDED = ModelSettings(kind="embedded", model="smollm2:135m")
OTHER = ModelSettings(kind="openai", model="Org/Big: 7B", base_url="http://host/v1", slots=4)


@pytest.mark.slow
@pytest.mark.parametrize("model", [EMBEDDED, OTHER])
def test_the_starter_is_a_project(tmp_path: Path, model: ModelSettings) -> None:
    written = write_starter(tmp_path, model)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(written)
    project = load_project(tmp_path)
    assert project.models == {model.model: model}
    assert set(project.skills) == {
        "file-naming",
        "audio-actions",
        "markdown-analysis",
        "code-linting-fast",
    }
    assert {each.skill.model for each in project.skills.values()} == {model.model}
    assert [name for name, each in project.skills.items() if not each.skill.evolvable] == [
        "code-linting-fast"
    ]


@pytest.mark.slow
def test_the_constants_say_what_holds_without_them(tmp_path: Path) -> None:
    write_starter(tmp_path, EMBEDDED)
    assert (tmp_path / "config" / "constants.yaml").exists()
    assert load_project(tmp_path).settings == EvolutionSettings()


def test_the_constants_name_every_rule_that_can_begin_a_search(tmp_path: Path) -> None:
    write_starter(tmp_path, EMBEDDED)
    constants = (tmp_path / "config" / "constants.yaml").read_text(encoding="utf-8")
    comment = constants.partition("rules:")[2].partition("false_alarms_per_1000:")[0]
    assert set(get_args(RuleName)) <= set(re.findall(r"\w+", comment))


def test_the_constants_name_every_setting_of_a_search(tmp_path: Path) -> None:
    write_starter(tmp_path, EMBEDDED)
    constants = (tmp_path / "config" / "constants.yaml").read_text(encoding="utf-8")
    search = EvolutionSettings().evolution
    for name in (*type(search).model_fields, *type(search.budget).model_fields):
        assert re.search(rf"^ *(# )?{name}:", constants, re.MULTILINE), name


@pytest.mark.slow
def test_prompts_and_examples_fit_their_skills(tmp_path: Path) -> None:
    write_starter(tmp_path, EMBEDDED)
    for name, config in load_project(tmp_path).skills.items():
        prompt = parse_prompt_file((tmp_path / config.prompt_template).read_text(), name)
        check_variables(prompt.text, config.skill.inputs, name)
        assert config.skill.examples is not None
        with (tmp_path / config.skill.examples).open() as lines:
            for example in parse_examples(
                lines, config.skill.inputs, name, read_inputs=lambda given, where: given
            ):
                assert config.skill.wrong_inputs(example.inputs) is None
                assert config.skill.contract.parse(example.expected) == example.expected


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "skills" / "file-naming.md"
    mine.parent.mkdir()
    mine.write_text("Mine.")
    with pytest.raises(ConfigError, match=r"file-naming\.md is here already"):
        write_starter(tmp_path, EMBEDDED)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]


def test_git_leaves_out_what_users_sent(tmp_path: Path) -> None:
    run = partial(subprocess.run, cwd=tmp_path, check=True, capture_output=True, text=True)
    run(["git", "init", "--quiet"])
    write_starter(tmp_path, EMBEDDED)
    kept = ["tinyarms.db", "tinyarms.db-wal", "tinyarms.db.backup-2", ".tinyarms/spool/1.jsonl"]
    for name in kept:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    added = run(["git", "add", "--all", "--dry-run"]).stdout
    assert "config.yaml" in added
    assert not [name for name in kept if name in added]


def test_a_gitignore_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    assert tmp_path / ".gitignore" not in write_starter(tmp_path, EMBEDDED)
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
