"""Mistakes of users: each gives one clear line and an exit code, and leaves no partial file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cli.conftest import CONFIG, Shell
from tinyarms.cli.main import cli

Prepare = Callable[[Path], None]
RUN = ("run", "file-naming", "content=x")
CREATE = ("prompt", "create", "file-naming", "--variant-a")


def nothing(root: Path) -> None:
    pass


def write(name: str, text: str) -> Prepare:
    def prepare(root: Path) -> None:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)

    return prepare


def config(old: str, new: str) -> Prepare:
    return write("config.yaml", CONFIG.replace(old, new))


def with_examples(rows: str) -> Prepare:
    def prepare(root: Path) -> None:
        told = "    output: {text: true}\n    examples: examples.jsonl\n    scorer: exact\n"
        config("    output: {text: true}\n", told)(root)
        (root / "examples.jsonl").write_text(rows)
        (root / "a.md").write_text("Another prompt.")

    return prepare


EXAMPLES_USED = ("prompt", "evolve", "file-naming")
FEEDBACK = ("feedback", "t1")

MISTAKES: list[tuple[Prepare, tuple[str, ...], int, tuple[str, ...]]] = [
    (nothing, ("run", "file-namin", "content=x"), 2, ("'file-namin'", "Did you mean file-naming?")),
    (nothing, ("prompt", "stats", "nobody"), 2, ("'nobody'", "file-naming")),
    (nothing, ("prompt", "vote", "nobody", "--json"), 2, ("'nobody'",)),
    (nothing, ("prompt", "history", "nobody"), 2, ("'nobody'",)),
    (nothing, ("monitor", "--once", "nobody"), 2, ("'nobody'",)),
    (nothing, ("monitor", "file-naming"), 2, ("'file-naming'", "--once")),
    (nothing, ("run", "file-naming"), 2, ("content",)),
    (nothing, (*RUN, "contnt=x"), 2, ("contnt", "content")),
    (nothing, ("run", "file-naming", "content"), 2, ("'content'", "NAME=VALUE")),
    (nothing, ("run", "file-naming", "content=x", "content=y"), 2, ("content", "twice")),
    (nothing, ("run", "file-naming", "--input-json", "no.json"), 2, ("no.json", "No such file")),
    (nothing, RUN, 1, ("recorded", "no recorded reply")),
    (nothing, (*FEEDBACK, "--success", "--correction", "x"), 2, ("correction",)),
    (nothing, FEEDBACK, 2, ("--success", "--failure", "--correction TEXT")),
    (nothing, (*FEEDBACK, "--success", "--failure"), 2, ("--success", "--failure")),
    (nothing, (*CREATE, "nowhere.md"), 1, ("nowhere.md", "no such file")),
    (nothing, CREATE[:3], 2, ("--variant-a FILE",)),
    (nothing, ("prompt", "promote", "file-naming", "A"), 1, ("file-naming",)),
    (nothing, ("prompt", "rollback", "file-naming"), 1, ("file-naming",)),
    (nothing, ("prompt", "reset", "file-naming"), 1, ("file-naming",)),
    (nothing, ("prompt", "review", "nobody"), 2, ("'nobody'",)),
    (nothing, ("prompt", "diff", "file-naming", "1", "9"), 2, ("9",)),
    (nothing, ("prompt", "results", "file-naming"), 1, ("file-naming",)),
    (nothing, ("prompt", "cancel", "file-naming"), 1, ("file-naming",)),
    (nothing, ("prompt", "show", "file-naming", "--version", "9"), 2, ("9",)),
    (nothing, ("prompt", "evolve", "linting"), 1, ("linting", "rules are rules")),
    (nothing, ("demo", "--folder", "."), 1, ("not empty", "--folder")),
    (nothing, ("model", "pull", "gpt-7"), 2, ("'gpt-7'", "smollm2:135m")),
    (write("config.yaml", "models: [1\n"), RUN, 1, ("config.yaml", "line 2", "broken YAML")),
    (write("config.yaml", "models: [1\n"), ("config", "show"), 1, ("broken YAML",)),
    (config("{text: true}", "{text: maybe}"), RUN, 1, ("output.text", "'maybe'")),
    (config("kind: replay", "kind: magic"), RUN, 1, ("models.recorded.kind", "'magic'")),
    (
        config("model: recorded\n    inputs: [content]", "model: gone\n    inputs: [content]"),
        RUN,
        1,
        ("models.gone", "recorded"),
    ),
    (config("replies.jsonl", "gone.jsonl"), RUN, 1, ("gone.jsonl", "cannot be read")),
    (
        write("config/constants.yaml", "prompt_evolution: {alpha: high}\n"),
        RUN,
        1,
        ("constants.yaml", "alpha", "'high'"),
    ),
    (write("skills/file-naming.md", "Name {{picture}}."), RUN, 1, ("file-naming.md", "picture")),
    (write("skills/file-naming.md", "\n"), RUN, 1, ("file-naming.md", "empty")),
    (lambda root: (root / "skills/file-naming.md").unlink(), RUN, 1, ("file-naming.md", "no such")),
    (write("a.md", "Name {{picture}}."), (*CREATE, "a.md"), 1, ("a.md", "picture")),
    (write("a.md", "Name it."), (*CREATE, "a.md"), 2, ("a.md",)),
    (with_examples(""), EXAMPLES_USED, 1, ("examples.jsonl", "no examples")),
    (with_examples('{"inputs": 1}\n'), EXAMPLES_USED, 1, ("examples.jsonl", "line 1")),
]


@pytest.mark.slow
@pytest.mark.parametrize(("prepare", "words", "code", "parts"), MISTAKES)
def test_a_mistake(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Prepare,
    words: tuple[str, ...],
    code: int,
    parts: tuple[str, ...],
) -> None:
    monkeypatch.chdir(shell.root)
    prepare(shell.root)
    before = shell.files()
    result = shell(*words)
    assert ("--json" in words) == bool(result.stdout)
    assert result.stderr.startswith("tinyarms: ")
    assert result.stderr.count("\n") == 1
    assert "unexpected" not in result.stderr
    for part in parts:
        assert part in result.stderr
    assert result.exit_code == code
    assert shell.files() == before


@pytest.mark.parametrize(
    ("text", "said"), [("{", "not JSON"), ("[1]", "one JSON object"), ('{"content": 1}', "texts")]
)
def test_inputs_from_stdin_that_are_none(shell: Shell, text: str, said: str) -> None:
    result = shell("run", "file-naming", "--input-json", "-", input=text)
    assert result.exit_code == 2
    assert result.stderr.startswith("tinyarms: stdin ")
    assert said in result.stderr


@pytest.mark.parametrize("words", [RUN, ("prompt", "stats"), ("config", "show")])
def test_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, words, env={"TINYARMS_HOME": None})
    assert result.exit_code == 1
    assert result.stderr.startswith(f"tinyarms: There is no config.yaml in {tmp_path}")
    assert "tinyarms init" in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = CliRunner().invoke(cli, ["init", str(tmp_path / "file" / "project")])
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
    assert result.stderr.count("\n") == 1


def test_init_overwrites_nothing(shell: Shell) -> None:
    before = shell.files()
    result = shell("init", str(shell.root))
    assert result.exit_code == 1
    assert result.stderr == (
        f"tinyarms: {shell.root / 'config.yaml'} is here already; nothing was changed. "
        "Name another folder: tinyarms init FOLDER\n"
    )
    assert shell.files() == before
