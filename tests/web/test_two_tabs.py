"""Two people, or two tabs of one, decide the same at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.loop.place import SKILL
from tests.web.conftest import Web, data_of

pytestmark = pytest.mark.slow

AT_ONCE = 6
BELOW = f"/v1/skills/{SKILL}"


def at_once(web: Web, path: str, body: Any, is_form: bool = False) -> list[int]:
    """The statuses of the same request, from several clients at the same moment."""
    together = Barrier(AT_ONCE)
    clients = [web.client("release", f"ada {number}") for number in range(AT_ONCE)]

    def ask(number: int) -> int:
        together.wait(60)
        sent = {"data": body} if is_form else {"json": body}
        return int(clients[number].post(path, **sent).status_code)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sorted(pool.map(ask, range(AT_ONCE)))


def versions(web: Web) -> int:
    return len(web.arms.history(SKILL))


@pytest.mark.parametrize("is_form", [False, True], ids=["REST", "pages"])
def test_of_several_decisions_at_once_one_is_carried_out(testing_web: Web, is_form: bool) -> None:
    web, below = testing_web, f"/skills/{SKILL}" if is_form else BELOW
    done = 303 if is_form else 200
    promoted = at_once(web, f"{below}/promote", {"variant": "A"}, is_form)
    assert promoted.count(done) == 1 and set(promoted) <= {done, 400, 409}, promoted
    assert versions(web) == 2
    rolled_back = at_once(web, f"{below}/rollback", {"to": 1}, is_form)
    assert rolled_back.count(done) == 1 and set(rolled_back) <= {done, 400, 409}, rolled_back
    assert versions(web) == 3
    assert web.arms.show(SKILL).prompt == web.arms.show(SKILL, 1).prompt


def test_each_rollback_that_is_carried_out_is_a_version(testing_web: Web) -> None:
    web = testing_web
    data_of(web.client("release").post(f"{BELOW}/promote", json={"variant": "A"}))
    statuses = at_once(web, f"{BELOW}/rollback", {})
    assert statuses.count(200) >= 1 and set(statuses) <= {200, 400, 409}, statuses
    assert versions(web) == 2 + statuses.count(200)


def test_a_session_is_cancelled_once(testing_web: Web) -> None:
    statuses = at_once(testing_web, f"{BELOW}/cancel", {})
    assert statuses.count(200) == 1 and set(statuses) <= {200, 409}, statuses
    assert versions(testing_web) == 1


def test_a_promotion_and_a_cancellation_at_once_leave_one_of_them(testing_web: Web) -> None:
    web, together = testing_web, Barrier(2)
    clients = {path: web.client("release") for path in ("promote", "cancel")}

    def ask(path: str) -> int:
        together.wait(60)
        body = {"variant": "A"} if path == "promote" else {}
        return int(clients[path].post(f"{BELOW}/{path}", json=body).status_code)

    with ThreadPoolExecutor(2) as pool:
        promoted, cancelled = pool.map(ask, ("promote", "cancel"))
    assert {promoted, cancelled} <= {200, 400, 409}
    assert versions(web) == (2 if promoted == 200 else 1)
    assert 200 in (promoted, cancelled)
