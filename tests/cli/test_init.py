from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tinyarms.cli.main import cli
from tinyarms.store.project.config import load_project


@pytest.mark.slow
def test_a_project_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    # Without its weights, the model is not started.
    environ = {"TINYARMS_MODELS": str(tmp_path / "models"), "TINYARMS_HOME": "/nowhere"}
    result = CliRunner().invoke(cli, ["init", str(folder)], env=environ)
    assert result.exit_code == 0
    assert "Config     ok" in result.stdout
    assert "Get them with: tinyarms model pull smollm2:135m" in result.stdout
    assert f"Wrote {folder / 'config.yaml'}" in result.stdout
    assert f"cd {folder} && tinyarms run file-naming file_name=" in result.stdout
    model = load_project(folder).models["smollm2:135m"]
    assert (model.kind, model.model) == ("embedded", "smollm2:135m")


@pytest.mark.slow
def test_another_model_runs_in_ollama(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        cli, ["init", "--model", "ollama:qwen3:0.6b", "--json", str(tmp_path)]
    )
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert data["folder"] == str(tmp_path)
    assert str(tmp_path / "config.yaml") in data["files"]
    assert {"config", "models", "database"} <= {each["check"] for each in data["findings"]}
    assert [model.kind for model in load_project(tmp_path).models.values()] == ["ollama"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tag", "model", "url"),
    [
        ("qwen@q4_k_m@http://h:1/v1", "qwen@q4_k_m", "http://h:1/v1"),
        ("@cf/meta/llama@https://ada:p@h/v1", "@cf/meta/llama", "https://ada:p@h/v1"),
        ("tiny@http://h:1", "tiny", "http://h:1"),
    ],
)
def test_a_servers_model_may_have_any_name(tmp_path: Path, tag: str, model: str, url: str) -> None:
    result = CliRunner().invoke(cli, ["init", "--model", f"openai:{tag}", str(tmp_path)])
    assert result.exit_code == 0
    settings = next(iter(load_project(tmp_path).models.values()))
    assert (settings.model, settings.base_url) == (model, url)


def test_a_model_that_is_nowhere_is_refused_with_the_nearest(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    environ = {"OLLAMA_HOST": "http://127.0.0.1:9"}
    words = ["init", "--model", "smolm2:135m", str(folder)]
    result = CliRunner().invoke(cli, words, env=environ)
    assert result.exit_code == 2
    assert "no Ollama answers. Did you mean smollm2:135m?" in result.stderr
    assert not folder.exists()


@pytest.mark.parametrize("tag", ["tiny@h:1/v1", "tiny", "@http://h/v1", "tiny@not a url"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, tag: str) -> None:
    folder = tmp_path / "new"
    result = CliRunner().invoke(cli, ["init", "--model", f"openai:{tag}", str(folder)])
    assert result.exit_code == 2
    assert not folder.exists()
