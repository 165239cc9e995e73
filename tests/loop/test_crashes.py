"""Killed anywhere between a vote and the promotion that follows from it: it happens once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.loop.killed import DECIDING, LATE, POINTS, VOTE_ID, Point, at
from tests.loop.place import BETTER, SKILL, V1, Place
from tests.loop.steps import ask, letter_of, pick
from tinyarms.core.errors import ConfigError
from tinyarms.core.ids import derived_id
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing import release_intent as intents
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.ballots import next_ballot
from tinyarms.loop.testing.conclude import conclude_due, release_of
from tinyarms.loop.testing.review import promote
from tinyarms.loop.testing.votes import vote
from tinyarms.loop.watching.check import monitor_once
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file
from tinyarms.store.db.records import SessionState
from tinyarms.store.db.repositories.intents import Intents

pytestmark = pytest.mark.slow

NO_VOTE = ("before the vote is stored", "before the vote is committed")


@pytest.fixture(scope="module")
def killed(testing_project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Point → the project of a process that was killed there."""
    folder = tmp_path_factory.mktemp("killed")
    almost = Place(Path(shutil.copytree(testing_project, folder / "almost")))
    context = almost.open()
    for number in range(DECIDING):
        pick(context, number, "A")
    ask(context, LATE)
    almost.close()
    roots = {
        name: Path(shutil.copytree(almost.root, folder / str(number)))
        for number, name in enumerate(POINTS)
    }
    repository = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.loop.killed"]
    path = os.pathsep.join([str(repository / "src"), os.environ.get("PYTHONPATH", "")])
    subprocess.run(
        [*command, *(f"{root}={name}" for name, root in roots.items())],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
    )
    return roots


@pytest.fixture
def left_behind(
    killed: dict[str, Path], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Place]:
    made = Place(Path(shutil.copytree(killed[request.param], tmp_path / "project")))
    yield made
    made.close()


def assert_agreeing(place: Place, number: int, prompt: Prompt) -> None:
    """Database and files say the same, and nothing is left to do."""
    context = place.open()
    with context.store.read() as work:
        active = work.history.active(SKILL)
        version = work.versions.get(SKILL, number)
        rows = work.history.all(SKILL)
        numbers = [each.number for each in work.versions.all(SKILL)]
        assert work.intents.pending() == []
    assert active is not None and active.version == number
    assert version is not None and version.prompt == prompt
    assert numbers == [row.version for row in rows] == list(range(1, number + 1))
    assert [row.active_to is None for row in rows] == [False] * (number - 1) + [True]
    declared = place.config()["skills"][SKILL]
    assert (declared["prompt_template"], declared["prompt_version"]) == (version.path, number)
    if number > 1:
        assert [entry["version"] for entry in declared["evolution_history"]] == numbers
    assert (place.root / version.path).read_text() == format_prompt_file(prompt)
    assert active_version(context, SKILL) == version


@pytest.mark.parametrize("left_behind", list(POINTS), indirect=True)
def test_the_vote_sent_again_promotes_once(left_behind: Place) -> None:
    context = left_behind.open()
    ballot = waiting(context, DECIDING)
    seen = vote(context, ballot, letter_again(context, ballot), vote_id=VOTE_ID)
    assert (seen.accepted, seen.counted, seen.votes) == (True, True, DECIDING + 1)
    assert (seen.decision, seen.promoted_version) == ("promote", 2)
    assert_agreeing(left_behind, 2, BETTER)
    with context.store.read() as work:
        [session] = work.sessions.all(SKILL)
        results = work.experiments.results(session.id)
    assert session.state is SessionState.PROMOTED
    assert session.findings.decision is not None and session.findings.decision.variant == "A"
    assert len(results) == 2 * (DECIDING + 1)


Look = Callable[[Context], object]
LOOKS: dict[str, Look] = {
    "the next voter": lambda context: next_ballot(context, SKILL),
    "the monitor": lambda context: monitor_once(context, [SKILL]),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
@pytest.mark.parametrize(
    "left_behind", [name for name in POINTS if name not in NO_VOTE], indirect=True
)
def test_whoever_comes_next_finishes_it(left_behind: Place, look: Look) -> None:
    look(left_behind.open())
    assert_agreeing(left_behind, 2, BETTER)


@pytest.mark.parametrize("left_behind", NO_VOTE, indirect=True)
def test_a_vote_that_was_not_stored_decides_nothing(left_behind: Place) -> None:
    context = left_behind.open()
    assert conclude_due(context, SKILL) == []
    assert active_version(context, SKILL).prompt == V1


@pytest.mark.parametrize("left_behind", list(POINTS), indirect=True)
def test_the_next_vote_comes_after_the_end_if_there_was_one(left_behind: Place) -> None:
    context = left_behind.open()
    late = waiting(context, LATE)
    seen = vote(context, late, letter_again(context, late, ""))
    decided = not seen.counted
    assert seen.accepted
    with context.store.read() as work:
        stored = work.experiments.vote_of(waiting(context, DECIDING))
    assert decided == (stored is not None) == (seen.decision == "promote")
    assert seen.votes == DECIDING + 1
    assert_agreeing(left_behind, 2 if decided else 1, BETTER if decided else V1)


def waiting(context: Context, number: int) -> str:
    with context.store.read() as work:
        [session] = work.sessions.all(SKILL)
        asked = {b.task_id: b.id for b in work.experiments.ballots(session.id)}
    return asked[f"task-{number}"]


def letter_again(context: Context, ballot_id: str, variant: str = "A") -> str:
    with context.store.read() as work:
        ballot = work.experiments.ballot(ballot_id)
    assert ballot is not None
    return letter_of(context, ballot, variant)


class Stopped(BaseException):
    """Stands for a process that ends here."""


RELEASE_POINTS = {
    "before the intent": Point(Intents, "add"),
    "intent stored": Point(intents, "write_files"),
    "prompt file written": Point(intents, "set_skill_release"),
    "config written": Point(intents, "write_rows"),
    "rows written": Point(Intents, "done"),
}


def stop_at(monkeypatch: pytest.MonkeyPatch, point: Point) -> None:
    def stop() -> None:
        raise Stopped

    monkeypatch.setattr(point.owner, point.function, at(point, stop))


@pytest.mark.parametrize("point", RELEASE_POINTS.values(), ids=list(RELEASE_POINTS))
def test_a_promotion_and_a_rollback_by_hand_that_stop(
    testing: Place, monkeypatch: pytest.MonkeyPatch, point: Point
) -> None:
    stored = point.function != "add"
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        stop_at(patched, point)
        promote(testing.open(), SKILL, "A")
    context = testing.open()
    assert active_version(context, SKILL).prompt == (BETTER if stored else V1)
    if not stored:
        promote(context, SKILL, "A")
    assert_agreeing(testing, 2, BETTER)
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        stop_at(patched, point)
        rollback(context, SKILL)
    # Here the same process goes on, without opening the project anew.
    if not stored:
        rollback(context, SKILL)
    assert conclude_due(context, SKILL) == []
    assert active_version(context, SKILL).prompt == V1
    assert_agreeing(testing, 3, V1)


@pytest.mark.parametrize("point", RELEASE_POINTS.values(), ids=list(RELEASE_POINTS))
def test_the_adoption_of_an_edited_file_that_stops(
    place: Place, monkeypatch: pytest.MonkeyPatch, point: Point
) -> None:
    active_version(place.open(), SKILL)
    edited = Prompt("My own words.")
    place.prompt_file("skills/feeling.md", edited)
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        stop_at(patched, point)
        active_version(place.open(), SKILL)
    assert active_version(place.open(), SKILL).prompt == edited
    assert_agreeing(place, 2, edited)
    assert (place.root / "skills/feeling.md").read_text() == format_prompt_file(V1)


def test_what_the_user_wrote_after_the_crash_is_not_overwritten(
    testing: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        stop_at(patched, Point(intents, "write_rows"))
        promote(testing.open(), SKILL, "A")
    mine = Prompt("Edited after the crash.")
    testing.prompt_file("skills/feeling-v2.md", mine)
    assert active_version(testing.open(), SKILL).prompt == mine
    assert_agreeing(testing, 3, mine)
    assert (testing.root / "skills/feeling-v2.md").read_text() == format_prompt_file(BETTER)


def test_a_rollback_after_the_crash_goes_back_from_what_it_left(
    testing: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = testing.open()
    with monkeypatch.context() as patched, pytest.raises(Stopped):
        stop_at(patched, Point(intents, "write_rows"))
        promote(context, SKILL, "A")
    assert rollback(context, SKILL).from_version == 2
    assert_agreeing(testing, 3, V1)


def test_whoever_wakes_up_late_writes_nothing(testing: Place) -> None:
    context = testing.open()
    promote(context, SKILL, "A")
    rollback(context, SKILL)
    intents.apply_intent(context, derived_id("release", SKILL, 2))
    assert_agreeing(testing, 3, V1)


def test_a_release_that_begins_in_between_is_finished_first(
    testing: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, other = testing.open(), testing.open()
    ballot = ask(context, 1)
    recover, begun = intents.recover, list[str]()

    def recover_and_be_overtaken(given: Context, name: str) -> None:
        recover(given, name)
        if begun:
            return
        with other.store.unit_of_work(durable=True) as work:
            session = work.sessions.open(SKILL)
            assert session is not None
            [_, winner] = work.experiments.variants(session.id)
            before = intents.in_production(work, SKILL)
            release = release_of(other, work, session, winner, before, "By another process.")
            begun.append(intents.plan_intent(other, work, release))

    monkeypatch.setattr(intents, "recover", recover_and_be_overtaken)
    seen = vote(context, ballot.id, "A")
    assert (seen.accepted, seen.counted, seen.promoted_version) == (True, False, 2)
    assert_agreeing(testing, 2, BETTER)


def test_a_broken_config_delays_the_promotion_until_it_is_mended(testing: Place) -> None:
    context = testing.open()
    for number in range(DECIDING):
        pick(context, number, "A")
    ballot = ask(context, DECIDING)
    config = testing.root / "config.yaml"
    whole = config.read_text()
    config.write_text("models: [")
    with pytest.raises(ConfigError, match="broken YAML"):
        vote(context, ballot.id, letter_of(context, ballot, "A"), vote_id=VOTE_ID)
    assert config.read_text() == "models: ["
    config.write_text(whole)
    assert_agreeing(testing, 2, BETTER)
