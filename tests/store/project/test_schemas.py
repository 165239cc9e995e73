"""The JSON schemas accept what the program accepts, and refuse what it refuses."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tools.reference.__main__ import PAGES
from tools.reference.schemas import FOLDER
from tools.reference.settings import EXAMPLE_ROW, INPUTS_EXAMPLE, MODEL_EXAMPLES, SKILL_EXAMPLE
from tools.reference.sources import ROOT

from tests.store.project.test_config import MODELS, PICTURE, SKILL, write
from tinyarms.core.yaml_values import read_document
from tinyarms.store.project.config import load_usable
from tinyarms.store.project.starter import write_schemas

STARTER = files("tinyarms.store.project") / "starter"


@cache
def validator(name: str) -> Draft202012Validator:
    schema = json.loads((STARTER / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def values(text: str) -> dict[str, Any]:
    document = read_document(text)
    assert document.problems == ()
    return document.values


def test_the_schemas_are_what_the_source_says() -> None:
    for path, make in PAGES.items():
        if path.startswith(FOLDER):
            current = (ROOT / path).read_text(encoding="utf-8") == make()
            assert current, f"{path} is out of date. Run: make reference"


@pytest.mark.slow
def test_every_file_of_a_new_project_names_its_schema_and_keeps_it() -> None:
    for name, path in (("config", "config.yaml"), ("constants", "config/constants.yaml")):
        text = (STARTER / path).read_text(encoding="utf-8")
        where = "../" * path.count("/")
        assert text.startswith(f"# yaml-language-server: $schema={where}schemas/{name}.json\n")
        validator(name).validate(values(text))
    for file in (STARTER / "examples").iterdir():
        for line in file.read_text(encoding="utf-8").splitlines()[:20]:
            validator("example").validate(json.loads(line))


@pytest.mark.slow
def test_the_examples_of_the_documentation_keep_the_schemas() -> None:
    inputs = INPUTS_EXAMPLE.replace("\n", "\n    ").rstrip()
    pictures = SKILL_EXAMPLE.replace("inputs: [subject, body]", inputs)
    validator("config").validate(values(MODEL_EXAMPLES + SKILL_EXAMPLE))
    validator("config").validate(values(MODEL_EXAMPLES + pictures))
    validator("example").validate(json.loads(EXAMPLE_ROW))


def skill(key: str, value: str) -> str:
    kept = [line for line in SKILL.splitlines() if not line.startswith(f"    {key}:")]
    return MODELS + "\n".join([*kept, f"    {key}: {value}"]) + "\n"


@pytest.mark.parametrize(
    "config",
    [
        MODELS + SKILL,
        skill("inputs", PICTURE) + "    needs_one_of: [picture, content]\n",
        skill("scorer", "mine:score"),
        skill("scorer", "{name: judge, rubric: Is it right?}"),
        skill("output", "{labels: ['no', 'yes'], max_tokens: 3}"),
        skill("output", "{text: true, labels: null}"),
        skill("evolvable", "no"),
        skill("evolved_at", "2024-11-10T08:00:00Z"),
        skill("judge", "{model: tiny, threshold: 0.4}"),
    ],
)
def test_a_config_that_both_accept(tmp_path: Path, config: str) -> None:
    assert load_usable(write(tmp_path, config))[1] == ()
    validator("config").validate(values(config))


@pytest.mark.parametrize(
    "config",
    [
        "",
        MODELS,
        MODELS + SKILL + "skils: 1\n",
        MODELS.replace("kind", "knd") + SKILL,
        MODELS.replace("embedded", "magic") + SKILL,
        MODELS + "    slots: 0\n" + SKILL,
        MODELS + "    base_url: localhost\n" + SKILL,
        MODELS + SKILL.replace("file-naming:", "../x:"),
        skill("outptu", "1"),
        skill("prompt_version", "two"),
        skill("inputs", "[]"),
        skill("inputs", "[file name]"),
        skill("inputs", "content"),
        skill("inputs", "{x: {type: smell}}"),
        skill("inputs", "{x: {text_from: ocr}}"),
        skill("output", "text"),
        skill("output", "{}"),
        skill("output", "{text: true, pattern: a}"),
        skill("output", "{text: false}"),
        skill("output", "{labels: [1, 2]}"),
        skill("output", "{labels: [a]}"),
        skill("output", "{lables: [a, b]}"),
        skill("scorer", "best"),
        skill("scorer", "regex"),
        skill("scorer", "judge"),
        skill("scorer", "{name: judge}"),
        skill("success_at", "2"),
        skill("success_at", "0"),
    ],
)
def test_a_config_that_both_refuse(tmp_path: Path, config: str) -> None:
    assert load_usable(write(tmp_path, config))[1] != ()
    assert not validator("config").is_valid(values(config))


@pytest.mark.parametrize(
    ("constants", "good"),
    [
        ("prompt_evolution:\n", True),
        ("prompt_evolution: {trigger: {skill_accuracy_threshold: 0.7}}\n", True),
        ("prompt_evolution: {learning: {max_share_of_a_user: 0.4}}\n", True),
        ("prompt_evolution: {enabled: no, retention_days: null}\n", True),
        ("prompt_evolutoin: {}\n", False),
        ("prompt_evolution: {triggers: {acuracy: 1}}\n", False),
        ("prompt_evolution: {triggers: {accuracy_threshold: high}}\n", False),
        ("prompt_evolution: {alpha: 0}\n", False),
        ("prompt_evolution: {trigger: {x: 1}}\n", False),
        ("prompt_evolution: {retention_days: 99999999999}\n", False),
        ("prompt_evolution: {notifications: {webhook: nowhere}}\n", False),
    ],
)
def test_constants_are_judged_alike(tmp_path: Path, constants: str, good: bool) -> None:
    assert (load_usable(write(tmp_path, MODELS + SKILL, constants))[1] == ()) == good
    assert validator("constants").is_valid(values(constants)) == good


def test_the_schemas_can_be_written_into_an_older_project(tmp_path: Path) -> None:
    written = write_schemas(tmp_path)
    assert [path.name for path in written] == ["config.json", "constants.json", "example.json"]
    assert write_schemas(tmp_path) == written
    for path in written:
        shipped = (STARTER / "schemas" / path.name).read_text(encoding="utf-8")
        assert path.read_text(encoding="utf-8") == shipped
