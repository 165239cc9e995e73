"""A user is forgotten on whose rows a refresh was fitted, while it waits and while its gate runs;
and while a search runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.end_to_end.test_memory import SKILL, project, row, write_project
from tests.end_to_end.test_verbalizer import Mumbler, mumbler, mumbling
from tinyarms import ConflictError, LeaseLost
from tinyarms.cli.main import cli
from tinyarms.loop.housekeeping.database_check import check_database
from tinyarms.loop.project.listener import Progress, Silent
from tinyarms.skills.example import assign_split
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.verbalizer import key_of
from tinyarms.store.db.records import SessionState

__all__ = ["mumbler"]  # the fixture
pytestmark = pytest.mark.slow
ANNA = "anna-k"
NEIGHBOUR = "Zebulon"
_SENT = {n: f"{row(n)[0]}, said {NEIGHBOUR} of Mill Lane" for n in range(1001, 1040)}
FOUR = ("--demonstrations", "4")
THEIRS = {n: text for n, text in _SENT.items() if assign_split({"text": text}) != "test"}
"""Number of a row → what Anna sent: with the telling word and the label of the row."""


def command(root: Path, *words: str) -> str:
    done = CliRunner().invoke(cli, list(words), env={"TINYARMS_HOME": str(root)})
    assert done.exit_code == 0, done.output
    return done.stdout


def corrected(root: Path) -> None:
    """Anna has corrected tasks, and a person has made the corrections gold."""
    write_project(root, memory=False)
    with project(root) as arms:
        tasks = {n: arms.run(SKILL, text=t, user=ANNA).task_id for n, t in THEIRS.items()}
        for number, task_id in tasks.items():
            arms.feedback(task_id, correction=row(number)[1], user=ANNA)
        gold = {each.id: "gold" for each in arms.collected_examples(SKILL)}
        arms.review_examples(SKILL, gold)  # type: ignore[arg-type]
    assert len(gold) == len(THEIRS) > 10


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project where a refresh that was fitted on Anna's rows too waits for approval, and what
    the command said."""
    root = tmp_path_factory.mktemp("prepared") / "project"
    with mumbling():
        corrected(root)
        config = root / "config.yaml"
        config.write_text(f"{config.read_text()}    approval: required\n")
        return root, command(root, "prompt", "refresh", SKILL, *FOUR, "--json")


@pytest.fixture
def waiting(prepared: tuple[Path, str], tmp_path: Path, mumbler: Mumbler) -> Path:
    return Path(shutil.copytree(prepared[0], tmp_path / "project"))


def everything(root: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in root.rglob("*") if path.is_file())


def hashes() -> list[str]:
    """What a verbalizer knows Anna's inputs by, and the ids of her examples begin with."""
    return [key_of({"text": text}) for text in THEIRS.values()]


def waiting_prompt(root: Path) -> Prompt:
    with project(root) as arms, arms._context.store.read() as work:
        [session] = work.sessions.refreshes(SKILL)
    assert session.state is SessionState.IN_REVIEW
    finding = session.findings.refresh
    assert finding is not None and finding.prompt is not None
    return finding.prompt


def test_what_waits_for_approval_knows_nothing_of_them_any_more(
    prepared: tuple[Path, str], waiting: Path
) -> None:
    asked = json.loads(prepared[1])
    rows = 180 + len(THEIRS)
    assert (asked["result"], asked["remembered"]) == ("approval_wanted", rows)
    before = waiting_prompt(waiting)
    assert before.verbalizer is not None and set(hashes()) < set(before.verbalizer.without)
    # All is there that has to go.
    content = everything(waiting)
    assert all(each.encode() in content for each in (NEIGHBOUR, ANNA, *hashes()))

    counted = json.loads(command(waiting, "forget", "--user", ANNA, "--dry-run", "--json"))
    assert waiting_prompt(waiting) == before
    done = json.loads(command(waiting, "forget", "--user", ANNA, "--json"))
    assert {**done, "dry_run": True} == counted
    assert done["deleted"]["memories"] == 1
    assert (
        f"fitted on {rows} examples, {len(THEIRS)} of them of the user. Another one fits others: "
        f"tinyarms prompt refresh {SKILL} --demonstrations 4" in done["left"][0]
    )
    content = everything(waiting)
    assert not [each for each in (NEIGHBOUR, ANNA, *hashes()) if each.encode() in content]

    # What is left is the same prompt, and can be approved, served and explained.
    after = waiting_prompt(waiting)
    assert after.verbalizer is not None
    assert after.verbalizer.words == before.verbalizer.words
    assert len(after.verbalizer.without) == rows - len(THEIRS)
    assert after.retrieve == before.retrieve
    [review] = json.loads(command(waiting, "prompt", "review", "--json"))["waiting"]
    command(waiting, "prompt", "approve", SKILL, review["id"])
    with project(waiting) as arms:
        assert arms.show(SKILL).prompt == after
        for text in THEIRS.values():
            ran = arms.run(SKILL, text=text, explain=True)
            assert ran.explanation is not None
            assert not [each for each in ran.explanation.examples if NEIGHBOUR in each.text]
    assert check_database(waiting, {}).ok


def test_another_refresh_is_fitted_without_them_by_the_replies_that_are_there(
    waiting: Path,
) -> None:
    command(waiting, "forget", "--user", ANNA)
    again = json.loads(command(waiting, "prompt", "refresh", SKILL, *FOUR, "--json"))
    assert (again["result"], again["remembered"]) == ("approval_wanted", 180)
    assert again["calls"] < 180  # those without a memory are known
    with project(waiting) as arms, arms._context.store.read() as work:
        states = [each.state for each in work.sessions.refreshes(SKILL)]
    assert states == [SessionState.CANCELLED, SessionState.IN_REVIEW]
    assert "fitted on" not in command(waiting, "forget", "--user", ANNA)


def test_a_gate_that_runs_meanwhile_stores_nothing_that_was_fitted_on_them(
    tmp_path: Path, mumbler: Mumbler
) -> None:
    corrected(tmp_path)

    class Forgetting(Silent):
        def progress(self, progress: Progress) -> None:
            if progress.done == progress.total:
                command(tmp_path, "forget", "--user", ANNA)

    with project(tmp_path) as arms:
        with pytest.raises(ConflictError, match="was deleted"):
            arms.refresh(SKILL, demonstrations=4, listener=Forgetting())
        with arms._context.store.read() as work:
            [session] = work.sessions.refreshes(SKILL)
        assert (session.state, session.findings.refresh) == (SessionState.CANCELLED, None)
        assert arms.refresh(SKILL, demonstrations=4).result == "refreshed"
    content = everything(tmp_path)
    assert not [each for each in (NEIGHBOUR, ANNA, *hashes()) if each.encode() in content]


def test_a_search_that_runs_meanwhile_ends_and_writes_nothing_of_theirs(
    tmp_path: Path, mumbler: Mumbler
) -> None:
    corrected(tmp_path)

    class Forgetting(Silent):
        has = False

        def progress(self, progress: Progress) -> None:
            if progress.label == "Searching" and progress.done >= 60 and not self.has:
                self.has = True
                command(tmp_path, "forget", "--user", ANNA)

    with project(tmp_path) as arms, pytest.raises(LeaseLost, match="a user was forgotten"):
        arms.evolve(SKILL, budget_calls=300, seed=1, listener=Forgetting())
    after = everything(tmp_path)
    assert not [each for each in (NEIGHBOUR, ANNA, *hashes()) if each.encode() in after]
    # The next one begins anew, without them.
    with project(tmp_path) as arms:
        assert arms.evolve(SKILL, budget_calls=300, seed=1).result == "testing"
    after = everything(tmp_path)
    assert not [each for each in (NEIGHBOUR, ANNA, *hashes()) if each.encode() in after]
    assert check_database(tmp_path, {}).ok
