"""A project with a database from before schema 0002 continues from its state."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from tests.end_to_end.project import MadeUp, recording
from tests.loop.place import Moment
from tests.store.db.first_schema.database import write_sqlite
from tests.store.db.first_schema.project import BEGIN, BETTER, END, SKILLS, V1, text, write_project
from tinyarms.loop.approving.approve import approve
from tinyarms.loop.approving.waiting import waiting
from tinyarms.loop.opening import open_context, open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Silent
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.history import history
from tinyarms.loop.reporting.results import results
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.searching.answer import EvolveView
from tinyarms.loop.searching.request import SearchRequest
from tinyarms.loop.searching.run import evolve
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.ballots import prepare_ballot
from tinyarms.loop.testing.create import create_variants
from tinyarms.loop.testing.vote_view import VoteView
from tinyarms.loop.testing.votes import vote
from tinyarms.loop.watching.events import happened
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.store.db import tables
from tinyarms.store.db.database import open_store
from tinyarms.store.db.records import SessionRecord, SessionState
from tinyarms.store.project.config import load_project

SHOWN = json.loads(
    (Path(__file__).parents[1] / "store/db/first_schema/shown.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("first") / "project"
    write_project(root)
    write_sqlite(root / "tinyarms.db")
    open_store(root / "tinyarms.db").close()
    return root


@pytest.fixture
def root(migrated: Path, tmp_path: Path) -> Iterator[Path]:
    made = Path(shutil.copytree(migrated, tmp_path / "project"))
    with recording(made):
        yield made


@pytest.fixture
def context(root: Path) -> Iterator[Context]:
    opened = open_project(root, {}, Moment(END))
    yield opened
    opened.close()


def session_of(context: Context, skill: str) -> SessionRecord:
    with context.store.read() as work:
        session = work.sessions.latest(skill)
    assert session is not None
    return session


def pick(context: Context, skill: str, number: int) -> VoteView | None:
    """Vote for variant A, as one of two users; `None` where there is no choice."""
    ballot = prepare_ballot(context, skill, {"text": text(number)}, f"{skill}-{number}")
    if not ballot.has_choice:
        return None
    with context.store.read() as work:
        letters = {v.id: v.variant_letter for v in work.experiments.variants(ballot.session_id)}
    place = next(o.position for o in ballot.options if letters[o.variant_id] == "A")
    return vote(context, ballot.id, "ABC"[place], user="ann" if number % 2 else None)


def says_good_to_the_better_prompt(model: MadeUp, request: ModelRequest) -> ModelReply:
    """The prompts under test never give the same output."""
    is_better = request.messages[0].content.startswith(BETTER)
    return ModelReply("good" if is_better else "bad", 20, 1, 4.0)


def plain(answer: Any) -> Any:
    """As JSON has it."""
    return json.loads(json.dumps(asdict(answer), default=str))


def without_the_ballot_without_a_choice(shown: Any) -> Any:
    """The ballot that waits has the same output twice: it is asked no more."""
    variants = [{**variant, "asked": variant["asked"] - 1} for variant in shown["variants"]]
    return {**shown, "variants": variants, "waiting": shown["waiting"] - 1}


@pytest.mark.slow
@pytest.mark.parametrize("skill", [skill for skill in SKILLS if skill != "people"])
def test_results_show_the_same(root: Path, skill: str) -> None:
    # Whoever opens the project with `open_project` carries out the release that is pending.
    context = open_context(load_project(root), {}, Moment(END))
    view, shown = plain(results(context, skill)), SHOWN[skill]["results"]
    context.close()
    if skill == "picks":
        shown = without_the_ballot_without_a_choice(shown)
    for then, now in zip(shown["variants"], view["variants"], strict=True):
        assert {key: now[key] for key in then} == then
    others = shown.keys() - {"variants"}
    assert {key: view[key] for key in others} == {key: shown[key] for key in others}


@pytest.mark.slow
@pytest.mark.parametrize("skill", [skill for skill in SKILLS if SHOWN[skill]["history"]])
def test_the_history_shows_the_same(context: Context, skill: str) -> None:
    rows, shown = [plain(row) for row in history(context, skill)], SHOWN[skill]["history"]
    for row, then in zip(rows, shown, strict=True):
        gate = then["held_out"] and {"examples": "test", **then["held_out"]}
        assert {key: row[key] for key in then} == {**then, "held_out": gate}


@pytest.mark.slow
def test_votes_decide_a_live_test(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MadeUp, "complete", says_good_to_the_better_prompt)
    before = results(context, "picks")
    assert (before.votes, before.skips, before.waiting, before.agreed) == (4, 1, 0, 1)
    views = (pick(context, "picks", number) for number in range(20, 90))
    decided = next(view for view in views if view and view.decision)
    assert (decided.decision, decided.promoted_version) == ("promote", 2)
    assert results(context, "picks").votes == decided.votes > before.votes
    assert active_version(context, "picks").prompt.text == BETTER
    with context.store.read() as work:
        assert work.holdbacks.open("picks") is not None


@pytest.mark.slow
def test_single_mode_goes_on(context: Context) -> None:
    before = results(context, "single")
    for number in range(20, 26):
        run(context, "single", {"text": text(number)}, task_id=f"single-{number}")
        feedback(context, f"single-{number}", success=True)
    after = results(context, "single")
    assert (after.rule, after.stage) == ("single_mode", "testing")
    assert after.votes == before.votes + 6
    assert {v.letter: v.assigned > 0 for v in after.variants} == {"": True, "A": True}


@pytest.mark.slow
def test_a_winner_still_waits_for_a_person(context: Context) -> None:
    [view] = waiting(context)
    assert (view.skill, view.variant, view.accuracy) == ("review", "A", 0.65)
    assert approve(context, "review").version == 2
    assert active_version(context, "review").prompt.text == BETTER
    assert session_of(context, "review").state is SessionState.PROMOTED


@pytest.mark.slow
def test_a_promotion_is_still_watched(context: Context) -> None:
    status = stats(context, "promoted").status
    assert status == "Version 2 is new, compared with version 1"
    with context.store.read() as work:
        before = work.holdbacks.open("promoted")
    assert before is not None and before.tasks == 10
    for number in range(100, 120):
        run(context, "promoted", {"text": text(number)}, task_id=f"later-{number}")
    with context.store.read() as work:
        held = work.holdbacks.open("promoted")
    assert held is not None and held.tasks == 30
    assert before.reference_tasks < held.reference_tasks < 20


@pytest.mark.slow
def test_a_release_that_was_decided_is_carried_out(root: Path, context: Context) -> None:
    assert active_version(context, "pending").number == 2
    assert (root / "skills" / "pending-v2.md").read_text() == f"{BETTER}\n"
    session = session_of(context, "pending")
    assert (session.state, session.preset) == (SessionState.PROMOTED, "default")
    with context.store.read() as work:
        assert work.intents.pending() == []
        assert work.holdbacks.open("pending") is not None
    [first, second] = history(context, "pending")
    assert (first.by, second.by) == (None, "evidence") and "leads" in second.evidence


@pytest.mark.slow
def test_peoples_variants_that_were_interrupted_go_on(root: Path, context: Context) -> None:
    before = session_of(context, "people")
    made = create_variants(context, "people", [root / "better.md"])
    assert (made.session_id, made.gate.started) == (before.id, True)
    assert session_of(context, "people").state is SessionState.TESTING


@pytest.mark.slow
def test_what_was_rolled_back_is_told_as_what_it_was(context: Context) -> None:
    with context.store.read() as work:
        told = happened(work, "returned", BEGIN, END)
    releases = [event for event in told if event.kind != "testing"]
    assert [event.kind for event in releases] == ["promoted", "edited", "rolled_back", "reset"]
    assert all(event.data["by_hand"] for event in releases)
    assert active_version(context, "returned").prompt.text == V1


@pytest.mark.slow
def test_a_search_goes_on_from_its_stored_replies(root: Path, tmp_path: Path) -> None:
    """To the same result as a search that was never interrupted."""
    fresh = Path(shutil.copytree(root, tmp_path / "fresh"))
    found = []
    for folder, forgets in ((root, False), (fresh, True)):
        context = open_project(folder, {}, Moment(END))
        session = session_of(context, "half")
        stored = _stored(context, session.id)
        if forgets:
            _forget_calls(context, session)
        with recording(folder):
            view = evolve(context, SearchRequest(skill=session.skill), Silent())
        found.append(view)
        assert view.resumed and _stored(context, session.id) > stored > 30
        context.close()
    resumed, whole = found
    assert _outcome(resumed) == _outcome(whole)
    assert resumed.speed is not None and whole.speed is not None
    assert resumed.speed.calls < whole.speed.calls


def _stored(context: Context, session_id: str) -> int:
    with context.store.read() as work:
        counts = work.calls.counts(session_id)
    return sum(counts[name] for name in ("task_calls", "writer_calls"))


def _forget_calls(context: Context, session: SessionRecord) -> None:
    """As if its search had only just begun."""
    with context.store.unit_of_work() as work:
        for table in (tables.evaluations, tables.model_calls, tables.candidates, tables.operators):
            work.calls._connection.execute(delete(table).where(table.c.session_id == session.id))


def _outcome(view: EvolveView) -> EvolveView:
    """Without what depends on the run."""
    return replace(view, speed=None)
