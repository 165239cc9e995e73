"""Releases under concurrent changes: other releases, edited files, missing folders."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kill_points import commits_of, naming, overtaken
from tests.loop.place import BETTER, OTHER, SKILL, V1, Place, text
from tests.loop.steps import ask, pick
from tinyarms.core.errors import ConflictError, ExperimentError, StoreError, TinyArmsError
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.results import results
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.ballots import next_ballot
from tinyarms.loop.testing.cancel import cancel
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.testing.review import promote
from tinyarms.loop.testing.votes import vote
from tinyarms.loop.watching.check import monitor_once
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file


def agreeing(place: Place) -> list[int]:
    """The versions in the order of their time in production; database and files say the same."""
    context = place.open()
    version = active_version(context, SKILL)
    with context.store.read() as work:
        rows = work.history.all(SKILL)
        assert work.intents.pending() == []
    assert [row.active_to is None for row in rows] == [False] * (len(rows) - 1) + [True]
    declared = place.config()["skills"][SKILL]
    assert (declared["prompt_template"], declared["prompt_version"]) == (
        version.path,
        version.number,
    )
    assert (place.root / version.path).read_text() == format_prompt_file(version.prompt)
    return [row.version for row in rows]


def at_once(place: Place, *jobs: Callable[[Context], object]) -> list[TinyArmsError]:
    """Each as another process would; what was refused."""
    ready, refused = threading.Barrier(len(jobs), timeout=30), list[TinyArmsError]()

    def work(context: Context, job: Callable[[Context], object]) -> None:
        ready.wait()
        try:
            job(context)
        except TinyArmsError as error:
            refused.append(error)

    threads = [threading.Thread(target=work, args=(place.open(), job)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def promote_a(context: Context) -> object:
    return promote(context, SKILL, "A")


def roll_back(context: Context) -> object:
    return rollback(context, SKILL)


@pytest.mark.slow
def test_of_promotions_at_once_one_happens(testing: Place) -> None:
    refused = at_once(testing, *[promote_a] * 4)
    assert len(refused) == 3
    assert {type(error) for error in refused} <= {ConflictError, ExperimentError}
    assert agreeing(testing) == [1, 2]


@pytest.mark.slow
def test_of_two_promotions_one_happens_whenever_the_other_overtakes_it(
    testing_project: Path, tmp_path: Path
) -> None:
    """The other one comes before it, and after each of its commits."""
    undisturbed = Place(Path(shutil.copytree(testing_project, tmp_path / "undisturbed")))
    context = undisturbed.open()
    commits = commits_of(lambda: promote_a(context))
    undisturbed.close()
    reasons: list[str] = []
    for commit in range(commits + 1):
        place = Place(Path(shutil.copytree(testing_project, tmp_path / str(commit))))
        context, other, refused = place.open(), place.open(), list[TinyArmsError]()

        def attempt(given: Context, refused: list[TinyArmsError] = refused) -> None:
            try:
                promote_a(given)
            except (ConflictError, ExperimentError) as error:
                refused.append(error)

        with naming(f"after commit {commit}"):
            overtaken(lambda: attempt(context), commit, lambda: attempt(other))  # noqa: B023
            assert len(refused) == 1
            assert agreeing(place) == [1, 2]
        reasons.append(str(refused[0]))
        place.close()
    assert any("version 1 is no longer the active one" in reason for reason in reasons)
    assert any("in production already" in reason for reason in reasons)


@pytest.mark.slow
def test_of_rollbacks_at_once_none_is_lost_or_half_done(testing: Place) -> None:
    promote_a(testing.open())
    refused = at_once(testing, *[roll_back] * 3)
    versions = agreeing(testing)
    assert versions == list(range(1, 6 - len(refused)))
    assert all(isinstance(error, ConflictError) for error in refused)


@pytest.mark.slow
def test_an_edit_by_hand_and_a_promotion_at_once(testing: Place) -> None:
    """Whoever is second builds on the first, or is refused; the edit is never lost."""
    active_version(testing.open(), SKILL)
    edited = Prompt("My own words.")
    testing.prompt_file("skills/feeling.md", edited)
    refused = at_once(testing, promote_a, lambda context: active_version(context, SKILL))
    versions, context = agreeing(testing), testing.open()
    with context.store.read() as work:
        texts = [version.prompt.text for version in work.versions.all(SKILL)]
    assert len(versions) == 3 - len(refused) and edited.text in texts
    assert all(isinstance(error, ConflictError) for error in refused)
    assert (testing.root / "skills/feeling.md").read_text() == format_prompt_file(V1)


def no_folder(root: Path) -> None:
    shutil.rmtree(root / "skills")


def no_place_for_a_folder(root: Path) -> None:
    (root / "skills").rename(root / "away")
    (root / "skills").write_text("no folder")


def no_place_in_the_project(root: Path) -> None:
    """Prompts can be read, and are not written."""
    (root / "skills").rename(root.parent / "away")
    (root / "skills").symlink_to(root.parent / "away")


def place_again(root: Path) -> None:
    (root / "skills").unlink()
    (root.parent / "away").rename(root / "skills")


@pytest.mark.slow
def test_a_missing_folder_is_made_again(testing: Place) -> None:
    context = testing.open()
    active_version(context, SKILL)
    no_folder(testing.root)
    promote_a(context)
    assert agreeing(testing) == [1, 2]


@pytest.mark.slow
def test_where_no_file_can_be_written_tasks_go_on_and_nothing_is_released(testing: Place) -> None:
    context = testing.open()
    active_version(context, SKILL)
    no_place_for_a_folder(testing.root)
    with pytest.raises(StoreError, match=r"cannot be written .* move the file away"):
        promote_a(context)
    for each in (context, testing.open()):
        assert run(each, SKILL, {"text": text(8)}).prompt_version == 1
    (testing.root / "skills").unlink()
    (testing.root / "away").rename(testing.root / "skills")
    assert conclude_due(context, SKILL) == []
    assert agreeing(testing) == [1]
    promote_a(context)
    assert agreeing(testing) == [1, 2]
    assert active_version(context, SKILL).prompt == BETTER


@pytest.mark.slow
def test_a_promotion_by_votes_that_cannot_be_written_is_made_later(testing: Place) -> None:
    context = testing.open()
    for number in range(5):
        pick(context, number, "A")
    asked = ask(context, 6)
    no_place_in_the_project(testing.root)
    last = pick(context, 5, "A")
    assert (last.counted, last.decision, last.promoted_version) == (True, "promote", None)
    assert "The release waits: " in last.reason and "outside of the project" in last.reason
    assert vote(context, asked.id, "A").excluded == "late"
    assert next_ballot(context, SKILL) is None
    waits = "the evidence is in for variant A, and its release is not carried out"
    assert waits in (results(context, SKILL).waiting_release or "")
    assert stats(context, SKILL).status.endswith("the live test is decided")
    feeling, weather = monitor_once(context)
    assert "outside of the project" in (feeling.problem or "")
    assert (weather.skill, weather.problem) == (OTHER, None)
    place_again(testing.root)
    assert agreeing(testing) == [1]
    feeling, _ = monitor_once(context)
    assert "variant A is in production as version 2" in feeling.concluded[0]
    assert agreeing(testing) == [1, 2]


@pytest.mark.slow
def test_a_release_that_waits_can_be_cancelled(testing: Place) -> None:
    context = testing.open()
    for number in range(5):
        pick(context, number, "A")
    no_place_in_the_project(testing.root)
    pick(context, 5, "A")
    assert cancel(context, SKILL).withdrawn_version is None
    place_again(testing.root)
    assert conclude_due(context, SKILL) == []
    assert agreeing(testing) == [1]


@pytest.mark.slow
def test_a_rolled_back_rollback_brings_the_prompt_again(testing: Place) -> None:
    context = testing.open()
    promote_a(context)
    for prompt in (V1, BETTER, V1, BETTER):
        roll_back(context)
        assert active_version(context, SKILL).prompt == prompt
    assert agreeing(testing) == [1, 2, 3, 4, 5, 6]
