"""Releases whose processes are killed, and what has to be true after it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.forks import Processes
from tests.kill_points import Deaths, naming
from tests.loop.place import BETTER, SKILL, V1, Place
from tests.loop.releasing.test_holdback_check import put
from tests.loop.releasing.test_reset_check import evolved
from tests.loop.scenarios import ACTS, intents
from tests.loop.steps import ask, letter_of, pick
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.testing.review import promote
from tinyarms.loop.testing.votes import vote
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file
from tinyarms.store.db.records import SessionState

DECIDING = 5
"""Number of the ballot whose vote decides; the ones before it have theirs."""
LATE = 6
"""Number of a ballot that waits."""
VOTE_ID = "deciding"
ACT = "tests.loop.scenarios:act"


def assert_agreeing(
    place: Place, number: int, prompt: Prompt, context: Context | None = None
) -> None:
    """Database and files say the same, and nothing is left to do.

    Without `context` the project is opened anew, which finishes what is left to do.
    """
    context = context or place.open()
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


def deciding_vote(testing_project: Path, processes: Processes, folder: Path) -> Deaths:
    """The deaths of the process that gives the deciding vote."""
    almost = Place(Path(shutil.copytree(testing_project, folder / "almost")))
    context = almost.open()
    for number in range(DECIDING):
        pick(context, number, "A")
    ballot = ask(context, DECIDING)
    ask(context, LATE)
    words = (ballot.id, letter_of(context, ballot, "A"), VOTE_ID)
    almost.close()
    deaths = Deaths(processes, almost.root, folder, "tests.loop.scenarios:give_vote", *words)
    deaths.require(commits=3, replaced=["skills/feeling-v2.md", "config.yaml"])
    return deaths


def promotes_once(place: Place) -> None:
    """The deciding vote is given again, after its process was killed at any point."""
    context = place.open()
    ballot = waiting(context, DECIDING)
    seen = vote(context, ballot, letter_again(context, ballot), vote_id=VOTE_ID)
    assert (seen.accepted, seen.counted, seen.votes) == (True, True, DECIDING + 1)
    assert (seen.decision, seen.promoted_version) == ("promote", 2)
    assert_agreeing(place, 2, BETTER, context)
    with context.store.read() as work:
        [session] = work.sessions.all(SKILL)
        results = work.experiments.results(session.id)
    assert session.state is SessionState.PROMOTED
    decision = session.findings.decision
    assert decision is not None and decision.variant == "A"
    assert len(results) == 2 * (DECIDING + 1)
    place.close()


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


EDITED = Prompt("My own words.")
Prepare = Callable[[Place], object]


def promoted(place: Place) -> None:
    promote(place.open(), SKILL, "A")


def edited(place: Place) -> None:
    active_version(place.open(), SKILL)
    place.prompt_file("skills/feeling.md", EDITED)


def worse(place: Place) -> None:
    context = place.open()
    promote(context, SKILL, "A")
    place.moment.pass_(days=1)
    put(context, (20, 20), (0, 30))


@dataclass(frozen=True)
class Release:
    """An act that puts a prompt into production, and what comes of it."""

    prepare: Prepare
    version: int
    prompt: Prompt
    files: tuple[str, ...]
    """Written besides `config.yaml`."""
    starts_in_test: bool = True
    """Whether the skill is in its live test before `prepare`."""


V2_FILE, V3_FILE = ("skills/feeling-v2.md",), ("skills/feeling-v3.md",)
RELEASES = {
    "promote by hand": Release(lambda place: None, 2, BETTER, V2_FILE),
    "roll back by hand": Release(promoted, 3, V1, V3_FILE),
    "reset by hand": Release(promoted, 3, V1, V3_FILE),
    "adopt an edited file": Release(edited, 2, EDITED, (*V2_FILE, "skills/feeling.md"), False),
    "roll back a worse promotion": Release(worse, 3, V1, V3_FILE),
    "reset by the setting": Release(evolved, 3, V1, V3_FILE, False),
}


@dataclass(frozen=True)
class Stage:
    """A release, the project in which it is about to happen, and its deaths."""

    name: str
    release: Release
    before: Place
    deaths: Deaths

    def begun(self, root: Path) -> bool:
        """Whether the intent was stored before the process died."""
        return len(intents(root)) > len(intents(self.before.root))


def make_stage(
    name: str, new_project: Path, testing_project: Path, processes: Processes, folder: Path
) -> Stage:
    release = RELEASES[name]
    project = testing_project if release.starts_in_test else new_project
    before = Place(Path(shutil.copytree(project, folder / "before")))
    release.prepare(before)
    before.close()
    deaths = Deaths(processes, before.root, folder, ACT, name, before.moment.now.isoformat())
    deaths.require(commits=3, replaced=[*release.files, "config.yaml"])
    return Stage(name, release, before, deaths)


def happens_once(stage: Stage, root: Path) -> bool:
    """A killed process has left the project behind: the release goes on, or is done again.
    Whether it had begun."""
    begun = stage.begun(root)
    place = Place(root, stage.before.moment)
    context = place.open()
    if not begun and stage.name != "adopt an edited file":
        assert active_version(context, SKILL).number == stage.release.version - 1
        ACTS[stage.name](context)
    assert_released(place, context, stage.release)
    place.close()
    return begun


def survivor_finishes(stage: Stage, point: int) -> None:
    """A process is killed at the point: another, which had opened the project, finishes it."""
    place = Place(stage.deaths.copy("survivor"), stage.before.moment)
    context = place.open()
    stage.deaths.kill(place.root, point)
    with naming(stage.deaths.points[point]):
        if not stage.begun(place.root):
            ACTS[stage.name](context)
        assert_released(place, context, stage.release)
    place.close()
    shutil.rmtree(place.root.parent)


def assert_released(place: Place, context: Context, release: Release) -> None:
    """The next one to come finishes it, or finds it finished, and nothing else happens."""
    assert conclude_due(context, SKILL) == []
    assert active_version(context, SKILL).prompt == release.prompt
    assert_agreeing(place, release.version, release.prompt, context)
    assert (place.root / "skills/feeling.md").read_text() == format_prompt_file(V1)
