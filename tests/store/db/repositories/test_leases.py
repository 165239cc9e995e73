from __future__ import annotations

import threading
from datetime import timedelta

from tests.store.rows import NOW, SKILL, at
from tinyarms.store.db.database import Store

TTL = timedelta(minutes=10)


def test_one_holder_until_it_expires(store: Store) -> None:
    with store.unit_of_work() as uow:
        assert uow.leases.acquire(SKILL, "a", NOW, TTL)
        assert not uow.leases.acquire(SKILL, "b", at(9), TTL)
        assert uow.leases.acquire("other", "b", at(9), TTL)
        assert uow.leases.holder(SKILL, at(9)) == "a"
        assert uow.leases.holder(SKILL, at(10)) is None
        assert uow.leases.acquire(SKILL, "b", at(10), TTL)
        assert uow.leases.holder(SKILL, at(10)) == "b"


def test_the_holder_renews_it(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.leases.acquire(SKILL, "a", NOW, TTL)
        assert uow.leases.acquire(SKILL, "a", at(5), TTL)
        assert not uow.leases.acquire(SKILL, "b", at(14), TTL)


def test_only_the_holder_gives_it_back(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.leases.acquire(SKILL, "a", NOW, TTL)
        uow.leases.release(SKILL, "b")
        assert uow.leases.holder(SKILL, at(1)) == "a"
        uow.leases.release(SKILL, "a")
        assert uow.leases.holder(SKILL, at(1)) is None


def test_of_many_at_once_one_gets_it(store: Store) -> None:
    winners: list[str] = []

    def race(name: str) -> None:
        with store.unit_of_work() as uow:
            if uow.leases.acquire(SKILL, name, NOW, TTL):
                winners.append(name)

    threads = [threading.Thread(target=race, args=(f"p{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1
