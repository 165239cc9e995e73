"""PostgreSQL: many processes at once, and a server that is stopped and started.

The servers are real ones that wait for their disk. What a process was told is noted, line by line,
in a file of its own; at the end each line is looked up in the database.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from sqlalchemy import Connection, create_engine, func, select
from tests.loop.place import FEW, SKILL, TASKS, make_place, text, write_examples
from tests.loop.steps import begin
from tests.postgresql import Server, new_database, temporary_server

from bars import Bar, table
from tinyarms import TinyArms
from tinyarms.core.errors import TinyArmsError
from tinyarms.loop.housekeeping.database import copy_database
from tinyarms.store.db.database import open_store
from tinyarms.store.db.tables import feedback, task_counts, tasks, votes

PROCESSES, SECONDS = 16, 60.0
STORY_TASKS, RESTART_EVERY_S, TASKS_A_SECOND = 500, 10.0, 10.0
_SETTINGS = (
    "{ab_testing: {show_probability: 1.0, min_tasks: 0, max_votes: 99999, max_votes_ahead: 99999}, "
    "experiment: {open_ended: true}}"
)
_LEAST_ROUNDS = 20
"""Rounds of each process, also if it has not the time: a ballot waits in one of the later ones."""
Told = Callable[[str, str], None]
"""Notes what was acknowledged: the kind of event, and its id."""


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """Both parts. `--quick`: a tenth of each."""
    share = 10 if getattr(options, "quick", False) else 1
    parts = (
        at_once(PROCESSES, SECONDS / share),
        restarts(STORY_TASKS // share, RESTART_EVERY_S / share, TASKS_A_SECOND),
    )
    return [line for lines, _ in parts for line in lines], [
        bar for _, bars in parts for bar in bars
    ]


def at_once(processes: int, seconds: float) -> tuple[list[str], list[Bar]]:
    """So many processes vote, run tasks and give feedback for so long."""

    def use(number: int, root: Path, url: str, told: Told) -> None:
        until = time.monotonic() + seconds
        with TinyArms.open(root, {"TINYARMS_DATABASE": url}) as arms:
            task = 0
            while time.monotonic() < until or task < _LEAST_ROUNDS:
                _one_round(arms, f"p{number}", task, told)
                task += 1

    with _testing() as (root, url, _), tempfile.TemporaryDirectory() as name:
        notes = [Path(name) / str(number) for number in range(processes)]
        children = [_forked(use, number, root, url, note) for number, note in enumerate(notes)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        events = [line.split() for note in notes for line in note.read_text().splitlines()]
        errors = sum(event[0] == "error" for event in events) + sum(code != 0 for code in codes)
        return _answer(f"{processes} processes", events, errors, url, errors_allowed=False)


def restarts(number: int, every_s: float, tasks_a_second: float) -> tuple[list[str], list[Bar]]:
    """A story of so many tasks, their feedback and votes, while the server stops and starts again
    and again: by turns as for an upgrade, and as in a crash."""
    events: list[list[str]] = []
    with _testing() as (root, url, server):
        over, stops = threading.Event(), Counter[str]()

        def restart() -> None:
            while not over.wait(every_s):
                kind = "crash" if stops["stop"] > stops["crash"] else "stop"
                server.crash() if kind == "crash" else server.stop()
                stops[kind] += 1
                server.start()

        restarting = threading.Thread(target=restart)
        with TinyArms.open(root, {"TINYARMS_DATABASE": url}) as arms:
            restarting.start()
            for task in range(number):
                time.sleep(1 / tasks_a_second)
                _one_round(arms, "story", task, lambda kind, id: events.append([kind, id]))
            over.set()
            restarting.join()
        errors = sum(kind == "error" for kind, _ in events)
        title = f"story of {number} tasks"
        lines, bars = _answer(title, events, errors, url, errors_allowed=True)
    count = stops.total()
    lines.append(f"The server was stopped {stops['stop']} times, and crashed {stops['crash']}.")
    return lines, [*bars, Bar(f"{title}, restarts of the server", count, ">= 1", count >= 1)]


def _one_round(arms: TinyArms, name: str, number: int, told: Told) -> None:
    """A task, its feedback, and a vote if a ballot waits. What fails is noted as an error."""
    try:
        done = arms.run(
            SKILL, text=text(number % len(TASKS)), task_id=f"{name}-t{number}", user=name
        )
        told("task", done.task_id)
        given = f"{name}-f{number}"
        arms.feedback(done.task_id, success=number % 2 == 0, feedback_id=given, user=name)
        told("feedback", given)
        ballot = arms.ballot(SKILL, name)
        if ballot is not None:
            vote = f"{name}-v{number}"
            seen = arms.vote(ballot.id, "AB"[number // 2 % 2], vote_id=vote, user=name)
            if seen.accepted:
                told("vote", vote)
    except TinyArmsError as error:
        print(f"{name}, task {number}: {error}", file=sys.stderr)
        told("error", type(error).__name__)


@contextmanager
def _testing() -> Iterator[tuple[Path, str, Server]]:
    """A project in a live test that does not end, with its database on a server of its own."""
    with (
        tempfile.TemporaryDirectory() as name,
        temporary_server(durable=True) as server,
        new_database(server) as url,
    ):
        folder = Path(name)
        open_store(folder / "migrated.db").close()
        place = make_place(folder / "project", folder / "migrated.db")
        write_examples(place.root, FEW)
        place.setting(_SETTINGS)
        begin(place)
        place.close()
        copy_database(url, place.root, {})
        yield place.root, url, server


def _forked(
    use: Callable[[int, Path, str, Told], None], number: int, root: Path, url: str, note: Path
) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        with note.open("w", buffering=1) as file:
            use(number, root, url, lambda kind, id: print(kind, id, file=file))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _answer(
    title: str, events: list[list[str]], errors: int, url: str, *, errors_allowed: bool
) -> tuple[list[str], list[Bar]]:
    told = {
        kind: [id for each, id in events if each == kind] for kind in ("task", "feedback", "vote")
    }
    engine = create_engine(url)
    with engine.connect() as connection:
        lost = {
            "task": _lost(connection, tasks.c.id, told["task"]),
            "feedback": _lost(connection, feedback.c.id, told["feedback"]),
            "vote": _lost(connection, votes.c.id, told["vote"]),
        }
        counted = connection.execute(select(func.sum(task_counts.c.tasks))).scalar()
        stored = connection.execute(select(func.count()).select_from(tasks)).scalar_one()
    engine.dispose()
    rows = [(title, kind, len(ids), lost[kind]) for kind, ids in told.items()]
    lines = table(("", "events", "acknowledged", "not stored once"), list(rows)).split("\n")
    lines.append(f"{title}: {errors} errors, {len(events) - errors} events.")
    missing = sum(lost.values())
    bars = [
        Bar(f"PostgreSQL, {title}: acknowledged events that are lost", missing, "0", missing == 0),
        Bar(
            f"PostgreSQL, {title}: tasks whose sum is not their number",
            abs(int(counted or 0) - stored),
            "0",
            int(counted or 0) == stored,
        ),
        Bar(f"PostgreSQL, {title}: kinds of events seen", *_all_kinds(told)),
    ]
    if not errors_allowed:
        bars.append(Bar(f"PostgreSQL, {title}: errors", errors, "0", errors == 0))
    return lines, bars


def _all_kinds(told: dict[str, list[str]]) -> tuple[int, str, bool]:
    kinds = sum(bool(ids) for ids in told.values())
    return kinds, "3", kinds == 3


def _lost(connection: Connection, column: object, ids: list[str]) -> int:
    found = Counter(connection.execute(select(column)).scalars())  # type: ignore[call-overload]
    return sum(found[id] != 1 for id in ids)
