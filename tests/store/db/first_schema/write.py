"""Wrote `database.sql` and `shown.json` with the code before schema 0002.

It runs in a checkout of commit 53a54e5, whose modules it imports, with this folder on the path:

    PYTHONPATH=src:.:FOLDER python FOLDER/write.py FOLDER
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from project import BEGIN, BUDGET, EDITED, END, SKILLS, text, write_project, write_settings
from tinyarms.loop.ballots import next_ballot, prepare_ballot
from tinyarms.loop.context import Context
from tinyarms.loop.evolve import evolve
from tinyarms.loop.ledger import history
from tinyarms.loop.listener import Silent
from tinyarms.loop.monitoring import evolve_for, verdict_on
from tinyarms.loop.release import promote, reset, rollback
from tinyarms.loop.reports import results
from tinyarms.loop.tasks import feedback, run
from tinyarms.loop.versions import active_version
from tinyarms.loop.votes import vote
from tinyarms.store.tables import evaluations, model_calls

from tests.end_to_end.project import recording
from tinyarms.loop import conclusions, create
from tinyarms.loop.opening import open_project


class Killed(Exception):
    pass


class Interrupts(Silent):
    def progress(self, label: str, done: int, total: int, best: object, best_n: int) -> None:
        if label == "Searching" and done >= BUDGET // 2:
            raise KeyboardInterrupt


def die(*_: object, **__: object) -> None:
    raise Killed


class Clock:
    now = BEGIN

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def main(folder: Path) -> None:
    rng, clock = random.Random(0), Clock()
    root = Path(tempfile.mkdtemp()) / "project"
    write_project(root)

    def opened() -> Context:
        return open_project(root, {}, clock)

    ids = patch("uuid.uuid4", lambda: uuid.UUID(int=rng.getrandbits(128), version=4))
    with ids, recording(root):
        half(opened())
        promoted(opened())
        picks(opened(), root)
        write_settings(root, "experiment: {mode: single},")
        single(opened(), root)
        write_settings(root, "preset: original, ab_testing: {max_votes: 5},")
        review(opened(), root)
        write_settings(root, "")
        returned(opened(), root)
        with patch.object(create, "start_experiment", die), suppressed():
            create.create_variants(opened(), "people", [root / "better.md"])
        context = opened()  # The last one: whoever opens the project carries out what is pending.
        pending(context, root)
        clock.now = END
        shown = {name: show(context, name) for name in SKILLS}
        context.close()
    (folder / "shown.json").write_text(json.dumps(shown, indent=1, default=str) + "\n")
    database = sqlite3.connect(root / "tinyarms.db", isolation_level=None)
    # They are most of the rows, and come again from the examples files.
    database.execute("DELETE FROM examples")
    lines = [line for line in database.iterdump() if line not in ("BEGIN TRANSACTION;", "COMMIT;")]
    (folder / "database.sql").write_text("\n".join(lines) + "\n")
    shutil.rmtree(root.parent)


@contextmanager
def suppressed() -> Iterator[None]:
    try:
        yield
    except (Killed, KeyboardInterrupt):
        return
    raise AssertionError("It was not interrupted.")


def half(context: Context) -> None:
    """20 tasks that go well, 24 that fail (also on examples), and the search that follows."""
    for number in range(80, 124):
        run(context, "half", {"text": text(number)}, task_id=f"half-{number}")
        feedback(context, f"half-{number}", success=number < 100, user=f"user-{number % 5}")
    version = active_version(context, "half").number
    verdict = verdict_on(context, "half", version)
    assert verdict.triggered
    constants = context.project.root / "config" / "constants.yaml"
    kept = constants.read_text()
    write_settings(context.project.root, f"evolution: {{budget: {{calls: {BUDGET}}}}},")
    context.reload()
    with suppressed():
        evolve_for(context, "half", verdict, Interrupts())
    constants.write_text(kept)
    context.close()


def promoted(context: Context) -> None:
    """Its calls are summed up and pruned, as `retention_days` does."""
    found = evolve(context, "promoted", budget_calls=220)
    assert found.result == "testing", found
    pick_all(context, "promoted", 60)
    with context.store.unit_of_work() as work:
        assert work.holdbacks.open("promoted")
        work.calls.sum_up(found.session_id)
        for table in (evaluations, model_calls):
            pruned = table.delete().where(table.c.session_id == found.session_id)
            work.calls._connection.execute(pruned)
    for number in range(100, 110):
        run(context, "promoted", {"text": text(number)}, task_id=f"promoted-{number}")
        feedback(context, f"promoted-{number}", success=number % 3 > 0)
    context.close()


def begin(context: Context, name: str, root: Path) -> None:
    assert create.create_variants(context, name, [root / "better.md"]).gate.started


def pick(context: Context, name: str, number: int, choice: str | None = "A") -> str | None:
    """Vote for a variant by its letter; `None` skips."""
    ballot = prepare_ballot(context, name, {"text": text(number)}, f"{name}-{number}")
    with context.store.read() as work:
        letters = {v.id: v.variant_letter for v in work.experiments.variants(ballot.session_id)}
    shown = [letters[option.variant_id] for option in ballot.options]
    letter = "ABC"[shown.index(choice)] if choice is not None else None
    return vote(context, ballot.id, letter, vote_id=f"vote-{name}-{number}").decision


def pick_all(context: Context, name: str, most: int) -> None:
    for number in range(most):
        if pick(context, name, number):
            return
    raise AssertionError("The votes decide nothing.")


def picks(context: Context, root: Path) -> None:
    begin(context, "picks", root)
    for number, choice in enumerate(["A", "A", "", None, "A"]):
        assert pick(context, "picks", number, choice) is None
    prepare_ballot(context, "picks", {"text": text(9)}, "picks-9", user="ann")
    assert next_ballot(context, "picks") is not None
    context.close()


def single(context: Context, root: Path) -> None:
    begin(context, "single", root)
    for number in range(12):
        run(context, "single", {"text": text(number)}, task_id=f"single-{number}")
        if number < 10:
            feedback(context, f"single-{number}", success=number % 4 > 0)
    context.close()


def review(context: Context, root: Path) -> None:
    begin(context, "review", root)
    with context.store.unit_of_work() as work:
        session = work.sessions.open("review")
        assert session is not None
        for variant in work.experiments.variants(session.id):
            work.experiments.set_variant(variant.id, accuracy=0.65, accuracy_n=100)
    pick_all(context, "review", 5)
    context.close()


def returned(context: Context, root: Path) -> None:
    begin(context, "returned", root)
    promote(context, "returned", "A")
    (root / "skills" / "returned-v2.md").write_text(f"{EDITED}\n")
    assert active_version(context, "returned").number == 3
    rollback(context, "returned", 2)
    reset(context, "returned")
    context.close()


def pending(context: Context, root: Path) -> None:
    begin(context, "pending", root)
    with patch.object(conclusions, "apply_intent", die), suppressed():
        pick_all(context, "pending", 20)


def show(context: Context, name: str) -> dict[str, object]:
    """What the answers say that follows from the stored rows."""
    if name == "people":  # `history` would take the session up.
        return {"history": []}
    view = asdict(results(context, name))
    kept = (
        "session_id status stage result trigger_reason optimizer triggered_at completed_at winner "
        "spent operators probe judge learned_from rule votes skips none_of_these excluded waiting"
    )
    variants = (
        "id letter role status prompt demonstrations reasoning shown votes accuracy accuracy_n "
        "gate offline asked assigned"
    )
    rows = (
        "version source parent active_from active_to accuracy_start accuracy_end reason path text "
        "by evidence session_id spent held_out live restores rolled_back_by"
    )
    found = {key: view[key] for key in kept.split()}
    found["variants"] = [{key: v[key] for key in variants.split()} for v in view["variants"]]
    past = [] if name == "pending" else [asdict(row) for row in history(context, name)]
    return {
        "results": found,
        "history": [{key: row[key] for key in rows.split()} for row in past],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
