"""A mistake in one skill's entry of `config.yaml` stops that skill only, and is named."""

from __future__ import annotations

import pytest

from tests.cli.conftest import CONFIG, INCUMBENT, Shell


@pytest.fixture
def broken(shell: Shell) -> Shell:
    text = CONFIG.replace("    evolvable: false", "    evolveable: false")
    (shell.root / "config.yaml").write_text(text)
    return shell


SAID = "config.yaml, line 16: skills.linting.evolveable: unknown key. Did you mean evolvable?"


def test_the_other_skill_runs_and_nothing_is_said_of_the_broken_one(broken: Shell) -> None:
    broken.record(INCUMBENT, "x", "photo")
    result = broken("run", "file-naming", "content=x")
    assert (result.exit_code, result.stdout) == (0, "photo\n")
    assert "linting" not in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("run", "linting", "code=x"),
        ("prompt", "stats", "linting"),
        pytest.param(("prompt", "evolve", "linting"), marks=pytest.mark.slow),
        ("prompt", "show", "linting"),
        ("prompt", "vote", "linting", "--json"),
        ("forget", "--user", "ada"),
    ],
)
def test_a_command_that_needs_the_broken_skill_is_refused(
    broken: Shell, words: tuple[str, ...]
) -> None:
    result = broken(*words)
    assert result.exit_code == 1
    assert SAID in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
def test_commands_on_all_skills_name_the_broken_one_and_do_the_rest(broken: Shell) -> None:
    stats = broken("prompt", "stats")
    assert stats.exit_code == 1
    assert "file-naming" in stats.stdout
    assert "evolveable" in stats.stdout
    once = broken("monitor", "--once")
    assert once.exit_code == 1
    assert "file-naming: too little to tell" in once.stdout
    assert "evolveable" in once.stdout.replace("\n", " ")
    for words in (("prompt", "vote", "--all", "--json"), ("prompt", "review"), ("config", "show")):
        result = broken(*words)
        assert result.exit_code == 0
        assert SAID in result.stderr.replace("\n", " ")
        assert result.stdout
    status = broken("monitor", "status")
    assert "evolveable" in status.stdout.replace("\n", " ")
    doctor = broken("doctor", "--json")
    assert doctor.exit_code == 1
    problem = SAID.partition(" Did")[0]
    assert problem in doctor.stdout
    assert problem in broken("db", "check", "--json").stdout
