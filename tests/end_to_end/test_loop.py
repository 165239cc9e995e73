"""The whole loop: tasks, feedback, a drop, a search, votes, a promotion and a rollback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Shell
from tests.end_to_end.project import (
    ASKED,
    BUDGET,
    CONFIG,
    EARLY,
    LATE,
    SKILL,
    V1,
    choice,
    deciding_votes,
    evolve,
    expected,
    open_project,
    run_all,
    text,
)
from tests.postgresql import new_database
from tinyarms.loop.project.listener import Estimate, Progress
from tinyarms.loop.project.reach import Reach
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import parse_prompt_file
from tinyarms.store.project.config import load_project

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a task would go on without the database, and ask nobody."""
    ask = Reach.ask

    def patiently(self: Reach, job: Any, seconds: float, here: bool = False) -> Any:
        return ask(self, job, max(seconds, 30.0), here)

    monkeypatch.setattr(Reach, "ask", patiently)


@pytest.fixture(params=["sqlite", "postgresql"])
def root(
    recorded: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Path]:
    root = shutil.copytree(recorded, tmp_path / "project")
    if request.param == "sqlite":
        yield root
        return
    with new_database(request.getfixturevalue("postgresql")) as url:
        monkeypatch.setenv("TINYARMS_DATABASE", url)
        yield root
        assert not (root / "tinyarms.db").exists()


def run_by(shell: Shell, number: int) -> Any:
    return shell.json("run", SKILL, f"text={text(number)}", "--task-id", f"task-{number}")


def vote_by(shell: Shell) -> Any:
    """Vote until it is decided; what the last vote did."""
    while (ballot := shell.json("prompt", "vote", SKILL)["ballot"]) is not None:
        outputs = {option["letter"]: option["output"] for option in ballot["options"]}
        letter = choice(ballot["inputs"]["text"], outputs)
        vote = shell.json("prompt", "vote", SKILL, "--ballot", ballot["id"], "--choice", letter)
        if vote["decision"]:
            return vote
    raise AssertionError("The votes decide nothing.")


def config_of(root: Path) -> tuple[int, str]:
    """The version in production and its file, as `config.yaml` has them."""
    skill = load_project(root).skills[SKILL]
    return skill.prompt_version, skill.prompt_template


def prompt_of(root: Path, version: int) -> Prompt:
    """A version's prompt, from its file."""
    path = root / "skills" / (f"{SKILL}-v{version}.md" if version > 1 else f"{SKILL}.md")
    return parse_prompt_file(path.read_text(), str(path))


def test_from_the_command_line(root: Path) -> None:
    shell = Shell(root)
    for number in EARLY:
        done = run_by(shell, number)
        assert (done["output"] == expected(number), done["prompt_version"]) == (False, 1)
        assert shell("feedback", done["task_id"], "--failure").exit_code == 0
    dropped = shell("monitor", "--once")
    assert (dropped.exit_code, dropped.stdout[: len(SKILL) + 6]) == (3, f"{SKILL}: DROP")

    found = shell.json("prompt", "evolve", SKILL, "--budget", str(BUDGET))
    assert (found["result"], found["gate"]["gate_ran"]) == ("testing", True)
    assert found["variants"][0]["accuracy"] > found["incumbent"][0]
    assert 0 < found["spent"]["task_calls"] <= BUDGET
    assert config_of(root) == (1, f"skills/{SKILL}.md")

    for number in ASKED:
        assert run_by(shell, number)["ballot_id"] is not None
    decided = vote_by(shell)
    assert (decided["decision"], decided["promoted_version"]) == ("promote", 2)
    assert config_of(root) == (2, f"skills/{SKILL}-v2.md")
    better = prompt_of(root, 2)
    assert better != Prompt(V1)
    assert better.text == shell.json("prompt", "show", SKILL)["prompt"]["text"]
    written = (root / "config.yaml").read_text().splitlines()
    changed = set(CONFIG.splitlines()) - set(written)
    assert {line.split(":")[0].strip() for line in changed} == {"prompt_template", "prompt_version"}
    results = shell.json("prompt", "results", SKILL)
    assert (results["status"], results["result"]) == ("completed", "promoted")
    done = run_by(shell, LATE[0])
    assert (done["output"], done["prompt_version"]) == (expected(LATE[0]), 2)

    assert shell.json("prompt", "rollback", SKILL)["version"] == 3
    assert config_of(root) == (3, f"skills/{SKILL}-v3.md")
    assert prompt_of(root, 3) == Prompt(V1)
    done = run_by(shell, LATE[1])
    assert (done["output"] == expected(LATE[1]), done["prompt_version"]) == (False, 3)
    versions = shell.json("prompt", "history", SKILL)["versions"]
    assert [version["version"] for version in versions] == [1, 2, 3]


def test_from_python(root: Path) -> None:
    early = run_all(root, EARLY)
    with open_project(root) as arms:
        for done in early:
            arms.feedback(done.task_id, success=False)
        [check] = arms.monitor()
        assert (check.triggered, check.accuracy, check.n) == (True, 0.0, len(EARLY))
    found = evolve(root)
    assert found.result == "testing"
    assert {task.prompt_version for task in run_all(root, ASKED)} == {1}
    votes = deciding_votes(root)
    with open_project(root) as arms:
        assert arms.ballot(SKILL) is None
        results = arms.results(SKILL)
        assert (results.result, results.votes) == ("promoted", len(votes))
        assert arms.show(SKILL).prompt == prompt_of(root, 2) != Prompt(V1)
    [done] = run_all(root, LATE[:1])
    assert (done.output, done.prompt_version) == (expected(LATE[0]), 2)
    with open_project(root) as arms:
        assert arms.rollback(SKILL).version == 3
        assert [era.version for era in arms.history(SKILL)] == [1, 2, 3]
    [done] = run_all(root, LATE[1:])
    assert (done.output == expected(LATE[1]), done.prompt_version) == (False, 3)
    assert config_of(root) == (3, f"skills/{SKILL}-v3.md")
    assert prompt_of(root, 3) == prompt_of(root, 1) == Prompt(V1)


class _StopsOnce:
    """Somebody who presses Ctrl-C after that many task calls."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.notes: list[str] = []

    def estimate(self, estimate: Estimate) -> None:
        pass

    def progress(self, progress: Progress) -> None:
        if progress.done >= self.after:
            raise KeyboardInterrupt

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_a_correction_while_a_search_is_interrupted_does_not_change_its_path(
    root: Path, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TINYARMS_DATABASE", raising=False)  # a copy needs a database of its own
        undisturbed = evolve(shutil.copytree(root, tmp_path / "undisturbed"))

    with open_project(root) as arms:
        listener = _StopsOnce(after=60)
        with pytest.raises(KeyboardInterrupt):
            arms.evolve(SKILL, budget_calls=BUDGET, listener=listener)
        assert "to resume: tinyarms prompt evolve" in listener.notes[-1]
        done = arms.run(SKILL, text=text(EARLY[0]))
        arms.feedback(done.task_id, correction=str(expected(EARLY[0])))
        resumed = arms.evolve(SKILL, budget_calls=BUDGET)

    assert resumed.resumed
    assert resumed.spent == undisturbed.spent
    assert [v.prompt for v in resumed.variants] == [v.prompt for v in undisturbed.variants]
