import pytest

from tests.cli.conftest import Shell
from tinyarms.evolution.optimizers.registry import OPTIMIZERS


@pytest.mark.slow
def test_help_lists_every_optimizer(shell: Shell) -> None:
    said = " ".join(shell("prompt", "evolve", "--help").stdout.split())
    assert f"Search method: {', '.join(OPTIMIZERS)}." in said


@pytest.mark.slow
def test_an_unknown_optimizer_is_one_line(shell: Shell) -> None:
    result = shell("prompt", "evolve", "file-naming", "--optimizer", "tabu")
    assert result.exit_code == 2
    last = result.stderr.strip().splitlines()[-1]
    assert "'tabu'" in last
    assert all(name in last for name in OPTIMIZERS)


def test_an_unknown_optimizer_in_the_settings_is_one_line(shell: Shell) -> None:
    constants = shell.root / "config" / "constants.yaml"
    constants.parent.mkdir(exist_ok=True)
    constants.write_text("prompt_evolution:\n  evolution: {optimizer: tabu}\n")
    result = shell("prompt", "evolve", "file-naming")
    assert result.exit_code == 1
    (line,) = result.stderr.strip().splitlines()
    assert "evolution.optimizer" in line
    assert "random_search" in line
