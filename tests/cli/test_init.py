from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from tinyarms.cli.main import cli
from tinyarms.store.project.config import load_project


def test_a_project_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    result = CliRunner().invoke(cli, ["init", str(folder)])
    assert result.exit_code == 0
    assert f"Wrote {folder / 'config.yaml'}" in result.stdout
    assert f"cd {folder} && tinyarms run file-naming file_name=" in result.stdout
    model = load_project(folder).models["smollm2:135m"]
    assert (model.kind, model.model) == ("embedded", "smollm2:135m")


def test_another_model_runs_in_ollama(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["init", "--model", "qwen3:0.6b", "--json", str(tmp_path)])
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert data["folder"] == str(tmp_path)
    assert str(tmp_path / "config.yaml") in data["files"]
    assert [model.kind for model in load_project(tmp_path).models.values()] == ["ollama"]
