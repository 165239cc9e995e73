"""What the status shows from outside: queue, spool, locks, lag, searches and spend."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from tests.daemon.world import World, fails
from tests.end_to_end.project import SKILL
from tests.postgresql import Server, new_database
from tinyarms.core.clock import utc_now
from tinyarms.loop.housekeeping.database import copy_database
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import DAEMON, lease
from tinyarms.loop.project.listener import Progress, Silent
from tinyarms.loop.reporting.daemon_status import daemon_status
from tinyarms.loop.reporting.population import population
from tinyarms.loop.reporting.spend import ModelSpend, spend
from tinyarms.loop.watching.check import monitor_once
from tinyarms.loop.watching.journal import note_daemon
from tinyarms.store.spool import MAX_BYTES


class Impatient(Silent):
    """Ends a search after ten calls."""

    def progress(self, progress: Progress) -> None:
        if progress.label == "Searching" and progress.done >= 10:
            raise KeyboardInterrupt


def interrupted(world: World) -> Context:
    context = world.open()
    with pytest.raises(KeyboardInterrupt):
        world.daemon(context, Impatient()).tick()
    return context


@pytest.mark.slow
def test_a_search_that_was_interrupted_waits_to_go_on(dropped: World) -> None:
    context = interrupted(dropped)
    status = daemon_status(context)
    [search] = status.searches
    assert (search.skill, search.stage, search.running) == (SKILL, "search", None)
    assert 10 <= search.calls <= 30
    assert search.most_calls == 20
    assert search.best is not None and 0 <= search.best <= 1 <= search.best_n
    view = population(context, SKILL)
    assert view is not None and view.best is not None  # What the pages show.
    assert (search.best, search.best_n) == (view.best.accuracy, view.best.n)
    assert search.began_at == dropped.moment.now
    assert (status.queue, status.locks) == ((SKILL,), ())
    [check] = monitor_once(context, [SKILL])
    assert check.status == status.skills[0].status == "Evolution triggered, search interrupted"


@pytest.mark.slow
def test_a_search_that_runs_is_locked_and_does_not_wait(dropped: World) -> None:
    context = interrupted(dropped)
    with lease(context, SKILL):
        status = daemon_status(context)
    [lock] = status.locks
    assert (lock.skill, lock.holder, lock.work) == (SKILL, f"pid {os.getpid()}", "evolve")
    assert lock.since is not None
    assert timedelta() <= utc_now() - lock.since < timedelta(days=1)
    assert [search.running for search in status.searches] == [f"pid {os.getpid()}"]
    assert status.queue == ()


@pytest.mark.slow
def test_how_late_the_daemon_is(world: World) -> None:
    context = world.open()
    with lease(context, DAEMON):
        note_daemon(context, world.moment.now)
        world.moment.pass_(minutes=4)
        assert daemon_status(context).lag_s == 0
        world.moment.pass_(minutes=11)
        assert daemon_status(context).lag_s == 600
    assert daemon_status(context).lag_s is None


@pytest.mark.slow
def test_what_waits_in_the_spool(world: World) -> None:
    context = world.open()
    spools = context.standby.spools
    spools.append(["a line", "another one"])
    status = daemon_status(context)
    assert (status.waiting, status.spool.lines) == (2, 2)
    assert 0 < status.spool.bytes < status.spool.most_bytes == MAX_BYTES


def priced(world: World) -> World:
    file = world.root / "config.yaml"
    prices = "recording: replies.jsonl, prices: {input: 2, output: 10}"
    file.write_text(file.read_text().replace("recording: replies.jsonl", prices))
    return world


def one_model(lines: tuple[ModelSpend, ...]) -> ModelSpend:
    [line] = lines
    assert (line.skill, line.model) == (SKILL, "small")
    return line


@pytest.mark.slow
def test_what_tasks_cost_today_and_this_month(world: World) -> None:
    priced(world).moment.now = world.moment.now.replace(day=1, hour=23)
    context = world.open()
    fails(context)
    line = one_model(spend(context))
    assert line.today == line.month
    assert line.today.calls == 5
    with context.store.read() as work:
        tasks = work.tasks.recent(SKILL, limit=10)
    inputs = sum(task.prompt_tokens or 0 for task in tasks)
    outputs = sum(task.completion_tokens or 0 for task in tasks)
    assert line.today.tokens == inputs + outputs > 0
    assert line.today.money == pytest.approx((inputs * 2 + outputs * 10) / 1_000_000)
    world.moment.pass_(hours=2)
    later = one_model(spend(context))
    assert (later.today.calls, later.today.money, later.month) == (0, 0, line.month)
    world.moment.pass_(days=35)
    assert spend(context) == ()


@pytest.mark.slow
def test_what_a_search_costs_counts_with_its_tasks(dropped: World) -> None:
    priced(dropped)
    context = dropped.open()
    before = one_model(spend(context)).month
    dropped.daemon(context).tick()
    after = one_model(spend(context)).month
    with context.store.read() as work:
        [session] = work.sessions.all(SKILL)
        counts = work.calls.counts(session.id)
    made = sum(counts[kind] for kind in ("task_calls", "test_calls", "writer_calls"))
    assert after.calls - before.calls == made >= 20
    assert after.tokens - before.tokens == counts["prompt_tokens"] + counts["completion_tokens"]
    assert before.money is not None and after.money is not None and after.money > before.money


@pytest.mark.slow
def test_what_has_no_price_has_no_cost(dropped: World) -> None:
    file = dropped.root / "config.yaml"
    file.write_text(
        file.read_text().replace(
            "kind: replay, model: small, recording: replies.jsonl",
            "kind: openai, model: small, base_url: 'http://192.0.2.1/v1'",
        )
    )
    assert one_model(spend(dropped.open())).month.money is None


@pytest.mark.slow
def test_the_status_is_the_same_on_postgresql(dropped: World, postgresql: Server) -> None:
    context = interrupted(dropped)
    here = daemon_status(context)
    context.close()
    with new_database(postgresql) as url:
        copy_database(url, start=dropped.root, environ={})
        context = open_project(dropped.root, {"TINYARMS_DATABASE": url}, dropped.moment)
        there = daemon_status(context)
        context.close()
    assert (there.searches, there.spend, there.queue) == (here.searches, here.spend, here.queue)
