"""`tinyarms demo --story`: a year of one skill that nobody looks after.

Real: the model, the store, the daemon, the searches, the tests, the files. Simulated, and called
so: the users, the clock and what changes in the world (`daemon.story_world`).

Killed at any moment and begun again it goes on to the same end. It keeps no place of its own: a
visit is over once its feedback, which is sent last, is in the store, and all that is sent has an
id that follows from the seed, so that what was sent before the kill counts once.
"""

from __future__ import annotations

import json
import shutil
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from textwrap import fill
from time import monotonic
from typing import Any

from tinyarms.core.errors import ConfigError
from tinyarms.core.ids import derived_id, derived_random
from tinyarms.daemon.daemon import Daemon
from tinyarms.demo.week import MARKER, SKILL, SimulatedUser
from tinyarms.demo.world import (
    BEGIN,
    SEASONS,
    USERS,
    Look,
    Visit,
    World,
    known_kinds,
    season_at,
)
from tinyarms.demo.year_report import StoryView, month_of, story_view
from tinyarms.loop.project.context import Context, open_context
from tinyarms.loop.project.listener import Listener
from tinyarms.loop.project.starter import init_project
from tinyarms.loop.releasing.release_intent import recover_all
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.ballots import next_ballot
from tinyarms.loop.testing.votes import vote
from tinyarms.loop.watching.events import Event
from tinyarms.skills.example import format_example
from tinyarms.store.project.config import load_project
from tinyarms.store.project.files import write_atomically
from tinyarms.store.project.starter import starter_examples
from tinyarms.store.project.yaml_edit import edit_yaml

STORY = "story.json"
REPLIES = "replies.jsonl"
_SEARCH_CALLS = 200
_TEST_EXAMPLES = 100
_VARIANTS = 2
_TEST_DAYS = 14
"""Four users give too few votes in the seven days of the default."""
_SKIPS = 0.1
_WIDTH = 79

Say = Callable[[str], None]


def run_story(
    folder: Path, seed: int, say: Say, listener: Listener, environ: Mapping[str, str]
) -> StoryView:
    """Live the year in a project at `folder`, or what is left of it.

    An unfinished story there is gone on with; a finished one begins anew. Raises `ConfigError` if
    the folder holds anything else, or an unfinished story of another seed.
    """
    began = monotonic()
    resumed = _is_unfinished(folder, seed)
    if not resumed:
        _fresh_project(folder, seed)
    clock = _StoryClock(BEGIN)
    own = {key: value for key, value in environ.items() if not key.startswith("TINYARMS_D")}
    # Not `open_project`: what a kill has interrupted is finished at its own time, not at once.
    context = open_context(load_project(folder), {**own, "TINYARMS_HOME": str(folder)}, clock)
    try:
        _Story(context, clock, seed, say, listener).live(resumed)
        view = story_view(context, SKILL, seed)
    finally:
        context.close()
    _note(folder, seed, finished=True)
    view.seconds = round(monotonic() - began, 1)
    return view


@dataclass
class _StoryClock:
    """Stands still within a moment: what is done again after a kill has the same time."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


class _Story:
    def __init__(
        self, context: Context, clock: _StoryClock, seed: int, say: Say, listener: Listener
    ) -> None:
        self.context, self.clock, self.seed = context, clock, seed
        self.say, self.listener = say, listener
        skill = context.skill(SKILL).skill
        self.examples = starter_examples(SKILL, skill.inputs)
        self.world = World(seed, self.examples)
        scorer = context.scorer(skill)
        assert scorer is not None
        self.scorer = scorer
        self.daemon = Daemon(context, listener=listener, on_event=self._tell)

    def live(self, resumed: bool) -> None:
        """To the end of the year."""
        visits = self.world.visits
        done = self._visits_done()
        if resumed:
            self.say(f"\nThe story goes on after {done} of {len(visits)} tasks.")
        else:
            self._introduce()
        self.clock.now = self._latest_change()
        recover_all(self.context)
        before = visits[done - 1].at if done else None
        self._bring_examples(season_at(before or BEGIN))
        for moment in self.world.moments(done, self._looked_until(done)):
            self.clock.now = moment.at
            self._turn(before, moment.at)
            if isinstance(moment, Look):
                self.daemon.tick()
            else:
                self._visit(moment)
                done += 1
                self.listener.progress("Tasks of the year", done, len(visits), None, 0)
            before = moment.at
        if before is not None:
            self._say_month(before)

    def _visits_done(self) -> int:
        """How many visits are over: those whose feedback has come."""
        with self.context.store.read() as work:
            return bisect_left(
                self.world.visits,
                True,
                key=lambda visit: not work.feedback.of(visit.task_id),
            )

    def _looked_until(self, done: int) -> datetime:
        """The looks before it are over. The last one that has begun may not be, and time must not
        run backwards: what it has done would be there before its time."""
        visits = self.world.visits
        with self.context.store.read() as work:
            if done < len(visits) and work.tasks.get(visits[done].task_id) is not None:
                return visits[done].at
            watch = work.watches.get(SKILL)
        before = visits[done - 1].at if done else BEGIN
        looked = before if watch is None else watch.looked_at
        return max(before, looked, self._latest_change())

    def _latest_change(self) -> datetime:
        """When the last release was begun, or a session or a watch ended."""
        with self.context.store.read() as work:
            times = [
                *(intent.created_at for intent in work.intents.pending(SKILL)),
                *(era.active_from for era in work.history.all(SKILL)),
                *(session.completed_at for session in work.sessions.all(SKILL)),
                *(held.ended_at for held in work.holdbacks.all(SKILL)),
            ]
        return max((time for time in times if time is not None), default=BEGIN)

    def _turn(self, before: datetime | None, now: datetime) -> None:
        """A new month, a new season."""
        if before is not None and (before.year, before.month) != (now.year, now.month):
            self._say_month(before)
        season = season_at(now)
        if before is None or season_at(before) != season:
            self._bring_examples(season)
            self._happens(SEASONS[season].at, f"THE WORLD: {SEASONS[season].said}.")

    def _visit(self, visit: Visit) -> None:
        context = self.context
        task = run(context, SKILL, visit.example.inputs, task_id=visit.task_id, user=visit.user)
        context.finish_background()
        ballot = next_ballot(context, SKILL, visit.user) if task.ballot_id else None
        if ballot is not None:
            rng = derived_random("story vote", self.seed, visit.task_id)
            skips = rng.random() < _SKIPS
            letter = None if skips else SimulatedUser(rng).choose(ballot)
            vote(context, ballot.id, letter, vote_id=f"{ballot.id}-vote", user=visit.user)
        good = task.output is not None and self.scorer(visit.example, task.output) >= 0.5
        feedback(
            context,
            visit.task_id,
            success=good,
            feedback_id=derived_id("story feedback", visit.task_id),
            user=visit.user,
        )
        context.finish_background()

    def _bring_examples(self, season: int) -> None:
        kinds = known_kinds(season)
        known = [format_example(e) for e in self.examples if e.kind in kinds]
        path = self.context.project.root / _examples_file(self.context)
        write_atomically(path, "".join(f"{line}\n" for line in known))

    def _tell(self, event: Event) -> None:
        self._happens(event.at, event.said)

    def _say_month(self, moment: datetime) -> None:
        seen = month_of(self.context, SKILL, moment)
        accuracy = "-" if seen.accuracy is None else f"{seen.accuracy:.0%}"
        self._happens(moment, f"{seen.name}: {seen.n} tasks, {accuracy} right.")

    def _happens(self, at: datetime, said: str) -> None:
        self.say(fill(f"{at:%d %b}  {said}", _WIDTH, subsequent_indent=" " * 8))

    def _introduce(self) -> None:
        self.say(
            f"A year of the skill {SKILL}, in {self.context.project.root}.\n"
            f"Simulated: the {len(USERS)} users, the clock, what changes in the world. Real: the\n"
            "model, the store, the daemon, which looks once a day and does all the rest.\n"
            f"A search may make {_SEARCH_CALLS} calls, a gate reads {_TEST_EXAMPLES} held-out "
            f"examples,\na live test lasts {_TEST_DAYS} days at most.\n"
        )


def _examples_file(context: Context) -> str:
    path = context.skill(SKILL).skill.examples
    assert path is not None
    return path


def _is_unfinished(folder: Path, seed: int) -> bool:
    try:
        told: dict[str, Any] = json.loads((folder / STORY).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    if told["finished"]:
        return False
    if told["seed"] != seed:
        raise ConfigError(
            f"{folder} holds an unfinished story of seed {told['seed']}.",
            f"Go on with --seed {told['seed']}, or use --folder NEW_FOLDER.",
        )
    return True


def _note(folder: Path, seed: int, finished: bool) -> None:
    write_atomically(folder / STORY, json.dumps({"seed": seed, "finished": finished}) + "\n")


def _fresh_project(folder: Path, seed: int) -> None:
    """The marker is there from the first moment to the last, `story.json` when all is made."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise ConfigError(f"{folder} is not empty and no demo.", "Use --folder NEW_FOLDER.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STORY).unlink(missing_ok=True)
    write_atomically(folder / MARKER, "A demo of tinyarms wrote this folder.\n")
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name not in (MARKER, REPLIES):
            entry.unlink()
    init_project(folder)

    def simplify(config: Any) -> None:
        for model in config["models"].values():
            model["recording"] = REPLIES
        for name in [name for name in config["skills"] if name != SKILL]:
            del config["skills"][name]

    def shorten(constants: Any) -> None:
        block = constants["prompt_evolution"]
        block["evolution"]["budget"]["calls"] = _SEARCH_CALLS
        block["smollm2"]["variants_per_evolution"] = _VARIANTS
        block["experiment"]["test_examples"] = _TEST_EXAMPLES
        block["ab_testing"]["max_duration_days"] = _TEST_DAYS

    edit_yaml(folder / "config.yaml", simplify)
    edit_yaml(folder / "config" / "constants.yaml", shorten)
    _note(folder, seed, finished=False)
