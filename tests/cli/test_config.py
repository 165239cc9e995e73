from __future__ import annotations

from ruamel.yaml import YAML

from tests.cli.conftest import Shell


def test_defaults_are_filled_in_and_both_forms_agree(shell: Shell) -> None:
    data = shell.json("config", "show")
    assert data["folder"] == str(shell.root)
    assert data["prompt_evolution"]["ab_testing"]["max_votes"] == 20
    assert data["prompt_evolution"]["triggers"]["cooldown_hours"] == 168
    assert data["models"]["recorded"]["recording"] == "replies.jsonl"
    assert data["skills"]["linting"]["evolvable"] is False
    assert data["skills"]["linting"]["inputs"] == ["code"]
    read = YAML(typ="safe").load(shell("config", "show").stdout)
    assert read == {key: data[key] for key in read}
    assert set(read) == {"folder", "models", "skills", "prompt_evolution"}


def test_looking_writes_nothing(shell: Shell) -> None:
    shell("config", "show")
    assert not list(shell.root.glob("tinyarms.db*"))
