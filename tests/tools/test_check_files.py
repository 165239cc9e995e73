"""Pre-commit's checks of files work, and its configuration names existing programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tools.check_files import LARGEST_BYTES, main

_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_broken_yaml_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("a: 1\n---\nb: 2\n")
    bad.write_text("a: [1\n")
    assert main(["yaml", str(good)]) == 0
    assert main(["yaml", str(good), str(bad)]) == 1
    errors = capsys.readouterr().err
    assert str(bad) in errors
    assert errors.count("\n") == 1


@pytest.mark.slow
def test_a_large_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    largest, too_large = tmp_path / "largest", tmp_path / "too_large"
    largest.write_bytes(bytes(LARGEST_BYTES))
    too_large.write_bytes(bytes(LARGEST_BYTES + 1))
    assert main(["size", str(largest)]) == 0
    assert main(["size", str(largest), str(too_large)]) == 1
    assert str(too_large) in capsys.readouterr().err


@pytest.mark.slow
def test_an_unknown_check_is_refused() -> None:
    assert main(["spelling", "README.md"]) == 2
    assert main([]) == 2


@pytest.mark.slow
def test_the_hooks_are_local_and_run_from_the_projects_environment() -> None:
    config = YAML(typ="safe").load(_ROOT / ".pre-commit-config.yaml")
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    for hook in config["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/")
