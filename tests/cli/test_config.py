from __future__ import annotations

from ruamel.yaml import YAML

from tests.cli.conftest import Shell


def test_defaults_are_filled_in_and_both_forms_agree(shell: Shell) -> None:
    data = shell.json("config", "show")
    assert data["folder"] == str(shell.root)
    assert data["prompt_evolution"]["ab_testing"]["max_votes"] == 20
    assert data["prompt_evolution"]["triggers"]["cooldown_hours"] == 168
    assert data["models"]["recorded"]["recording"] == "replies.jsonl"
    assert data["warnings"] == []
    assert data["skills"]["linting"]["evolvable"] is False
    assert data["skills"]["linting"]["inputs"] == ["code"]
    read = YAML(typ="safe").load(shell("config", "show").stdout)
    assert read == {key: data[key] for key in read}
    assert set(read) == {"folder", "models", "skills", "prompt_evolution"}


def test_the_contract_is_shown_as_it_is_written_and_no_scorer_is_explained(shell: Shell) -> None:
    data = shell.json("config", "show")["skills"]
    assert data["linting"]["output"] == {"labels": ["violation", "ok"], "max_tokens": 16}
    assert data["file-naming"]["output"] == {"text": True, "max_tokens": 256}
    shown = shell("config", "show").stdout
    assert "scorer: # none, so its prompt is never searched" in " ".join(shown.split())


def test_looking_writes_nothing(new_shell: Shell) -> None:
    new_shell("config", "show")
    assert not list(new_shell.root.glob("tinyarms.db*"))


def test_settings_in_vain_are_told(shell: Shell) -> None:
    (shell.root / "config" / "constants.yaml").write_text(
        "prompt_evolution: {smollm2: {quantization: Q8_0}}\n"
    )
    shown = shell("config", "show")
    assert "quantization: Q8_0" in shown.stdout
    assert "warning" not in shown.stdout
    [line] = shown.stderr.splitlines()
    assert line.startswith("warning: smollm2.quantization has no effect: smollm2.model names no")
    [warning] = shell.json("config", "show")["warnings"]
    assert line == f"warning: {warning}"


def test_secrets_in_urls_are_not_shown(shell: Shell) -> None:
    config = shell.root / "config.yaml"
    config.write_text(
        config.read_text().replace(
            "models:\n",
            "models:\n  big: {kind: openai, model: m, base_url: 'https://ada:s3cr3t@example.org/v1'}\n",
        )
    )
    (shell.root / "config" / "constants.yaml").write_text(
        "prompt_evolution: {notifications: {webhook: 'https://hooks.example.org/T0/s3cr3t'}}\n"
    )
    data = shell.json("config", "show")
    assert data["models"]["big"]["base_url"] == "https://***@example.org/v1"
    assert data["prompt_evolution"]["notifications"]["webhook"] == "https://hooks.example.org/***"
    assert "s3cr3t" not in shell("config", "show").stdout


def test_what_could_drive_a_terminal_is_not_shown(shell: Shell) -> None:
    config = shell.root / "config.yaml"
    config.write_text(
        config.read_text().replace(
            "models:\n", 'models:\n  big: {kind: ollama, model: "a\\u202eb\\u009bc"}\n'
        )
    )
    assert "\u202e" not in shell("config", "show").stdout
    assert "\u009b" not in shell("config", "show", "--json").stdout
    assert shell.json("config", "show")["models"]["big"]["model"] == "a\u202eb\u009bc"
