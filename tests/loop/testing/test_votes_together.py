"""Votes that wait for each other and are stored by one of them."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.loop.place import SKILL, Place
from tests.loop.steps import ask, letter_of
from tests.store.db.test_together import Project, until
from tinyarms.core.errors import TinyArmsError, UsageError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.spools import WAITING
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.storing_votes import VoteRequest, store_votes
from tinyarms.loop.testing.vote_view import VoteView
from tinyarms.loop.testing.votes import vote
from tinyarms.store.db.database import turn_to_write
from tinyarms.store.db.records import BallotRecord, VoteRecord
from tinyarms.store.db.together import Writer

pytestmark = pytest.mark.slow


class Booth:
    """Threads that vote while another one writes."""

    def __init__(self, place: Place, context: Context) -> None:
        self.place, self.context = place, context
        self.queue = Project(place.root)
        self.queue.line = place.root / "tinyarms.db-wal"
        self.queue.folder = place.root / WAITING
        self.queue.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.answers = dict[str, VoteView | TinyArmsError]()
        self._threads = list[threading.Thread]()

    def vote(self, ballot: BallotRecord, choice: str, vote_id: str, user: str) -> None:
        """Vote in a thread, and wait until the vote waits."""

        def run() -> None:
            try:
                self.answers[vote_id] = vote(
                    self.context, ballot.id, choice, vote_id=vote_id, user=user
                )
            except TinyArmsError as error:
                self.answers[vote_id] = error

        before = len(self.queue.posted())
        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()
        until(lambda: len(self.queue.posted()) > before)

    def finish(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()


@pytest.fixture
def booth(testing: Place) -> Booth:
    context = testing.open()
    testing.moment.pass_(days=2)
    with context.store.unit_of_work():
        pass  # From now on there is a log, whose lock is the line.
    return Booth(testing, context)


def _requests(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of votes of each call of `store_votes`."""
    counts = list[int]()

    def counted(context: Context, requests: list[VoteRequest]) -> object:
        counts.append(len(requests))
        return store_votes(context, requests)

    monkeypatch.setattr("tinyarms.loop.testing.vote_writer.store_votes", counted)
    return counts


def _stored(context: Context) -> list[VoteRecord]:
    with context.store.read() as work:
        return [vote for vote, _ in work.experiments.each_vote(SKILL)]


def test_votes_together_have_the_effect_of_votes_one_after_another(
    booth: Booth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, counts = booth.context, _requests(monkeypatch)
    ballots = [ask(context, number) for number in range(9)]
    # Each user once, one against the others, one twice on a ballot; the eighth decides.
    choices = [
        letter_of(context, ballot, "A" if n != 1 else "") for n, ballot in enumerate(ballots)
    ]
    votes = [(ballots[n], choices[n], f"v{n}", f"u{n}") for n in range(9)]
    votes.insert(3, (ballots[0], choices[0], "again", "u0"))
    votes.insert(5, (ballots[4], "none", "none", "u9"))
    context.store.settle(60)
    shutil.copytree(booth.place.root, tmp_path / "alone")
    with turn_to_write(booth.queue.line, None):
        for each in votes:
            booth.vote(*each)
    booth.finish()
    assert counts == [len(votes)]
    alone = Place(tmp_path / "alone", booth.place.moment)
    for ballot, choice, vote_id, user in votes:
        view = vote(alone.open(), ballot.id, choice, vote_id=vote_id, user=user)
        assert booth.answers[vote_id] == view, vote_id
    assert [each.id for each in _stored(context)] == [each.id for each in _stored(alone.open())]
    assert active_version(context, SKILL).number == 2


def test_votes_after_the_one_that_decides_are_late(booth: Booth) -> None:
    context = booth.context
    ballots = [ask(context, number) for number in range(8)]
    with turn_to_write(booth.queue.line, None):
        for n, ballot in enumerate(ballots):
            booth.vote(ballot, letter_of(context, ballot, "A"), f"v{n}", f"u{n}")
    booth.finish()
    views = [view for view in booth.answers.values() if isinstance(view, VoteView)]
    assert len(views) == 8
    decisions = [booth.answers[f"v{n}"] for n in range(8)]
    assert [isinstance(v, VoteView) and v.decision for v in decisions] == [None] * 5 + [
        "promote"
    ] * 3
    assert [isinstance(v, VoteView) and v.excluded for v in decisions] == [None] * 6 + ["late"] * 2
    assert active_version(context, SKILL).number == 2


def test_a_vote_that_cannot_be_stored_keeps_no_other_from_it(booth: Booth) -> None:
    context = booth.context
    ballots = [ask(context, number) for number in range(4)]
    taken = vote(context, ballots[0].id, "A", vote_id="taken", user="u0")
    assert taken.accepted
    with turn_to_write(booth.queue.line, None):
        booth.vote(ballots[1], "A", "v1", "u1")
        booth.vote(ballots[2], "A", "taken", "u2")
        booth.vote(ballots[3], "A", "v3", "u3")
        (booth.queue.folder / ".waiting.0").write_text("not a vote\n")
    booth.finish()
    assert isinstance(booth.answers["taken"], UsageError)
    assert "belongs to another ballot" in str(booth.answers["taken"])
    for vote_id in ("v1", "v3"):
        view = booth.answers[vote_id]
        assert isinstance(view, VoteView) and view.accepted and view.counted


def test_a_vote_stored_by_a_process_that_was_killed_is_accepted_once(booth: Booth) -> None:
    context, ballot = booth.context, ask(booth.context, 0)
    letter = letter_of(context, ballot, "A")
    request = VoteRequest(
        skill=SKILL,
        session_id=ballot.session_id,
        ballot_id=ballot.id,
        vote_id="v0",
        answer="pick",
        position="AB".index(letter),
        user="u0",
    )
    [first], decided = store_votes(context, [request])
    assert not decided
    assert (
        vote(context, ballot.id, letter_of(context, ballot, "A"), vote_id="v0", user="u0") == first
    )
    other, _ = store_votes(context, [request, replace(request, ballot_id="none")])
    assert other == [first, None]


def test_nothing_of_a_vote_is_left_in_the_project(booth: Booth) -> None:
    ballot = ask(booth.context, 0)
    with turn_to_write(booth.queue.line, None):
        booth.vote(ballot, "A", "v0", "u0")
        [posted] = Path(booth.queue.folder).iterdir()
        assert '"v0"' in posted.read_text() and (posted.stat().st_mode & 0o777) == 0o600
    booth.finish()
    assert list(Path(booth.queue.folder).iterdir()) == []


def test_an_answer_that_cannot_be_understood_is_found_again(
    booth: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a process of another version."""
    context, ballot = booth.context, ask(booth.context, 0)

    def of_another_version(folder: Path, request: str, writer: Writer) -> str:
        writer.write([request])
        return '{"ballot": 1}'

    monkeypatch.setattr(context.store, "write_together", of_another_version)
    view = vote(context, ballot.id, "A", user="u0")
    assert (view.accepted, view.counted, view.votes) == (True, True, 1)
    assert len(_stored(context)) == 1
