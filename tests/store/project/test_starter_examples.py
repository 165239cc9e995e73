"""The examples of a new project are valid."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from tinyarms.core.ids import content_hash
from tinyarms.core.settings import ModelSettings
from tinyarms.skills.contract import Labels
from tinyarms.skills.example import Example, parse_examples
from tinyarms.skills.example_set import example_set
from tinyarms.skills.scorers import make_scorer
from tinyarms.skills.skill import Skill
from tinyarms.store.project.config import load_project
from tinyarms.store.project.starter import write_starter

NAMES = ["file-naming", "audio-actions", "markdown-analysis", "code-linting-fast"]


@pytest.fixture(scope="module")
def skills(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Skill]:
    root: Path = tmp_path_factory.mktemp("starter")
    write_starter(root, ModelSettings(kind="embedded", model="smollm2:135m"))
    return {name: config.skill for name, config in load_project(root).skills.items()}


def _examples(skill: Skill) -> list[Example]:
    assert skill.examples is not None
    text = (files("tinyarms.store.project") / "starter" / skill.examples).read_text(
        encoding="utf-8"
    )
    return parse_examples(
        text.split("\n"), skill.inputs, skill.name, read_inputs=lambda given, where: given
    )


@pytest.mark.parametrize(
    ("name", "least", "test"),
    [
        ("file-naming", 400, 200),
        ("audio-actions", 300, 120),
        ("markdown-analysis", 300, 120),
        ("code-linting-fast", 10, 6),
    ],
)
def test_there_are_enough_in_every_split(
    skills: dict[str, Skill], name: str, least: int, test: int
) -> None:
    counts = Counter(example.split for example in _examples(skills[name]))
    assert counts.total() >= least
    assert counts["test"] == test
    # The gate halves its alpha for two finalists, and the search needs failures to learn from.
    assert counts["search"] > counts["selection"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_every_expected_output_keeps_the_contract_and_scores_1(
    skills: dict[str, Skill], name: str
) -> None:
    skill = skills[name]
    assert skill.scorer is not None
    scorer = make_scorer(skill.scorer, skill.scorer_options, name)
    for example in _examples(skill):
        assert skill.contract.parse(example.expected) == example.expected, example.id
        assert scorer(example, example.expected) == 1.0, example.id


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_example_stands_twice_so_none_leaks_into_the_test(
    skills: dict[str, Skill], name: str
) -> None:
    examples = _examples(skills[name])
    assert len({content_hash(dict(example.inputs)) for example in examples}) == len(examples)
    found = example_set(examples, skills[name].contract, {}, 0.2, lambda example: True)
    assert found.left_out == {}
    assert {example.origin for example in examples} == {"gold"}


@pytest.mark.parametrize("name", ["audio-actions", "markdown-analysis", "code-linting-fast"])
def test_every_label_is_as_frequent_as_the_others(skills: dict[str, Skill], name: str) -> None:
    contract = skills[name].contract
    assert isinstance(contract, Labels)
    examples = _examples(skills[name])
    counts = Counter(example.expected for example in examples)
    assert set(counts) == set(contract.labels)
    assert len(set(counts.values())) == 1
    for split in ("search", "selection", "test"):
        seen = {example.expected for example in examples if example.split == split}
        assert seen == set(contract.labels)
