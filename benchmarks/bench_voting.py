"""`voting`: 16 processes vote on one experiment for a minute, on SQLite.

Each process is a separate user with its own connection, and calls the product's `vote`. One ballot
in eight is answered by two processes at once, and one vote in ten is sent twice, as after a lost
reply. Then the database is compared with the answers that the processes got.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bars import Bar, Report, table
from tinyarms.core.errors import TinyArmsError
from tinyarms.core.ids import derived_id, derived_random
from tinyarms.experiments.ballot import make_ballot
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.testing.create import create_variants
from tinyarms.loop.testing.live_session import load_live_test
from tinyarms.loop.testing.votes import vote
from tinyarms.store.db.records import BallotRecord, OptionRecord

PROCESSES, SECONDS = 16, 60.0
BALLOTS = 300
"""Ballots of each process: more than it can answer in the time."""
LIMIT = 200
"""The test's limit of votes: it is decided within the minute, and votes continue afterwards."""
SKILL = "naming"
_GO, _SHARED, _TWICE = "go", 8, 10
_VARIANTS, _TASTE = ("A", "", "B"), (0.5, 0.3, 0.2)
"""How often users pick variant A, the incumbent, variant B."""
_CONFIG = """\
models:
  none: {kind: replay, model: none, recording: replies.jsonl}
skills:
  naming:
    description: Name a file.
    prompt_template: skills/naming.md
    model: none
    inputs: [content]
    output: {text: true}
"""


@dataclass(frozen=True)
class _Job:
    """The input of every process."""

    folder: str
    session_id: str
    processes: int
    seconds: float
    ballots: int


@dataclass(frozen=True)
class Told:
    """The answer that a process got for one vote."""

    vote_id: str
    ballot_id: str
    accepted: bool
    counted: bool
    seconds: float
    version: int | None
    """The promoted version in this answer."""


@dataclass(frozen=True)
class Outcome:
    """The content of the database, and the answers that the processes got."""

    acknowledged: int
    """Votes that were accepted, each once."""
    counted: int
    late: int
    over_cap: int
    refused: int
    """Answers to a ballot that another process had already answered."""
    lost: int
    doubled: int
    """Votes beside another of the same user or another that counts, on the same ballot."""
    decisions: int
    locked: int
    """Errors that say "locked"."""
    errors: tuple[str, ...]
    waits: tuple[float, ...]
    """Seconds of each call, sorted."""


def run(options: argparse.Namespace) -> Report:
    """The whole benchmark; about 100 seconds on two cores."""
    del options
    with tempfile.TemporaryDirectory() as folder:
        print(f"{PROCESSES} processes vote for {SECONDS:g} s", file=sys.stderr)
        found = measure(Path(folder), PROCESSES, SECONDS, LIMIT, BALLOTS)
    return report(found)


def report(found: Outcome) -> Report:
    """Waiting times as a table, and the bars."""
    waits = found.waits
    rows: list[tuple[object, ...]] = [
        ("calls", len(waits)),
        ("votes acknowledged", found.acknowledged),
        ("  of them counted", found.counted),
        ("  kept: after the end", found.late),
        ("  kept: user ahead of the others", found.over_cap),
        ("refused: ballot was answered", found.refused),
        ("wait, median ms", f"{1000 * median(waits):.0f}"),
        ("wait, p90 ms", f"{1000 * _quantile(waits, 0.9):.0f}"),
        ("wait, p99 ms", f"{1000 * _quantile(waits, 0.99):.0f}"),
        ("wait, worst ms", f"{1000 * waits[-1]:.0f}"),
    ]
    errors = "".join(f"\nerror: {error}" for error in found.errors[:5])
    return Report(
        table(("what", "value"), rows) + errors,
        (
            Bar("votes lost", found.lost, "= 0", found.lost == 0),
            Bar("votes doubled", found.doubled, "= 0", found.doubled == 0),
            Bar("decisions", found.decisions, "= 1", found.decisions == 1),
            Bar("errors that say locked", found.locked, "= 0", found.locked == 0),
            Bar("other errors", len(found.errors) - found.locked, "= 0", not found.errors),
        ),
    )


def measure(folder: Path, processes: int, seconds: float, limit: int, ballots: int) -> Outcome:
    """Make a project, let processes vote on its only live test, and read the result.

    Each process has `ballots` ballots, and stops after `seconds`.
    """
    session_id = _prepare(folder, processes, limit, ballots)
    job = _Job(str(folder), session_id, processes, seconds, ballots)
    words = [sys.executable, __file__, json.dumps(asdict(job))]
    # The children find the program where this process found it.
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    workers = [
        subprocess.Popen(
            [*words, str(number)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environ
        )
        for number in range(processes)
    ]
    try:
        while len(list(folder.glob("ready-*"))) < processes:
            if any(worker.poll() is not None for worker in workers):
                raise RuntimeError("A voting process ended before it began.")
            time.sleep(0.05)
        (folder / _GO).touch()
        said = [json.loads(worker.communicate()[0]) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    told = [Told(**each) for one in said for each in one["told"]]
    return _compare(folder, session_id, told, [error for one in said for error in one["errors"]])


def _prepare(folder: Path, processes: int, limit: int, ballots: int) -> str:
    for name, text in {
        "config.yaml": _CONFIG,
        "config/constants.yaml": "prompt_evolution:\n"
        f"  ab_testing: {{max_votes: {limit}, min_tasks: 0}}\n",
        "skills/naming.md": "Name it.\n",
        "replies.jsonl": "",
        "a.md": "Name it in kebab-case.\n",
        "b.md": "Name it, with its colours.\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    context = open_project(folder, {})
    try:
        session_id = create_variants(context, SKILL, [folder / "a.md", folder / "b.md"]).session_id
        _add_ballots(context, session_id, processes, ballots)
        return session_id
    finally:
        context.close()


def _add_ballots(context: Context, session_id: str, processes: int, ballots: int) -> None:
    """Like those of `prepare_ballot`, but without a model."""
    now = datetime.now(UTC)
    with context.store.unit_of_work() as work:
        session = work.sessions.get(session_id)
        test = load_live_test(work, session)
        for number in range(processes):
            for place in range(ballots):
                id = _ballot_id(session_id, number, place)
                names = {arm.id: f"name-{arm.id[:4]}" for arm in test.shown}
                asked = make_ballot(id, f"task-{id}", names, derived_random("order", id))
                work.experiments.add_ballot(
                    BallotRecord(
                        id=id,
                        session_id=session_id,
                        skill=SKILL,
                        task_id=asked.task_id,
                        rule=test.rule.name,
                        inputs={"content": str(place)},
                        created_at=now,
                        options=tuple(
                            OptionRecord(position, arm_id, names[arm_id])
                            for position, (arm_id,) in enumerate(asked.options)
                        ),
                    )
                )


def _ballot_id(session_id: str, number: int, place: int) -> str:
    return derived_id(session_id, number, place)


def _vote_all(job: _Job, number: int) -> dict[str, list[object]]:
    """The work of one process."""
    told: list[object] = []
    errors: list[object] = []
    context = open_project(Path(job.folder), {})
    with context.store.read() as work:
        letters = {v.id: v.variant_letter for v in work.experiments.variants(job.session_id)}
    (Path(job.folder) / f"ready-{number}").touch()
    while not (Path(job.folder) / _GO).exists():
        time.sleep(0.005)
    ends, rng = time.monotonic() + job.seconds, random.Random(number)
    for owner, place in _ballots_of(job, number):
        ballot_id, wanted = _ballot_id(job.session_id, owner, place), rng.choices(_VARIANTS, _TASTE)
        with context.store.read() as work:
            ballot = work.experiments.ballot(ballot_id)
        assert ballot is not None
        choice = next("ABC"[o.position] for o in ballot.options if letters[o.variant_id] in wanted)
        for _ in range(1 + (rng.randrange(_TWICE) == 0)):
            if time.monotonic() > ends:
                break
            vote_id = f"{number}-{owner}-{place}"
            try:
                told.append(asdict(_vote(context, ballot_id, choice, vote_id, f"user-{number}")))
            except TinyArmsError as error:
                errors.append(str(error))
    context.close()
    return {"told": told, "errors": errors}


def _ballots_of(job: _Job, number: int) -> Iterator[tuple[int, int]]:
    """Its own ballots, and for one in eight also that of the next process."""
    for place in range(job.ballots):
        yield number, place
        if place % _SHARED == 0:
            yield (number + 1) % job.processes, place


def _vote(context: Context, ballot_id: str, choice: str, vote_id: str, user: str) -> Told:
    began = time.perf_counter()
    view = vote(context, ballot_id, choice, vote_id=vote_id, user=user)
    waited = time.perf_counter() - began
    return Told(vote_id, ballot_id, view.accepted, view.counted, waited, view.promoted_version)


def _compare(folder: Path, session_id: str, told: Sequence[Told], errors: Sequence[str]) -> Outcome:
    context = open_project(folder, {})
    try:
        with context.store.read() as work:
            votes = {vote.id: vote for vote, _ in work.experiments.votes(session_id)}
            rows = len(work.experiments.votes(session_id))  # `votes` has each id once
            picked = sum(v.votes for v in work.experiments.variants(session_id))
            results = Counter(r.task_id for r in work.experiments.results(session_id))
            versions = [version.number for version in work.versions.all(SKILL)]
            session = work.sessions.get(session_id)
    finally:
        context.close()
    accepted = {each.vote_id for each in told if each.accepted}
    counted = {each.vote_id for each in told if each.counted}
    stored = {vote.id for vote in votes.values() if vote.counted}
    named = {each.version for each in told if each.version is not None}
    decided = max(len(versions) - 1, int(session.findings.decision is not None), len(named))
    kept = Counter(vote.excluded for vote in votes.values())
    return Outcome(
        acknowledged=len(accepted),
        counted=len(stored),
        late=kept["late"],
        over_cap=kept["over_cap"],
        refused=sum(not each.accepted for each in told),
        lost=len(accepted - votes.keys()) + len(counted - stored) + max(len(counted) - picked, 0),
        doubled=(
            rows
            - len({(vote.ballot_id, vote.user) for vote in votes.values()})
            + len(stored)
            - len({votes[vote_id].ballot_id for vote_id in stored})
            + len(stored - counted)
            + max(picked - len(counted), 0)
            + sum(n != 3 for n in results.values())
        ),
        decisions=decided,
        locked=sum("locked" in error for error in errors),
        errors=tuple(errors),
        waits=tuple(sorted(each.seconds for each in told)),
    )


def _quantile(values: Sequence[float], share: float) -> float:
    return values[min(int(share * len(values)), len(values) - 1)]


if __name__ == "__main__":
    print(json.dumps(_vote_all(_Job(**json.loads(sys.argv[1])), int(sys.argv[2]))))
