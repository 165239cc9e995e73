"""After a kill anywhere between a vote and its promotion, the promotion happens exactly once.

"Anywhere" is every commit and every file write of the process (see `kill_points`): a sample of
them here, each of them in `benchmarks/run.py kills`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.forks import Processes
from tests.kill_points import KILLS, Deaths, commits_of, naming, overtaken
from tests.loop.crashes import (
    DECIDING,
    LATE,
    RELEASES,
    VOTE_ID,
    Stage,
    assert_agreeing,
    deciding_vote,
    happens_once,
    letter_again,
    make_stage,
    promotes_once,
    survivor_finishes,
    waiting,
)
from tests.loop.place import BETTER, SKILL, V1, Place
from tests.loop.scenarios import intents, is_stored
from tests.loop.steps import ask, letter_of, pick
from tinyarms.core.errors import ExperimentError, UnwritableFiles
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.history import history
from tinyarms.loop.testing.ballots import next_ballot
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.testing.review import promote
from tinyarms.loop.testing.votes import vote
from tinyarms.loop.watching.check import monitor_once
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class LeftBehind:
    """A project whose process was killed while it gave the deciding vote."""

    point: str
    root: Path
    vote_stored: bool
    release_begun: bool

    def copy(self, folder: Path) -> Place:
        return Place(Path(shutil.copytree(self.root, folder / self.root.parent.name)))


@pytest.fixture(scope="module")
def killed(
    testing_project: Path, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> list[LeftBehind]:
    """What is left behind at points of the deciding vote, in their order."""
    deaths = deciding_vote(testing_project, processes, tmp_path_factory.mktemp("killed"))
    found = []
    for point in deaths.sample_around(lambda root: intents(root) != []):
        root = deaths.copy(str(point))
        deaths.kill(root, point)
        name = deaths.points[point]
        found.append(LeftBehind(name, root, is_stored(root, VOTE_ID), intents(root) != []))
    return found


def test_a_vote_is_stored_by_a_commit_and_stays_stored(killed: list[LeftBehind]) -> None:
    assert_begins_at_a_commit([(left.point, left.vote_stored) for left in killed])
    assert_begins_at_a_commit([(left.point, left.release_begun) for left in killed])
    assert all(left.vote_stored or not left.release_begun for left in killed)


def assert_begins_at_a_commit(seen: list[tuple[str, bool]]) -> None:
    """It is seen from a point on that comes right after a commit, and not before that."""
    first = [there for _, there in seen].index(True)
    assert first > 0 and all(there for _, there in seen[first:])
    assert seen[first][0].startswith("after commit")


def test_the_vote_sent_again_promotes_once(killed: list[LeftBehind], tmp_path: Path) -> None:
    for left in killed:
        with naming(left.point):
            promotes_once(left.copy(tmp_path))


Look = Callable[[Context], object]
LOOKS: dict[str, Look] = {
    "the next voter": lambda context: next_ballot(context, SKILL),
    "the monitor": lambda context: monitor_once(context, [SKILL]),
    "the history": lambda context: history(context, SKILL),
}


@pytest.mark.parametrize("who", LOOKS)
def test_whoever_comes_next_finishes_it(killed: list[LeftBehind], who: str, tmp_path: Path) -> None:
    """The history only shows: it finishes what has begun, and decides nothing."""
    finished = 0
    for left in killed:
        if left.release_begun or (left.vote_stored and who != "the history"):
            with naming(left.point):
                place = left.copy(tmp_path)
                context = place.open()
                LOOKS[who](context)
                assert_agreeing(place, 2, BETTER, context)
                place.close()
                finished += 1
    assert finished > 0


def test_a_vote_that_was_not_stored_decides_nothing(
    killed: list[LeftBehind], tmp_path: Path
) -> None:
    for left in killed:
        if not left.vote_stored:
            with naming(left.point):
                place = left.copy(tmp_path)
                context = place.open()
                assert conclude_due(context, SKILL) == []
                assert active_version(context, SKILL).prompt == V1
                place.close()


def test_the_next_vote_comes_after_the_end_if_there_was_one(
    killed: list[LeftBehind], tmp_path: Path
) -> None:
    for left in killed:
        with naming(left.point):
            place = left.copy(tmp_path)
            context = place.open()
            late = waiting(context, LATE)
            seen = vote(context, late, letter_again(context, late, ""))
            decided = not seen.counted
            assert seen.accepted
            assert decided == left.vote_stored == (seen.decision == "promote")
            assert seen.votes == DECIDING + 1
            assert_agreeing(place, 2 if decided else 1, BETTER if decided else V1, context)
            place.close()


@pytest.fixture(params=RELEASES)
def stage(
    request: pytest.FixtureRequest,
    new_project: Path,
    testing_project: Path,
    processes: Processes,
    tmp_path: Path,
) -> Stage:
    return make_stage(request.param, new_project, testing_project, processes, tmp_path)


def test_a_release_that_is_killed_happens_once(stage: Stage) -> None:
    points = stage.deaths.sample_around(stage.begun)
    seen = [(point, happens_once(stage, root)) for point, root in stage.deaths.each(points)]
    assert_begins_at_a_commit(seen)


def test_a_process_that_is_there_already_finishes_it(stage: Stage) -> None:
    """It goes on without opening the project anew. What a process leaves behind that dies before
    a step is what it leaves behind after the step before that one."""
    for point in stage.deaths.sample(KILLS, "after"):
        survivor_finishes(stage, point)


def test_what_the_user_wrote_after_the_crash_is_not_overwritten(
    promotion: Deaths, unfinished: dict[int, Path], tmp_path: Path
) -> None:
    mine = Prompt("Edited after the crash.")
    for number, root in unfinished.items():
        with naming(promotion.points[number]):
            place = Place(Path(shutil.copytree(root, tmp_path / str(number))))
            place.prompt_file("skills/feeling-v2.md", mine)
            assert active_version(place.open(), SKILL).prompt == mine
            assert_agreeing(place, 3, mine)
            v2 = (place.root / "skills/feeling-v2.md").read_text()
            assert v2 == format_prompt_file(BETTER)
            place.close()


def test_a_rollback_after_the_crash_goes_back_from_what_it_left(
    promotion: Deaths, unfinished: dict[int, Path]
) -> None:
    """The process that rolls back had opened the project before the crash."""
    for number in unfinished:
        with naming(promotion.points[number]):
            place = Place(promotion.copy(f"survivor-{number}"))
            context = place.open()
            promotion.kill(place.root, number)
            assert rollback(context, SKILL).from_version == 2
            assert_agreeing(place, 3, V1, context)
            place.close()


def test_whoever_wakes_up_late_writes_nothing(testing_project: Path, tmp_path: Path) -> None:
    """A promotion sleeps after each of its commits, and others finish it and roll it back."""
    undisturbed = Place(Path(shutil.copytree(testing_project, tmp_path / "undisturbed")))
    context, finished = undisturbed.open(), 0
    commits = commits_of(lambda: promote(context, SKILL, "A"))
    undisturbed.close()
    for commit in range(1, commits + 1):
        place = Place(Path(shutil.copytree(testing_project, tmp_path / str(commit))))
        context, other, rolled_back = place.open(), place.open(), list[int]()

        def finish_and_roll_back(other: Context = other, done: list[int] = rolled_back) -> None:
            try:
                done.append(rollback(other, SKILL).version)
            except ExperimentError:
                assert active_version(other, SKILL).prompt == V1

        with naming(f"after commit {commit}"):
            overtaken(lambda c=context: promote(c, SKILL, "A"), commit, finish_and_roll_back)
            version, prompt = (3, V1) if rolled_back else (2, BETTER)
            assert_agreeing(place, version, prompt)
        finished += len(rolled_back)
        place.close()
    assert 0 < finished < commits


def test_a_release_that_begins_in_between_is_finished_first(
    promotion: Deaths, unfinished: dict[int, Path]
) -> None:
    """A vote is overtaken by a promotion whose process dies, before it and at each commit."""
    begun = min(unfinished)
    undisturbed = Place(promotion.copy("voted"))
    context = undisturbed.open()
    ballot = ask(context, 1)
    commits = commits_of(lambda: vote(context, ballot.id, "A"))
    undisturbed.close()
    late = 0
    for commit in range(commits + 1):
        place = Place(promotion.copy(f"overtaken-{commit}"))
        context = place.open()
        ballot = ask(context, 1)
        with naming(f"after commit {commit}"):
            seen = overtaken(
                lambda c=context, b=ballot: vote(c, b.id, "A"),
                commit,
                lambda root=place.root: promotion.kill(root, begun),
            )
            assert seen.accepted
            if not seen.counted:
                assert seen.promoted_version == 2
                late += 1
            conclude_due(context, SKILL)
            assert_agreeing(place, 2, BETTER)
        place.close()
    assert late > 0


def test_a_broken_config_delays_the_promotion_until_it_is_mended(testing: Place) -> None:
    context = testing.open()
    for number in range(DECIDING):
        pick(context, number, "A")
    ballot = ask(context, DECIDING)
    config = testing.root / "config.yaml"
    whole = config.read_text()
    config.write_text("models: [")
    given = vote(context, ballot.id, letter_of(context, ballot, "A"), vote_id=VOTE_ID)
    assert (given.counted, given.decision, given.promoted_version) == (True, "promote", None)
    assert "The release waits: " in given.reason and "broken YAML" in given.reason
    assert config.read_text() == "models: ["
    with pytest.raises(UnwritableFiles, match="broken YAML"):
        conclude_due(context, SKILL)
    config.write_text(whole)
    [concluded] = conclude_due(context, SKILL)
    assert concluded.promoted_version == 2
    assert_agreeing(testing, 2, BETTER)
