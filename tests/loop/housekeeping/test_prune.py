from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.forks import Processes
from tests.kill_points import KILLS, Deaths
from tests.loop.place import (
    ALIKE,
    BETTER,
    ENOUGH,
    SKILL,
    WORSE,
    Moment,
    Place,
    text,
    write_examples,
)
from tests.loop.releasing.test_holdback_check import put
from tests.loop.steps import ask, begin, create, pick
from tinyarms.loop.housekeeping import prune as retention
from tinyarms.loop.housekeeping.prune import Pruned, prune
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.holdback_check import conclude_holdback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.history import history
from tinyarms.loop.reporting.results import results
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.testing.review import promote
from tinyarms.loop.watching import readings as watching
from tinyarms.loop.watching.check import monitor_once
from tinyarms.store.db.records import TaskRecord
from tinyarms.store.db.tables import metadata


def rows(context: Context) -> dict[str, int]:
    with context.store.read() as work:
        run = work.tasks._connection.execute
        found = {
            name: run(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }
    return {name: n for name, n in found.items() if n}


def tasks(context: Context, prefix: str, n: int) -> None:
    """Of the version in production, one after the other, with their outcomes."""
    version = active_version(context, SKILL).number
    with context.store.unit_of_work() as work:
        for number in range(n):
            work.tasks.add(
                TaskRecord(
                    id=f"{prefix}-{number}",
                    skill=SKILL,
                    inputs={"text": text(number)},
                    created_at=context.clock(),
                    prompt_version=version,
                    success=number % 4 > 0,
                    latency_ms=5.0,
                )
            )


def seen(context: Context) -> list[Any]:
    """Everything that people look at."""
    [check] = monitor_once(context, [SKILL])
    return [stats(context, SKILL), history(context, SKILL), results(context, SKILL), check]


def make_old_project(new_project: Path, folder: Path) -> Place:
    """A skill with a past: 900 days ago tasks and a session whose winner was rolled back, 400 days
    ago a session that was kept, and yesterday's tasks."""
    place = Place(Path(copytree(new_project, folder / "project")))
    write_examples(place.root, ENOUGH)
    context = place.open()
    tasks(context, "first", 40)
    feedback(context, "first-1", success=False)
    feedback(context, "never-comes", success=True)
    begin(place)
    for number in range(6):
        pick(context, number, "A")
    place.moment.pass_(days=1)
    put(context, (20, 20), (0, 30))
    assert conclude_holdback(context, SKILL) is not None
    place.moment.pass_(days=500)
    tasks(context, "middle", 30)
    create(place, context, ALIKE)
    place.moment.pass_(days=399)
    tasks(context, "last", 20)
    place.moment.pass_(days=1)
    place.close()
    return place


@dataclass(frozen=True)
class Pruning:
    """A project that is pruned a few rows at a time, and the deaths of the process."""

    deaths: Deaths
    now: Moment
    seen: list[Any]
    """Everything that people look at, after a whole run."""
    rows: dict[str, int]

    def goes_on(self, root: Path) -> int:
        """A killed process has left the project behind: the rest is pruned. How many rows."""
        place = Place(root, self.now)
        context = place.open()
        assert seen(context) == self.seen
        rest = prune(context).rows
        assert seen(context) == self.seen and prune(context).rows == 0
        assert rows(context) == self.rows
        place.close()
        return rest


def make_pruning(old_project: Place, processes: Processes, folder: Path) -> Pruning:
    before, now = old_project.root, old_project.moment.now.isoformat()
    act = "tests.loop.scenarios:act"
    deaths = Deaths(processes, before, folder, act, "prune", now, "20")
    deaths.require(commits=10, replaced=[])
    whole = Place(deaths.undisturbed, old_project.moment)
    same, pruned = seen(whole.open()), rows(whole.opened[0])
    whole.close()
    return Pruning(deaths, old_project.moment, same, pruned)


@pytest.fixture(scope="module")
def old_project(new_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return make_old_project(new_project, tmp_path_factory.mktemp("old"))


@pytest.fixture
def old(old_project: Place, tmp_path: Path) -> Iterator[Context]:
    copied = Path(copytree(old_project.root, tmp_path / "project"))
    place = Place(copied, old_project.moment)
    yield place.open()
    place.close()


@pytest.mark.slow
def test_what_people_look_at_stays_the_same(old: Context) -> None:
    before, counted, held = seen(old), rows(old), prune(old, dry_run=True)
    assert seen(old) == before and rows(old) == counted
    assert prune(old) == held
    assert (held.task_history, held.feedback, held.evaluations) == (40 + 50, 2, 200)
    assert (held.ballots, held.ab_test_results, held.holdback_tasks) == (0, 12, 50)
    after = rows(old)
    assert after["task_history"] == 50
    gone = {name for name in counted if name not in after}
    assert gone == {"assignments", "feedback", "ab_test_results", "holdback_tasks"}
    assert {name for name in after if name not in counted} == {"call_counts"}
    kept = ("task_counts", "prompt_history", "prompt_variants", "examples", "test_reads", "votes")
    assert [after[name] for name in kept] == [counted[name] for name in kept]
    assert seen(old) == before
    assert prune(old) == Pruned(held.before)


@pytest.mark.slow
def test_the_newest_answers_stay_and_the_others_go(
    old: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "NEWEST", 2)
    assert prune(old).ballots == 4
    with old.store.read() as work:
        assert len(work.experiments.newest_answers(SKILL, 10)) == 2


@pytest.mark.slow
def test_killed_anywhere_it_goes_on(
    old_project: Place, processes: Processes, tmp_path: Path
) -> None:
    pruning = make_pruning(old_project, processes, tmp_path)
    points = pruning.deaths.sample(KILLS, "after")
    left_to_prune = [pruning.goes_on(root) for _, root in pruning.deaths.each(points)]
    assert left_to_prune == sorted(left_to_prune, reverse=True)
    assert left_to_prune[0] > left_to_prune[len(left_to_prune) // 2] > left_to_prune[-1] == 0


@pytest.mark.slow
def test_nothing_goes_that_an_open_session_reads(place: Place) -> None:
    context = begin(place, BETTER, WORSE)
    for number in range(4):
        pick(context, number, "A")
    ask(context, 9)
    tasks(context, "beside", 40)
    place.moment.pass_(days=2000)
    assert prune(context).rows == 0


@pytest.mark.slow
def test_nothing_goes_that_an_open_holdback_reads(place: Place) -> None:
    context = begin(place)
    promote(context, SKILL, "A")
    put(context, (0, 20), (30, 30))
    place.moment.pass_(days=2000)
    assert prune(context).rows == 0
    assert conclude_holdback(context, SKILL) is not None
    before = seen(context)
    assert prune(context) == Pruned(context.clock() - timedelta(days=365), task_history=20)
    place.moment.pass_(days=366)
    assert prune(context).holdback_tasks == 50
    assert history(context, SKILL) == before[1]


@pytest.mark.slow
def test_the_baseline_and_the_newest_tasks_stay(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (retention, watching):
        monkeypatch.setattr(module, "FIRST", 8)
        monkeypatch.setattr(module, "NEWEST", 20)
    context = place.open()
    for day in range(3):
        tasks(context, f"day-{day}", 20)
        place.moment.pass_(days=1)
    place.moment.pass_(days=400)
    [before] = monitor_once(context, [SKILL])
    assert prune(context).task_history == 60 - 8 - 20
    assert monitor_once(context, [SKILL]) == [before]
    with context.store.read() as work:
        assert work.tasks.counts(SKILL, 1) == (60, 45, 15, 0)


def test_for_ever(place: Place) -> None:
    place.setting("{retention_days: null}")
    context = place.open()
    feedback(context, "never-comes", success=True)
    place.moment.pass_(days=10_000)
    assert prune(context) == Pruned(None)
