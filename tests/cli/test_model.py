from __future__ import annotations

import hashlib
import json
from pathlib import Path

from click.testing import CliRunner

from tests.cli.conftest import Shell
from tinyarms.cli.main import cli


def test_the_list_says_what_is_here(tmp_path: Path) -> None:
    environ = {"TINYARMS_MODELS": str(tmp_path)}
    said = CliRunner().invoke(cli, ["model", "list"], env=environ)
    assert said.exit_code == 0
    lines = {line.split()[0]: line for line in said.stdout.splitlines()}
    assert lines["smollm2:135m"].split()[1:3] == ["no", "145"]
    assert "smollm2:360m-instruct-q4_k_m" in lines
    data = json.loads(CliRunner().invoke(cli, ["model", "list", "--json"], env=environ).stdout)
    first = next(each for each in data["models"] if each["name"] == "smollm2:135m")
    assert (first["pulled"], first["size"]) == (False, 144_811_072)
    assert lines["smollm2:135m"].rstrip().endswith("catalog")
    assert (first["in_catalog"], first["revision"], len(first["sha256"])) == (True, "0.1.2", 64)


def test_a_hash_that_is_not_known_is_kept_and_said(tmp_path: Path) -> None:
    """Pulled by an earlier version, which kept no hash."""
    environ = {"TINYARMS_MODELS": str(tmp_path)}
    name = "smollm2:360m-instruct-q6_k"
    (tmp_path / "SmolLM2-360M-Instruct-Q6_K.gguf").write_bytes(b"weights")
    hash = hashlib.sha256(b"weights").hexdigest()
    first = CliRunner().invoke(cli, ["model", "pull", name], env=environ)
    assert f"From now on, it must be {hash}." in first.stdout
    again = CliRunner().invoke(cli, ["model", "pull", name, "--json"], env=environ)
    assert json.loads(again.stdout)["sha256"] == hash
    listed = CliRunner().invoke(cli, ["model", "list"], env=environ).stdout
    [line] = [each for each in listed.splitlines() if each.startswith(name)]
    assert line.rstrip().endswith("first pull")
    (tmp_path / "pins.json").write_text("{")
    broken = CliRunner().invoke(cli, ["model", "list"], env=environ)
    assert broken.exit_code == 1
    assert "pins.json: cannot be read" in broken.stderr


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    environ = {"TINYARMS_MODELS": str(tmp_path / "file" / "models")}
    result = CliRunner().invoke(cli, ["model", "pull", "smollm2:135m"], env=environ)
    assert result.exit_code == 1
    assert "cannot write" in result.stderr
    assert "TINYARMS_MODELS" in result.stderr


def test_without_a_name_the_projects_own_embedded_model_is_tuned(shell: Shell) -> None:
    """It must not be one of the catalog that the project does not use."""
    none = shell("model", "tune")
    assert none.exit_code == 2
    assert none.stderr == (
        "tinyarms: This project has 0 embedded models. Name the model to tune: "
        "tinyarms model tune smollm2:135m\n"
    )
    config = shell.root / "config.yaml"
    larger = "  larger: {kind: embedded, model: 'smollm2:360m-instruct'}\nskills:"
    config.write_text(config.read_text().replace("skills:", larger))
    one = shell("model", "tune")
    assert "Measuring smollm2:360m-instruct-q4_k_m" in one.stderr
    smaller = "  smaller: {kind: embedded, model: 'smollm2:135m'}\nskills:"
    config.write_text(config.read_text().replace("skills:", smaller))
    both = shell("model", "tune")
    assert both.exit_code == 2
    assert "2 embedded models: smollm2:135m, smollm2:360m-instruct. Name the" in both.stderr


def test_tuning_needs_the_weights(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["model", "tune"], env={"TINYARMS_MODELS": str(tmp_path)})
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "tinyarms model pull smollm2:135m" in result.stderr
    unknown = CliRunner().invoke(cli, ["model", "tune", "gpt-9"])
    assert unknown.exit_code == 2
    assert "gpt-9" in unknown.stderr
