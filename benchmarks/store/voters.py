"""SQLite: 32 processes, each of which votes five times a second.

The votes come when they are due, whether those before are done or not (an open loop), and the time
of a vote counts from then. The processes begin one after another within three seconds, and the
first vote of each counts too: it reads the live test, which takes several times as long as a later
vote. They stay open until all have voted, as the processes of an application do. All ballots are
made before; each vote is durable, as every vote is. At the end each
acknowledged vote is looked up in the database.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from sqlalchemy import create_engine, select
from tests.loop.place import FEW, SKILL, Place, contested, make_place, text, write_examples
from tests.loop.steps import begin

from bars import Bar, table
from search.progress import note
from tinyarms.core.errors import TinyArmsError
from tinyarms.loop.testing.ballots import prepare_ballot
from tinyarms.loop.testing.votes import vote
from tinyarms.store.db.database import open_store
from tinyarms.store.db.tables import votes

PROCESSES, A_SECOND, SECONDS = 32, 5.0, 20.0
P99_MS, MOST_MS = 250.0, 2000.0
_BEFORE_S = 3.0
"""Seconds in which all processes open the project before the first vote is due."""
_BEGIN_WITHIN_S = 3.0
"""Seconds within which the processes begin to vote. Lower: more first votes at once."""
_SETTINGS = (
    "{ab_testing: {show_probability: 1.0, min_tasks: 0, max_votes: 99999, max_votes_ahead: 99999}, "
    "experiment: {open_ended: true}}"
)


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """The table and the bars. `--quick`: a tenth of the time."""
    return measure(PROCESSES, SECONDS / 10 if getattr(options, "quick", False) else SECONDS)


def measure(processes: int, seconds: float) -> tuple[list[str], list[Bar]]:
    """So many processes vote for so long."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        open_store(folder / "migrated.db").close()
        place = make_place(folder / "project", folder / "migrated.db")
        write_examples(place.root, FEW)
        place.setting(_SETTINGS)
        context = begin(place)
        each = round(A_SECOND * seconds)
        note(f"voters: {processes * each} ballots")
        ballots = [
            prepare_ballot(context, SKILL, {"text": text(contested(n % 40))}, f"task-{n}").id
            for n in range(processes * each)
        ]
        place.close()
        note(f"voters: {processes} processes for {seconds:g} s")
        first = time.time() + _BEFORE_S
        notes = [folder / f"voter-{number}" for number in range(processes)]
        children = [
            _forked(place.root, number, ballots[number::processes], first, path)
            for number, path in enumerate(notes)
        ]
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        told = [json.loads(line) for path in notes for line in path.read_text().splitlines()]
        engine = create_engine(f"sqlite:///{place.root / 'tinyarms.db'}")
        with engine.connect() as connection:
            stored = list(connection.execute(select(votes.c.id)).scalars())
        engine.dispose()
    times = [took for vote_id, took in told if vote_id]
    done = [vote_id for vote_id, _ in told if vote_id]
    errors = len(told) - len(done) + sum(code != 0 for code in codes)
    missing = len(set(done) - set(stored)) + len(stored) - len(set(stored))
    p99, most = round(quantiles(times, n=100)[98], 1), round(max(times), 1)
    rows: list[tuple[object, ...]] = [
        (processes, len(done), errors, f"{median(times):.1f}", p99, most)
    ]
    title = f"SQLite, {processes} processes that vote"
    head = ("processes", "votes", "errors", "median ms", "p99 ms", "most ms")
    return table(head, list(rows)).split("\n"), [
        Bar(f"{title}: errors", errors, "0", errors == 0),
        Bar(f"{title}: acknowledged votes that are not stored once", missing, "0", missing == 0),
        Bar(f"{title}: p99 ms", p99, f"<= {P99_MS:g}", p99 <= P99_MS),
        Bar(f"{title}: most ms", most, f"<= {MOST_MS:g}", most <= MOST_MS),
    ]


def _forked(root: Path, number: int, ballots: Sequence[str], first: float, path: Path) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        with path.open("w", buffering=1) as file:
            _vote(root, number, ballots, first, file.write)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _vote(
    root: Path, number: int, ballots: Sequence[str], first: float, write: Callable[[str], object]
) -> None:
    place = Place(root)
    context = place.open()
    for count, ballot in enumerate(ballots):
        due = first + _BEGIN_WITHIN_S * number / PROCESSES + count / A_SECOND
        time.sleep(max(0.0, due - time.time()))
        vote_id = f"v{number}-{count}"
        try:
            vote(context, ballot, "AB"[count % 2], vote_id=vote_id, user=f"u{number}")
        except TinyArmsError as error:
            print(f"voter {number}: {error}", file=sys.stderr)
            vote_id = ""
        write(json.dumps([vote_id, 1000 * (time.time() - due)]) + "\n")
    time.sleep(max(0.0, first + _BEGIN_WITHIN_S + len(ballots) / A_SECOND - time.time()))
    place.close()
