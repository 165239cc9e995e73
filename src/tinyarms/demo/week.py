"""`tinyarms demo`: the whole loop on an example skill, with a real model and simulated users.

The model, the store, the search, the offline gate, the live test and the files are real. The users
and the passing days are simulated, and the output says so.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean
from time import monotonic
from typing import Any

from tinyarms.core.errors import ConfigError, ModelError
from tinyarms.core.ids import derived_id, derived_random
from tinyarms.core.interrupt import ReportedInterrupt
from tinyarms.core.text import one_line, shorten
from tinyarms.demo.captions import CAPTIONED
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.config_files import edit_constants
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.files import write_file
from tinyarms.loop.project.listener import Listener, Progress
from tinyarms.loop.project.starter import init_project
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.results import results
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.reporting.versions import show
from tinyarms.loop.searching.answer import EvolveView
from tinyarms.loop.searching.request import BudgetOverride, SearchRequest, Trigger
from tinyarms.loop.searching.run import evolve
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.ballots import BallotView, next_ballot
from tinyarms.loop.testing.vote_view import VoteView
from tinyarms.loop.testing.votes import vote
from tinyarms.loop.watching.check import monitor_once
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Prompt

SKILL = "file-naming"
_MESSY_TASKS = 30
"""A week."""
_CAPTIONED_WEEKS = 2
"""Weeks before the change. More: the monitor knows better what is usual, and sees the change
sooner."""
_MOST_MESSY_WEEKS = 4
_SEARCH_CALLS = 100
_TEST_EXAMPLES = 100
_VARIANTS = 1
_RANDOM_PICKS = 0.2
_FIRST_CALLS = 10
"""Tasks whose mean time is the basis of the time that the demo is said to take. More: a better
estimate, later."""
_USUAL_CALLS = 700
"""Model calls of a usual run, in calls as long as those of the first tasks: the tasks of three or
four weeks, the search with its writer, the offline gate and the votes. Calls that show remembered
examples take about three times as long."""
MARKER = ".tinyarms-demo"
_BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

Say = Callable[[str], None]


def run_demo(
    folder: Path, seed: int, say: Say, listener: Listener, environ: Mapping[str, str]
) -> dict[str, Any]:
    """Run the loop once in a fresh project at `folder`; about 5 to 20 minutes on two cores.

    Returns `skill`, `heldout_before`, `heldout_after` (accuracies on examples no search used),
    `heldout_n`, `votes`, `result`, `rollback_shown`, `task_calls` and `seconds`. Raises
    `ConfigError` if the folder contains anything but an earlier demo, and `ReportedInterrupt` after
    Ctrl-C.
    """
    began = monotonic()
    _fresh_project(folder, say)
    clock = _SimulatedClock(_BEGIN)
    own = {key: value for key, value in environ.items() if not key.startswith("TINYARMS_D")}
    context = open_project(folder, {**own, "TINYARMS_HOME": str(folder)}, clock)
    try:
        result = _Demo(context, clock, seed, say, listener).run()
    except KeyboardInterrupt as interrupt:
        say("Stopped. The next run of the demo begins again from the start.")
        raise ReportedInterrupt from interrupt
    finally:
        context.close()
    return {**result, "seconds": round(monotonic() - began, 1)}


@dataclass
class _SimulatedClock:
    now: datetime

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)


@dataclass(frozen=True)
class SimulatedUser:
    """Picks at random in 20 % of votes; else the shortest name that uses words of the content.

    Taste differs from the scorer: the user does not know which words an example requires.
    """

    rng: random.Random

    def choose(self, ballot: BallotView) -> str:
        """The letter of an option."""
        options = [option for option in ballot.options if option.output]
        if not options or self.rng.random() < _RANDOM_PICKS:
            return self.rng.choice(ballot.options).letter
        content = set(_words(ballot.inputs["content"]))
        speaking = [o for o in options if len(content & set(_words(o.output or ""))) >= 2]
        return min(speaking or options, key=lambda o: (len(o.output or ""), o.letter)).letter


@dataclass
class _Demo:
    context: Context
    clock: _SimulatedClock
    seed: int
    say: Say
    listener: Listener

    def run(self) -> dict[str, Any]:
        found = self._search(self._watch())
        last, votes = self._test(found) if found.result == "testing" else (None, 0)
        promoted = last is not None and last.promoted_version is not None
        shown = self._release(last) if last is not None and promoted else False
        after = self._winner_accuracy() if promoted else None
        before = found.gate.incumbent_accuracy if found.gate else None
        return {
            "skill": SKILL,
            "heldout_before": _rounded(before),
            "heldout_after": _rounded(after),
            "heldout_n": found.gate.incumbent_n if found.gate else 0,
            "votes": votes,
            "result": "promoted" if promoted else found.result if last is None else "kept",
            "rollback_shown": shown,
            "task_calls": found.spent["task_calls"],
        }

    def _watch(self) -> Trigger:
        """Weeks of tasks. Returns why the search begins."""
        self.say("\n1. WATCH: every task is stored; simulated users report which names are bad.")
        self.say(f'   The prompt: "{_one_line(active_version(self.context, SKILL).prompt)}"')
        weeks = iter(range(1, 1 + _CAPTIONED_WEEKS + _MOST_MESSY_WEEKS))
        captions = "files come with a short caption"
        before = [self._week(next(weeks), captions, CAPTIONED) for _ in range(_CAPTIONED_WEEKS)]
        self.clock.pass_days(1)
        messy, after = self._workload("watch"), list[float]()
        for week in weeks:
            start = len(after) * _MESSY_TASKS
            some = messy[start : start + _MESSY_TASKS]
            after.append(self._week(week, "a new scanner app sends long, messy text", some))
            [check] = monitor_once(self.context, [SKILL])
            if check.triggered:
                self.say(f"   Monitor: {check.explanation}")
                return Trigger(reason="accuracy_drop")
            self.say("   Monitor: this may still be chance; it continues to watch.")
        if mean(after) >= mean(before):
            raise ModelError("The demo's skill did not get worse, as it does with every model.")
        self.say(
            "   The demo does not wait until the monitor is sure, and begins the search itself."
        )
        return Trigger()

    def _week(self, week: int, what: str, examples: Sequence[Example]) -> float:
        """A week of tasks. Returns the share of good names."""
        name, right = f"Week {week}", 0
        if week > 1:
            self.clock.pass_days(7)
        scorer = self.context.scorer(self.context.skill(SKILL).skill)
        assert scorer is not None
        began = monotonic()
        for done, example in enumerate(examples, start=1):
            task_id = derived_id("demo", self.seed, name, example.id)
            task = run(self.context, SKILL, example.inputs, task_id=task_id)
            good = task.output is not None and scorer(example, task.output) >= 0.5
            right += good
            feedback(self.context, task_id, success=good, feedback_id=f"{task_id}-feedback")
            self.listener.progress(Progress(f"{name}: tasks", done, len(examples)))
            if week == 1 and done == _FIRST_CALLS:
                self.say(f"   {_time_said((monotonic() - began) / _FIRST_CALLS)}")
        view = stats(self.context, SKILL)
        down = "" if view.down_from is None else f" (down from {view.down_from:.0%})"
        self.say(f"   {name} ({what}): accuracy {view.accuracy:.0%}{down}, n={view.n}.")
        for failure in view.recent_failures[:2]:
            self.say(f"     bad: {_cut(failure.inputs, 44)} -> {_cut(failure.output or '-', 24)}")
        return right / len(examples)

    def _search(self, trigger: Trigger) -> EvolveView:
        self.say(
            f"\n2. SEARCH: PromptBreeder with the same tiny model, at most {_SEARCH_CALLS} task "
            "calls,\n   on `search` and `selection` examples."
        )
        self.clock.pass_days(0.1)
        request = SearchRequest(
            skill=SKILL,
            seed=self.seed,
            variants=_VARIANTS,
            budget=BudgetOverride(calls=_SEARCH_CALLS),
            trigger=trigger,
        )
        found = evolve(self.context, request, self.listener)
        for variant in found.variants:
            self.say(f'   Variant {variant.letter}: "{_cut(variant.prompt, 60)}"')
            self.say(f"     {variant.reasoning}")
        if found.gate is None:
            self.say("   Nothing better was found; the prompt stays.")
            return found
        self.say(
            f"\n3. TEST, offline gate: {found.gate.incumbent_n} held-out examples that no search "
            "used."
        )
        self.say(f"   Incumbent: {found.gate.incumbent_accuracy:.0%}")
        for line in found.gate.challengers:
            self.say(f"   Variant {line.letter}: {line.accuracy:.0%}. {line.reason}")
        return found

    def _test(self, found: EvolveView) -> tuple[VoteView | None, int]:
        self.say(
            "\n   Live test: simulated users see the names in random order and pick one. They do\n"
            "   not know which prompt wrote which name, or what the scorer requires. They pick at\n"
            "   random in 20 % of votes; otherwise they prefer short names with content words."
        )
        user = SimulatedUser(derived_random("demo user", self.seed))
        last: VoteView | None = None
        for example in self._workload("vote"):
            task_id = derived_id("demo vote", self.seed, example.id)
            run(self.context, SKILL, example.inputs, task_id=task_id)
            self.context.finish_background()
            ballot = next_ballot(self.context, SKILL)
            if ballot is None:  # All options have the same name, so there is no choice.
                continue
            letter = user.choose(ballot)
            last = vote(self.context, ballot.id, letter, vote_id=f"{ballot.id}-vote")
            self._say_ballot(ballot, letter, last)
            self.listener.progress(Progress("Votes", last.votes, ballot.votes_at_most or 0))
            if last.decision is not None:
                self.say(f"   Decided after {last.votes} votes: {last.reason}")
                break
            self.clock.pass_days(0.05)
        return last, last.votes if last else 0

    def _say_ballot(self, ballot: BallotView, letter: str, after: VoteView) -> None:
        if after.votes > 2:
            return
        self.say(f"   File: {_cut(ballot.inputs['content'], 66)}")
        for option in ballot.options:
            mark = "  <- picked" if option.letter == letter else ""
            self.say(f"     [{option.letter}] {option.output}{mark}")

    def _release(self, last: VoteView) -> bool:
        active = active_version(self.context, SKILL)
        self.say(f"\n4. RELEASE: version {active.number} is in production: {active.path}")
        self.say("   config.yaml now says:")
        config = (self.context.project.root / "config.yaml").read_text()
        for line in _block(config, f"  {SKILL}:"):
            if re.match(r"\s+(prompt_|evolved_at|previous_|current_)", line):
                self.say(f"   {line}")
        self.clock.pass_days(1)
        back = rollback(self.context, SKILL)
        restored = active_version(self.context, SKILL)
        self.say(
            f"\n   It can be rolled back: `tinyarms prompt rollback {SKILL}` made version "
            f"{back.version}, with the text of version 1 ({restored.path})."
        )
        return show(self.context, SKILL, 1).prompt.hash == restored.prompt.hash

    def _winner_accuracy(self) -> float | None:
        view = results(self.context, SKILL)
        return next((v.accuracy for v in view.variants if v.letter == view.winner), None)

    def _workload(self, purpose: str) -> list[Example]:
        """The users' files: no `test` examples, in an order that depends on the purpose."""
        examples = self.context.examples(self.context.skill(SKILL).skill)
        brought = [example for example in examples if example.split != "test"]
        derived_random("demo workload", purpose, self.seed).shuffle(brought)
        return brought


def _fresh_project(folder: Path, say: Say) -> None:
    if folder.exists():
        if any(folder.iterdir()) and not (folder / MARKER).exists():
            raise ConfigError(f"{folder} is not empty and not a demo.", "Use --folder NEW_FOLDER.")
        shutil.rmtree(folder)
    init_project(folder)
    write_file(folder / MARKER, "A demo of tinyarms wrote this folder.\n")

    def shorten(settings: Any) -> None:
        settings["ab_testing"]["show_probability"] = 1.0
        settings["experiment"]["test_examples"] = _TEST_EXAMPLES

    edit_constants(folder, shorten)
    say(f"A project in {folder}: config.yaml, skills/, examples/. Its model runs on this machine.")
    say("For the demo every task asks users (show_probability: 1.0), and the offline gate reads")
    say(f"{_TEST_EXAMPLES} of the 200 test examples. Only users and days are simulated.")
    weeks = f"3 to {_CAPTIONED_WEEKS + _MOST_MESSY_WEEKS}"
    say(f"Four steps: watch ({weeks} weeks of tasks), search, test, release.")


def _time_said(seconds_per_call: float) -> str:
    """How long the demo takes if all of its calls are as fast as the first ones."""
    minutes = max(1, round(seconds_per_call * _USUAL_CALLS / 60))
    unit = "minute" if minutes == 1 else "minutes"
    return (
        f"At the speed of the first {_FIRST_CALLS} tasks ({seconds_per_call:.2f} s each), the demo "
        f"takes about {minutes} {unit}."
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]{3,}", text.casefold())


def _one_line(prompt: Prompt) -> str:
    return _cut(prompt.text, 60)


def _cut(text: str, width: int) -> str:
    return shorten(one_line(text), width, "...")


def _block(text: str, head: str) -> list[str]:
    lines = text.splitlines()
    start = lines.index(head) + 1
    end = next(
        (i for i, line in enumerate(lines[start:], start) if re.match(r" {0,2}\S", line)),
        len(lines),
    )
    return lines[start:end]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
