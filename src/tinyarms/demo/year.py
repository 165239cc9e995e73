"""`tinyarms demo --year`: a simulated year of one skill without supervision.

The model, the store, the daemon, the searches, the tests and the files are real. The users, the
clock and the changes of the world (`demo.world`) are simulated.

If the year is killed at any moment and run again, the result is the same. It stores no position of
its own: an arrival is complete once its feedback, which is sent last, is stored. All ids follow
from the seed, so data sent before the kill count once.
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
    PHASES,
    USERS,
    Arrival,
    Look,
    World,
    known_kinds,
    phase_at,
)
from tinyarms.demo.year_report import YearView, month_of, year_view
from tinyarms.loop.opening import open_unrecovered
from tinyarms.loop.project.config_files import edit_config, edit_constants
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.files import write_file
from tinyarms.loop.project.listener import Listener, Progress
from tinyarms.loop.project.starter import init_project, starter_examples
from tinyarms.loop.releasing.unfinished import recover_all
from tinyarms.loop.reporting.skill_log import has_feedback, has_task, latest_change, looked_at
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.ballots import next_ballot
from tinyarms.loop.testing.votes import vote
from tinyarms.loop.watching.events import Event
from tinyarms.skills.example import format_example

YEAR = "year.json"
"""File of the project with the year's seed and whether the year is complete."""
REPLIES = "replies.jsonl"
_SEARCH_CALLS = 200
_TEST_EXAMPLES = 100
_VARIANTS = 2
_TEST_DAYS = 14
"""Days of a live test: four users give too few votes in the default of seven."""
_SKIPS = 0.1
"""Probability that a user skips a ballot."""
_WIDTH = 79

Say = Callable[[str], None]


def run_year(
    folder: Path, seed: int, say: Say, listener: Listener, environ: Mapping[str, str]
) -> YearView:
    """Run the year, or the rest of it, in a project at `folder`.

    An unfinished year there is resumed; a finished one starts again. Raises `ConfigError` if the
    folder contains anything else, or an unfinished year of another seed.
    """
    began = monotonic()
    resumed = _is_unfinished(folder, seed)
    if not resumed:
        _fresh_project(folder, seed)
    clock = _YearClock(BEGIN)
    own = {key: value for key, value in environ.items() if not key.startswith("TINYARMS_D")}
    # Work that a kill interrupted is finished at its own simulated time, not at once.
    context = open_unrecovered(folder, {**own, "TINYARMS_HOME": str(folder)}, clock)
    try:
        _Year(context, clock, seed, say, listener).live(resumed)
        view = year_view(context, SKILL, seed)
    finally:
        context.close()
    _note(folder, seed, finished=True)
    view.seconds = round(monotonic() - began, 1)
    return view


@dataclass
class _YearClock:
    """Does not advance within a step: a step that is repeated after a kill has the same time."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


class _Year:
    def __init__(
        self, context: Context, clock: _YearClock, seed: int, say: Say, listener: Listener
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
        """Run to the end of the year."""
        arrivals = self.world.arrivals
        done = self._arrivals_done()
        if resumed:
            self.say(f"\nThe year resumes after {done} of {len(arrivals)} tasks.")
        else:
            self._introduce()
        self.clock.now = self._latest_change()
        recover_all(self.context)
        before = arrivals[done - 1].at if done else None
        self._bring_examples(phase_at(before or BEGIN))
        for moment in self.world.moments(done, self._looked_until(done)):
            self.clock.now = moment.at
            self._turn(before, moment.at)
            if isinstance(moment, Look):
                self.daemon.tick()
            else:
                self._arrive(moment)
                done += 1
                self.listener.progress(Progress("Tasks of the year", done, len(arrivals)))
            before = moment.at
        if before is not None:
            self._say_month(before)

    def _arrivals_done(self) -> int:
        """How many arrivals are complete: those whose feedback is stored."""
        return bisect_left(
            self.world.arrivals,
            True,
            key=lambda arrival: not has_feedback(self.context, arrival.task_id),
        )

    def _looked_until(self, done: int) -> datetime:
        """The daemon's passes before this moment are complete. The last one that began may not be,
        and time must not run backwards: its rows would be older than the clock."""
        arrivals = self.world.arrivals
        if done < len(arrivals) and has_task(self.context, arrivals[done].task_id):
            return arrivals[done].at
        before = arrivals[done - 1].at if done else BEGIN
        looked = looked_at(self.context, SKILL) or before
        return max(before, looked, self._latest_change())

    def _latest_change(self) -> datetime:
        return latest_change(self.context, SKILL) or BEGIN

    def _turn(self, before: datetime | None, now: datetime) -> None:
        """Report a new month, and begin a new phase, if one starts."""
        if before is not None and (before.year, before.month) != (now.year, now.month):
            self._say_month(before)
        phase = phase_at(now)
        if before is None or phase_at(before) != phase:
            self._bring_examples(phase)
            self._happens(PHASES[phase].at, f"THE WORLD: {PHASES[phase].change}.")

    def _arrive(self, arrival: Arrival) -> None:
        context, inputs = self.context, arrival.example.inputs
        task = run(context, SKILL, inputs, task_id=arrival.task_id, user=arrival.user)
        context.finish_background()
        ballot = next_ballot(context, SKILL, arrival.user) if task.ballot_id else None
        if ballot is not None:
            rng = derived_random("story vote", self.seed, arrival.task_id)
            skips = rng.random() < _SKIPS
            letter = None if skips else SimulatedUser(rng).choose(ballot)
            vote(context, ballot.id, letter, vote_id=f"{ballot.id}-vote", user=arrival.user)
        good = task.output is not None and self.scorer(arrival.example, task.output) >= 0.5
        feedback(
            context,
            arrival.task_id,
            success=good,
            feedback_id=derived_id("story feedback", arrival.task_id),
            user=arrival.user,
        )
        context.finish_background()

    def _bring_examples(self, phase: int) -> None:
        kinds = known_kinds(phase)
        known = [format_example(e) for e in self.examples if e.kind in kinds]
        path = self.context.project.root / _examples_file(self.context)
        write_file(path, "".join(f"{line}\n" for line in known))

    def _tell(self, event: Event) -> None:
        self._happens(event.at, event.summary)

    def _say_month(self, moment: datetime) -> None:
        seen = month_of(self.context, SKILL, moment)
        accuracy = "-" if seen.accuracy is None else f"{seen.accuracy:.0%}"
        self._happens(moment, f"{seen.name}: {seen.n} tasks, {accuracy} right.")

    def _happens(self, at: datetime, sentence: str) -> None:
        self.say(fill(f"{at:%d %b}  {sentence}", _WIDTH, subsequent_indent=" " * 8))

    def _introduce(self) -> None:
        self.say(
            f"A year of the skill {SKILL}, in {self.context.project.root}.\n"
            f"The {len(USERS)} users, the clock and the changes of the world are simulated. The\n"
            "model, the store and the daemon, which checks once a day, are real.\n"
            f"A search may make {_SEARCH_CALLS} calls, a gate reads {_TEST_EXAMPLES} held-out "
            f"examples,\na live test lasts at most {_TEST_DAYS} days.\n"
        )


def _examples_file(context: Context) -> str:
    path = context.skill(SKILL).skill.examples
    assert path is not None
    return path


def _is_unfinished(folder: Path, seed: int) -> bool:
    try:
        told: dict[str, Any] = json.loads((folder / YEAR).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    if told["finished"]:
        return False
    if told["seed"] != seed:
        raise ConfigError(
            f"{folder} contains an unfinished year of seed {told['seed']}.",
            f"Resume it with --seed {told['seed']}, or use --folder NEW_FOLDER.",
        )
    return True


def _note(folder: Path, seed: int, finished: bool) -> None:
    write_file(folder / YEAR, json.dumps({"seed": seed, "finished": finished}) + "\n")


def _fresh_project(folder: Path, seed: int) -> None:
    """Prepare the folder: the marker is written first, `year.json` once all files exist."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise ConfigError(f"{folder} is not empty and not a demo.", "Use --folder NEW_FOLDER.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / YEAR).unlink(missing_ok=True)
    write_file(folder / MARKER, "A demo of tinyarms wrote this folder.\n")
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

    def shorten(settings: Any) -> None:
        settings["evolution"]["budget"]["calls"] = _SEARCH_CALLS
        settings["smollm2"]["variants_per_evolution"] = _VARIANTS
        settings["experiment"]["test_examples"] = _TEST_EXAMPLES
        settings["ab_testing"]["max_duration_days"] = _TEST_DAYS

    edit_config(folder, simplify)
    edit_constants(folder, shorten)
    _note(folder, seed, finished=False)
