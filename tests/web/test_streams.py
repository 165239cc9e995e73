"""Who listens to a job costs the service no thread: many listeners stop nobody."""

from __future__ import annotations

import asyncio
import signal
import threading
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.project import SKILL
from tests.slow_model import slow_project
from tests.web.served import serving
from tinyarms.core.clock import utc_now
from tinyarms.core.file_names import FileNames
from tinyarms.web.jobs import Job
from tinyarms.web.rest import work
from tinyarms.web.rest.work import events_of

LISTENERS = 500


async def heard(job: Job) -> str:
    return "".join([text async for text in events_of(job, 0)])


@pytest.mark.slow
def test_many_listeners_hold_no_thread() -> None:
    job = Job("1", "evolve", "naming", utc_now, FileNames(Path()), utc_now())

    async def listen() -> tuple[int, list[str]]:
        listeners = [asyncio.ensure_future(heard(job)) for _ in range(LISTENERS)]
        await asyncio.sleep(0.05)
        threads = threading.active_count()
        job.run(lambda listener: "found")
        return threads, await asyncio.gather(*listeners)

    before = threading.active_count()
    threads, texts = asyncio.run(listen())
    assert threads <= before  # those of earlier tests may end
    assert set(texts) == {'id: 1\nevent: done\ndata: "found"\n\n'}


def test_a_stream_without_news_says_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "LOOK_S", 0.001)
    monkeypatch.setattr(work, "HEARTBEAT_S", 0.002)
    job = Job("1", "evolve", "naming", utc_now, FileNames(Path()), utc_now())

    async def first() -> str:
        async for text in events_of(job, 0):
            return text
        return ""

    assert asyncio.run(first()) == ": alive\n\n"


@pytest.mark.slow
def test_whoever_listens_hears_that_the_service_ends_its_job(tmp_path: Path) -> None:
    with slow_project(tmp_path / "project") as root, serving(root) as served:
        headers = {"authorization": f"Bearer {served.token('run')}"}
        with httpx.Client(base_url=served.url, headers=headers, timeout=60) as client:
            began = client.post(f"/v1/skills/{SKILL}/evolve", json={"budget_calls": 200})
            assert began.status_code == 202, began.text
            said = ""
            with client.stream("GET", f"{began.headers['location']}/events") as stream:
                for text in stream.iter_text():
                    if "event: progress" in text and "event: progress" not in said:
                        served.process.send_signal(signal.SIGTERM)
                    said += text
    assert said.strip().split("\n\n")[-1].split("\n")[1] == "event: stopped"
