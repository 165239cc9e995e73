from __future__ import annotations

import threading
from datetime import timedelta

from tests.store.rows import SKILL
from tinyarms.store.db.database import Store

TTL = timedelta(minutes=10)
OVER = timedelta(seconds=-1)
"""A lease of so long has expired when it is given."""


def test_one_holder_until_it_expires(store: Store) -> None:
    with store.unit_of_work() as uow:
        assert uow.leases.acquire(SKILL, "a", TTL)
        assert uow.leases.acquire(SKILL, "b", TTL) is None
        assert uow.leases.acquire("other", "b", TTL)
        assert uow.leases.held() == {SKILL: "a", "other": "b"}
        assert uow.leases.renew(SKILL, "a", OVER)
        assert uow.leases.holder(SKILL) is None
        assert uow.leases.acquire(SKILL, "b", TTL)
        assert uow.leases.holder(SKILL) == "b"


def test_the_token_grows_with_each_holder_and_with_nothing_else(store: Store) -> None:
    with store.unit_of_work() as uow:
        assert uow.leases.token(SKILL) == 0
        assert uow.leases.acquire(SKILL, "a", TTL) == 1
        assert uow.leases.acquire(SKILL, "a", TTL) == 1
        uow.leases.renew(SKILL, "a", OVER)
        assert uow.leases.token(SKILL) == 1  # nobody else has had it
        assert uow.leases.acquire(SKILL, "b", TTL) == 2
        uow.leases.release(SKILL, "b")
        assert uow.leases.token(SKILL) == 2  # it survives that nobody holds it
        assert uow.leases.acquire(SKILL, "a", TTL) == 3


def test_only_its_holder_renews_it(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.leases.acquire(SKILL, "a", OVER)
        uow.leases.acquire(SKILL, "b", TTL)
        assert not uow.leases.renew(SKILL, "a", TTL)
        uow.leases.release(SKILL, "b")
        assert not uow.leases.renew(SKILL, "a", TTL)
        assert uow.leases.holder(SKILL) is None


def test_only_the_holder_gives_it_back(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.leases.acquire(SKILL, "a", TTL)
        uow.leases.release(SKILL, "b")
        assert uow.leases.holder(SKILL) == "a"
        uow.leases.release(SKILL, "a")
        assert uow.leases.holder(SKILL) is None


def test_a_lease_of_before_the_clock_was_set_back_holds_no_more(store: Store) -> None:
    """By a day here: what was given then seems to end tomorrow."""
    with store.unit_of_work() as uow:
        uow.leases.acquire(SKILL, "a", timedelta(days=1) + TTL)
        assert uow.leases.holder(SKILL) is None
        assert uow.leases.held() == {}
        assert uow.leases.acquire(SKILL, "b", TTL) == 2  # "a" is told if it lives
        assert uow.leases.held() == {SKILL: "b"}


def test_a_holder_that_lives_holds_its_lease_after_the_clock_was_set_back(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.leases.acquire(SKILL, "a", timedelta(days=1))
        assert uow.leases.renew(SKILL, "a", TTL)
        assert uow.leases.acquire(SKILL, "b", TTL) is None


def test_names_that_begin_alike(store: Store) -> None:
    with store.unit_of_work() as uow:
        for name in ("*", "**one", "*feeling", "feeling"):
            uow.leases.acquire(name, name, TTL)
        assert list(uow.leases.held("*")) == ["*", "**one", "*feeling"]
        assert uow.leases.names("**") == ["**one"]
        uow.leases.forget("**one")
        assert uow.leases.names("**") == []


def test_of_many_at_once_one_gets_it(store: Store) -> None:
    winners: list[str] = []

    def race(name: str) -> None:
        with store.unit_of_work() as uow:
            if uow.leases.acquire(SKILL, name, TTL):
                winners.append(name)

    threads = [threading.Thread(target=race, args=(f"p{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1
