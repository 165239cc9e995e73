"""Nobody who runs a task waits for a sync of the disk, or for the rows of other tasks."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import pytest

from tests.loop.place import SKILL, Place, text
from tests.loop.serving.test_outages import Locked, eventually
from tinyarms.core.errors import StoreError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.prompt_cache import CachedPrompt
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.serving import routing, spooling
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.routing import REFRESH_AFTER
from tinyarms.loop.serving.tasks import run

pytestmark = pytest.mark.slow


@pytest.fixture
def context(place: Place) -> Context:
    opened = place.open()
    active_version(opened, SKILL)
    return opened


@pytest.fixture
def syncs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads that have synced a file."""
    made, sync = list[str](), os.fsync

    def noted(file: int) -> None:
        made.append(threading.current_thread().name)
        sync(file)

    monkeypatch.setattr(os, "fsync", noted)
    return made


def test_a_task_in_an_outage_waits_for_no_sync_and_is_synced_soon(
    context: Context, syncs: list[str], place: Place
) -> None:
    with Locked(place.root / "tinyarms.db"):
        context.standby.writing.fail(StoreError("locked"))
        for number in range(5):
            run(context, SKILL, {"text": text(number)}, task_id=f"t{number}")
        here = threading.current_thread().name
        assert here not in syncs
        assert context.standby.spools.length().lines == 5
        eventually(lambda: "tinyarms-returns" in syncs)
    eventually(lambda: context.standby.spools.is_empty)


def test_feedback_in_an_outage_is_synced_before_it_is_acknowledged(
    context: Context, syncs: list[str], place: Place
) -> None:
    with Locked(place.root / "tinyarms.db"):
        context.standby.writing.fail(StoreError("locked"))
        assert feedback(context, "t1", success=True).waits
        assert threading.current_thread().name in syncs


def test_a_task_with_an_id_waits_for_no_row_of_another_task(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited, flush = list[str](), context.store._soon.flush

    def noted(patience_s: float | None = None) -> bool:
        waited.append("flush")
        return flush(patience_s)

    written = threading.Event()
    monkeypatch.setattr("tinyarms.store.db.group_commit.LATE_S", 60.0)  # The row waits.
    context.store.write_soon(lambda _work: written.wait(30))  # type: ignore[arg-type, return-value]
    monkeypatch.setattr(context.store._soon, "flush", noted)
    first = run(context, SKILL, {"text": text(1)}, task_id="t1")
    assert waited == []
    threading.Timer(0.2, written.set).start()
    again = run(context, SKILL, {"text": text(2)}, task_id="t1")  # Its own row is waited for.
    assert (again.output, again.task_id) == (first.output, "t1")
    assert waited == ["flush"]


def test_the_kept_lines_stay_where_they_are_until_the_database_takes_them(
    context: Context, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spooling, "_PATIENCE_S", 0.1)
    context.standby.returning.acquire()
    with Locked(place.root / "tinyarms.db"):
        context.standby.writing.fail(StoreError("locked"))
        run(context, SKILL, {"text": text(1)}, task_id="t1")
        for _ in range(3):
            with pytest.raises(StoreError):
                spooling.store_kept(context)
            time.sleep(0.01)
        run(context, SKILL, {"text": text(2)}, task_id="t2")
        names = [path.suffix for path in (place.root / ".tinyarms" / "spool").glob("*")]
        assert names.count(".lines") == 1
        assert ".taken" not in names
    assert spooling.store_kept(context) == 2


def test_a_prompt_that_is_read_again_needs_no_other_thread(
    context: Context, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(context, SKILL, {"text": text(1)})
    monkeypatch.setattr(context.standby.reading, "_give", None)  # It would be called.
    before = context.prompt_cache[SKILL]
    place.moment.now += 2 * REFRESH_AFTER
    run(context, SKILL, {"text": text(2)})
    assert context.prompt_cache[SKILL].refreshed_at > before.refreshed_at


def test_the_thread_that_writes_tasks_reads_the_prompt_again_before_a_task_has_to(
    context: Context, place: Place
) -> None:
    run(context, SKILL, {"text": text(1)})
    before = context.prompt_cache[SKILL]
    place.moment.now += 0.6 * REFRESH_AFTER
    run(context, SKILL, {"text": text(2)})
    with context.store.read():
        pass  # All is written now.
    renewed = context.prompt_cache[SKILL]
    assert renewed.refreshed_at > before.refreshed_at
    place.moment.now += 0.6 * REFRESH_AFTER
    run(context, SKILL, {"text": text(3)})
    assert context.prompt_cache[SKILL] is renewed


def test_what_was_forgotten_meanwhile_is_not_remembered_by_that_thread(
    context: Context, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(context, SKILL, {"text": text(1)})
    place.moment.now += 0.6 * REFRESH_AFTER
    reread = routing._reread

    def begins_a_test(*given: Any) -> CachedPrompt | None:
        found = reread(*given)
        context.prompt_cache.pop(SKILL)  # As when a live test begins.
        return found

    monkeypatch.setattr(routing, "_reread", begins_a_test)
    routing.renew_if_due(context, SKILL)
    assert SKILL not in context.prompt_cache
