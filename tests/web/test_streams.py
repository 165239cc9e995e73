"""Who listens to a job costs the service no thread: many listeners stop nobody."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tinyarms.core.clock import utc_now
from tinyarms.web.jobs import Job
from tinyarms.web.rest import work
from tinyarms.web.rest.work import events_of

LISTENERS = 500


async def heard(job: Job) -> str:
    return "".join([text async for text in events_of(job, 0)])


def test_many_listeners_hold_no_thread() -> None:
    job = Job("1", "evolve", "naming", utc_now, utc_now())

    async def listen() -> tuple[int, list[str]]:
        listeners = [asyncio.ensure_future(heard(job)) for _ in range(LISTENERS)]
        await asyncio.sleep(0.05)
        threads = threading.active_count()
        job.run(lambda listener: "found")
        return threads, await asyncio.gather(*listeners)

    before = threading.active_count()
    threads, texts = asyncio.run(listen())
    assert threads == before
    assert set(texts) == {'id: 1\nevent: done\ndata: "found"\n\n'}


def test_a_stream_without_news_says_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "LOOK_S", 0.001)
    monkeypatch.setattr(work, "HEARTBEAT_S", 0.002)
    job = Job("1", "evolve", "naming", utc_now, utc_now())

    async def first() -> str:
        async for text in events_of(job, 0):
            return text
        return ""

    assert asyncio.run(first()) == ": alive\n\n"
