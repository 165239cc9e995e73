from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Shell

CONFIG = (
    "prompts: ['Sort {{ x | trim }}', 'Do sort {{x}}']\nproviders: [echo]\ntests:\n"
    "- {vars: {x: a}, assert: [{type: equals, value: yes}, {type: python, value: '1'}]}\n"
    "- {vars: {x: b}, assert: [{type: equals, value: no}]}\n"
    "- {vars: {x: c}, assert: [{type: equals, value: no}]}\n"
)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "other" / "promptfooconfig.yaml"
    path.parent.mkdir()
    path.write_text(CONFIG)
    return str(path)


@pytest.mark.slow
def test_the_report_says_what_came_in_and_what_did_not(shell: Shell, file: str) -> None:
    shown = shell("import", file, "--as", "sort")
    assert shown.exit_code == 0, shown.output
    for line in (
        "3 examples came in for the new skill sort (promptfoo).",
        "  Labels: no 2, yes 1",
        "  promptfooconfig.yaml, line 1: {{ x | trim }} → {{x}}",
        "  promptfooconfig.yaml, line 4: python: code is not run",
        "  promptfooconfig.yaml, line 2: the model echo: it has no OpenAI-compatible API",
        "Written: examples/sort.jsonl, skills/sort.md, skills/sort-imported-2.md, config.yaml",
        "Try another prompt: tinyarms prompt create sort --variant-a FILE",
    ):
        assert line in shown.stdout


@pytest.mark.slow
def test_json_and_a_dry_run(shell: Shell, file: str) -> None:
    before = shell.files()
    data = shell.json("import", file, "--as", "sort", "--dry-run", "--format", "promptfoo")
    assert (data["rows"], data["dry_run"], data["files"]) == (3, True, [])
    assert shell.files() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--as", "s", "--model", "smolm2:135m"), 2, "Did you mean smollm2:135m?"),
        (("--as", "s", "--model", "nope"), 2, "There is no model 'nope': the catalog does not"),
        (("--as", "s", "--input", "x"), 2, "--input 'x' is not NAME=COLUMN."),
        (("--as", "s", "--input", "a=b", "--input", "a=c"), 2, "--input a is given twice."),
        (("--as", "s", "--expected", "y"), 1, "A promptfoo config names its columns itself."),
        (("--as", "s/t"), 2, "'s/t' cannot be the name of a skill."),
    ],
)
def test_a_refusal_is_one_line(
    shell: Shell, file: str, words: tuple[str, ...], code: int, message: str
) -> None:
    before = shell.files()
    refused = shell("import", file, *words)
    assert refused.exit_code == code and message in refused.output
    assert shell.files() == before


@pytest.mark.slow
def test_without_a_name_the_skill_is_named_after_what_came_in(shell: Shell, file: str) -> None:
    shown = shell("import", file)
    assert shown.exit_code == 0, shown.output
    assert "for the new skill other (promptfoo)" in shown.stdout
    named = "The skill is named other after what came in; --as NAME gives it another name."
    assert named in shown.stdout
    again = shell("import", file)
    assert again.exit_code == 2
    assert "There is a skill other already" in again.stderr and "--as other" in again.stderr


@pytest.mark.slow
def test_a_model_of_the_catalog_is_declared(shell: Shell, file: str) -> None:
    model = "smollm2:360m-instruct-q4_k_m"
    assert shell("import", file, "--as", "sort", "--model", model).exit_code == 0
    assert f"model: {model}" in (shell.root / "config.yaml").read_text()
