"""What the process below the shim does: votes, feedback, tasks and releases, noted when done."""

from __future__ import annotations

import ctypes
import json
import os
import random
import signal
import sys
from datetime import timedelta
from pathlib import Path

from tests.loop.place import BETTER, SKILL, Place, text
from tests.loop.steps import ask, begin, letter_of
from tinyarms.core.errors import TinyArmsError
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.review import promote
from tinyarms.loop.testing.votes import vote
from tinyarms.store.db import sqlite

_SHIM = ctypes.CDLL(None)
_LONGEST_S = 300
"""Seconds after which a process counts as one that hangs."""
ASKED = 12
"""Tasks that are asked while writes fail."""


def main(words: list[str]) -> None:
    """`ROOT story SEED`: the story in the project ROOT. `FOLDER failing ERRNO AFTER …`: for each
    number, a process that uses the project FOLDER/ERRNO-AFTER; prints a line of JSON for each."""
    folder, name, *rest = words
    # The log is copied into the database often, as in a long life, on every version of SQLite.
    sqlite.CHECKPOINT_BYTES = 60_000
    sqlite.has_wal_reset_bug = lambda version=(): True  # type: ignore[assignment]
    if name == "story":
        story(Place(Path(folder)), int(rest[0]))
        return
    error, *points = map(int, rest)
    for after in points:
        child = os.fork()
        if child == 0:
            signal.alarm(_LONGEST_S)
            place = Place(Path(folder) / f"{error}-{after}")
            _say(failing(place, error, after))
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if status != 0:
            _say({"wrong": [f"the process ended with {status}"]})


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def mark(what: str) -> None:
    """Note in the record that this was acknowledged."""
    _SHIM.shim_mark(what.encode())


def story(place: Place, seed: int) -> None:
    """A live test that ends in a promotion, a rollback, another test and another promotion."""
    rng = random.Random(seed)
    for round_ in (1, 2):
        context = place.open() if round_ == 1 else begin(place, BETTER)
        for number in range(40 * round_, 40 * round_ + 8):
            for step in rng.sample((_vote, _feedback, _task), 3):
                step(context, number, round_)
            place.moment.now += timedelta(minutes=1)
        promote(context, SKILL, "A")
        mark(f"version {2 * round_}")
        rollback(context, SKILL)
        mark(f"version {2 * round_ + 1}")
        context.close()


def failing(place: Place, error: int, after: int) -> dict[str, object]:
    """Use the project while, after some writes, all fail with this error; then none fails again.

    The same process goes on. Returns what was asked, answered, refused and acknowledged, and what
    went wrong: exceptions that are not ours.
    """
    wrong, acknowledged = list[str](), list[str]()
    answered = refused = 0
    context = place.open()
    _SHIM.shim_fail(error, after)
    for number in range(ASKED):
        try:
            answered += run(context, SKILL, {"text": text(number)}).output in ("good", "bad")
        except Exception as problem:
            wrong.append(f"run: {problem!r}")
        try:
            if number % 3 == 0:
                feedback(context, "told", success=True, feedback_id=f"f{number}", user=f"u{number}")
                acknowledged.append(f"feedback f{number}")
            elif number % 3 == 1:
                ballot = ask(context, number)
                vote(context, ballot.id, "A", vote_id=f"v{number}")
                acknowledged.append(f"vote v{number}")
        except TinyArmsError:
            refused += 1
        except Exception as problem:
            wrong.append(f"{problem!r}")
    _SHIM.shim_fail(0, 0)
    try:  # at once, in the same process
        answered += run(context, SKILL, {"text": text(ASKED)}).output in ("good", "bad")
        feedback(context, "told", success=True, feedback_id="after")
        acknowledged.append("feedback after")
        promote(context, SKILL, "A")
        acknowledged.append("version 2")
        place.close()
    except Exception as problem:
        wrong.append(f"afterwards: {problem!r}")
    return {
        "asked": ASKED + 1, "answered": answered, "refused": refused,
        "acknowledged": acknowledged, "wrong": wrong,
    }  # fmt: skip


def _task(context: Context, number: int, round_: int) -> None:
    run(context, SKILL, {"text": text(number)}, task_id=f"run-{number}")


def _feedback(context: Context, number: int, round_: int) -> None:
    run(context, SKILL, {"text": text(number)}, task_id=f"told-{number}")
    feedback(context, f"told-{number}", success=True, feedback_id=f"feedback-{number}")
    mark(f"feedback feedback-{number}")


def _vote(context: Context, number: int, round_: int) -> None:
    ballot = ask(context, number)
    # The picks differ, so that the test goes on until it is promoted by hand.
    letter = letter_of(context, ballot, "A" if number % 2 else "")
    vote(context, ballot.id, letter, vote_id=f"vote-{number}")
    mark(f"vote vote-{number}")
