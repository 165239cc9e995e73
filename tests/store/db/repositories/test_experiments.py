from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from tests.store.rows import NOW, SKILL, at, ballot, session, task, variant, vote
from tinyarms.core.errors import ConflictError
from tinyarms.store.db.database import Store
from tinyarms.store.db.records import (
    AssignmentRecord,
    ResultRecord,
    SessionState,
    VoteRecord,
)


@pytest.fixture
def filled(store: Store) -> Store:
    with store.unit_of_work() as uow:
        uow.sessions.add(session())
        uow.experiments.add_variants([variant("B"), variant("A", role="incumbent")])
    return store


def test_variants_come_back_by_letter_and_stay_as_they_were(filled: Store) -> None:
    with filled.unit_of_work() as uow:
        uow.experiments.set_accuracy("s1-B", 0.9, 100)
        uow.experiments.set_status("s1-B", "won")
        uow.experiments.add_variants([variant("B")])
    with filled.read() as uow:
        assert uow.experiments.variants("s1") == [
            variant("A", role="incumbent"),
            variant("B", accuracy=0.9, accuracy_n=100, status="won"),
        ]
    with pytest.raises(ConflictError, match="variant x"), filled.unit_of_work() as uow:
        uow.experiments.set_status("x", "won")


def test_a_ballot_comes_back_with_its_options_in_order(filled: Store) -> None:
    asked = ballot("b1", probability=0.25, user="ada")
    with filled.unit_of_work() as uow:
        uow.experiments.add_ballot(replace(asked, options=asked.options[::-1]))
        uow.experiments.add_ballot(replace(asked, options=()))
        uow.experiments.add_ballot(ballot("b0", created_at=at(1)))
    with filled.read() as uow:
        assert uow.experiments.ballot("b1") == asked
        assert uow.experiments.ballot("nothing") is None
        assert uow.experiments.ballots("s1") == [asked, ballot("b0", created_at=at(1))]


def test_waiting_are_ballots_without_a_vote_of_active_sessions(filled: Store) -> None:
    with filled.unit_of_work() as uow:
        uow.sessions.add(session("done", state=SessionState.KEPT))
        uow.experiments.add_variants([variant("A", "done"), variant("B", "done")])
        uow.experiments.add_ballot(ballot("late", "done"))
        uow.experiments.add_ballot(ballot("hers", user="ada"))
        uow.experiments.add_ballot(ballot("his", user="bob", created_at=at(1)))
        uow.experiments.add_ballot(ballot("anyones", created_at=at(2)))
        uow.experiments.add_ballot(ballot("voted"))
        uow.experiments.add_vote(vote("v", "voted"))
    with filled.read() as uow:
        assert [b.id for b in uow.experiments.waiting(SKILL)] == ["hers", "his", "anyones"]
        assert [b.id for b in uow.experiments.waiting(SKILL, "ada")] == ["hers", "anyones"]
        assert uow.experiments.waiting("other") == []
        for user, first, n in ((None, "hers", 3), ("bob", "his", 2), ("eve", "anyones", 1)):
            found = uow.experiments.next_waiting("s1", SKILL, user)
            assert found is not None and found.id == first
            assert uow.experiments.count_waiting(SKILL, user, "s1") == n
        assert uow.experiments.next_waiting("done", SKILL, None) is None
        assert uow.experiments.count_waiting(SKILL, session_id="done") == 0


def test_ballots_and_tasks_are_counted_by_their_variants(filled: Store) -> None:
    asked = ballot("b1")
    same = tuple(replace(option, position=0) for option in asked.options)
    with filled.unit_of_work() as uow:
        uow.experiments.add_ballot(asked)
        uow.experiments.add_ballot(replace(asked, id="same", options=same))
    shown = {option.variant_id: 1 for option in asked.options}
    with filled.read() as uow:
        assert uow.experiments.count_asked("s1") == shown
        assert uow.experiments.count_asked("none") == uow.experiments.count_assigned("none") == {}
        agreement = uow.experiments.agreement("s1")
    assert agreement == (1, 1, asked.created_at)


def test_a_vote_sent_twice_counts_once_and_a_ballot_takes_one(filled: Store) -> None:
    with filled.unit_of_work(durable=True) as uow:
        uow.experiments.add_ballot(ballot("b1"))
        uow.experiments.add_ballot(ballot("b2"))
        assert uow.experiments.add_vote(vote("v1", "b1"))
        assert not uow.experiments.add_vote(vote("v1", "b1"))
        assert not uow.experiments.add_vote(vote("v1", "b2"))
        assert not uow.experiments.add_vote(vote("v2", "b1"))
    with filled.read() as uow:
        assert uow.experiments.votes_on(["b1"]) == [vote("v1", "b1")]
        assert uow.experiments.votes_on(["b2"]) == []
        assert uow.experiments.votes("s1") == [(vote("v1", "b1"), ballot("b1"))]


def test_a_ballot_takes_one_vote_that_counts_and_one_of_each_user(filled: Store) -> None:
    def stored(cast: VoteRecord) -> bool:
        with filled.unit_of_work() as uow:
            return uow.experiments.add_vote(cast)

    with filled.unit_of_work() as uow:
        uow.experiments.add_ballot(ballot("b1"))
        uow.experiments.add_ballot(ballot("hers", user="ada"))
    assert stored(vote("1", "b1", user="mal", excluded="new_name"))
    assert not stored(vote("2", "b1", user="mal"))
    assert stored(vote("3", "hers", user="ada", excluded="over_cap"))
    with filled.read() as uow:
        assert [b.id for b in uow.experiments.waiting(SKILL)] == ["b1"]
        assert [b.id for b in uow.experiments.waiting(SKILL, "ben")] == ["b1"]
        assert uow.experiments.waiting(SKILL, "mal") == []
    assert stored(vote("4", "b1", user="ben"))
    assert not stored(vote("5", "b1", user="cat"))
    assert stored(vote("6", "b1", user="cat", excluded="late"))
    with filled.read() as uow:
        assert uow.experiments.waiting(SKILL) == []
        assert [cast.id for cast in uow.experiments.votes_on(["b1"])] == ["1", "4", "6"]


def test_a_vote_needs_its_ballot(filled: Store) -> None:
    with pytest.raises(ConflictError), filled.unit_of_work() as uow:
        uow.experiments.add_vote(vote("v1", "nothing"))


def test_votes_of_the_same_moment_keep_their_order(filled: Store) -> None:
    ids = [f"v{n}" for n in (3, 1, 2, 0)]
    with filled.unit_of_work() as uow:
        for id in ids:
            uow.experiments.add_ballot(ballot(id))
            uow.experiments.add_vote(vote(id, id))
        uow.experiments.add_ballot(ballot("first"))
        uow.experiments.add_vote(vote("first", "first", created_at=at(-1)))
    with filled.read() as uow:
        assert [v.id for v, _ in uow.experiments.votes("s1")] == ["first", *ids]


@pytest.mark.slow
def test_the_snapshot_counts_what_counts(filled: Store) -> None:
    votes = [vote("1", "1", 0), vote("2", "2", 1), vote("3", "3", 0), vote("4", "4", None)]
    with filled.unit_of_work() as uow:
        for cast in [*votes, vote("5", "5", 0, excluded="late")]:
            uow.experiments.add_ballot(ballot(cast.ballot_id))
            uow.experiments.add_vote(cast)
    with filled.read() as uow:
        assert {v.variant_letter: v.votes for v in uow.experiments.variants("s1")} == {
            "A": 1,
            "B": 2,
        }
        assert len(uow.experiments.votes("s1")) == 5


def test_who_takes_part_and_how_many_of_their_picks_count(filled: Store) -> None:
    with filled.unit_of_work() as uow:
        uow.sessions.add(session("other"))
        uow.experiments.add_variants([variant("A", "other"), variant("B", "other")])
        for id, owner, cast in (
            ("1", None, vote("1", "1", 0, user="ada")),
            ("2", None, vote("2", "2", 1, user="ada", excluded="over_cap")),
            ("3", None, vote("3", "3", None, user="bob")),
            ("4", "cat", None),
            ("5", None, vote("5", "5", 1)),
            ("6", None, vote("6", "6", 1, user="away", created_at=at(-1))),
        ):
            uow.experiments.add_ballot(ballot(id, user=owner))
            if cast is not None:
                uow.experiments.add_vote(cast)
        uow.experiments.add_ballot(ballot("7", "other", user="stranger"))
        uow.tasks.add(task("t1", user="dan", created_at=at(1)))
    with filled.read() as uow:
        found = uow.experiments.picks_by_user("s1", NOW)
        his_own = uow.experiments.picks_by_user("s1", NOW, "away")
    assert found == {"ada": 1, "bob": 0, "": 1}
    assert his_own == {**found, "away": 1}


def test_whether_anybody_else_has_voted_on_the_skill_lately(filled: Store) -> None:
    with filled.unit_of_work() as uow:
        for cast in (
            vote("1", "1", 0, user="ada", created_at=at(5)),
            vote("2", "2", None, user="bob", created_at=at(3)),
            vote("3", "3", 1, created_at=at(5)),
            vote("4", "4", 1, user="", created_at=at(5)),
        ):
            uow.experiments.add_ballot(ballot(cast.ballot_id))
            uow.experiments.add_vote(cast)
    with filled.read() as uow:
        has_others = uow.experiments.has_other_voters
        assert has_others(SKILL, "ada", at(3)) and has_others(SKILL, "bob", at(4))
        assert not has_others(SKILL, "ada", at(4))
        assert not has_others("other", "ada", at(3))


def test_answers_are_counted_by_what_they_are(filled: Store) -> None:
    casts = [
        vote("1", "1", 0),
        vote("2", "2", 1, excluded="late"),
        vote("3", "3", None),
        vote("4", "4", None, answer="none"),
        vote("5", "5", 0, created_at=at(-1)),
    ]
    with filled.unit_of_work() as uow:
        for cast in casts:
            uow.experiments.add_ballot(ballot(cast.ballot_id))
            uow.experiments.add_vote(cast)
    with filled.read() as uow:
        assert uow.experiments.answers(SKILL, NOW) == {"pick": 2, "skip": 1, "none": 1}
        assert uow.experiments.answers("other", NOW) == {}
        assert uow.experiments.votes_on(["4"]) == [casts[3]]


@pytest.mark.slow
def test_two_clients_voting_on_one_ballot_at_once(filled: Store) -> None:
    ballots = [f"b{n}" for n in range(10)]
    with filled.unit_of_work() as uow:
        for id in ballots:
            uow.experiments.add_ballot(ballot(id))
    accepted: list[str] = []

    def cast(name: str) -> None:
        for id in ballots:
            with filled.unit_of_work(durable=True) as uow:
                if uow.experiments.add_vote(vote(f"{name}-{id}", id)):
                    accepted.append(id)

    threads = [threading.Thread(target=cast, args=(name,)) for name in ("x", "y", "z")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(accepted) == ballots
    with filled.read() as uow:
        assert len(uow.experiments.votes("s1")) == 10


def test_results_are_kept_once_and_need_their_variant(filled: Store) -> None:
    result = ResultRecord(
        id="r",
        session_id="s1",
        variant_id="s1-A",
        task_id="t",
        user_choice=True,
        created_at=NOW,
    )
    with filled.unit_of_work() as uow:
        uow.experiments.add_results([result, result, replace(result, id="r2", user_choice=False)])
    with pytest.raises(ConflictError), filled.unit_of_work() as uow:
        uow.experiments.add_results([replace(result, id="r3", variant_id="nobody")])
    with filled.read() as uow:
        assert uow.experiments.results("s1") == [
            result,
            replace(result, id="r2", user_choice=False),
        ]


def test_assignments_come_back(filled: Store) -> None:
    given = AssignmentRecord(
        id="a",
        session_id="s1",
        task_id="t",
        variant_id="s1-B",
        probability=0.3,
        created_at=NOW,
    )
    with filled.unit_of_work() as uow:
        uow.experiments.add_assignment(given)
        uow.experiments.add_assignment(replace(given, probability=0.9))
    with filled.read() as uow:
        assert uow.experiments.assignments("s1") == [given]
