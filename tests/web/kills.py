"""Kill a real service at random moments, and count what it had acknowledged and is gone."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import create_engine
from sqlalchemy import text as text_of

from tests.loop.conftest import make_new_project
from tests.loop.place import BETTER, ENOUGH, SKILL, Place, contested, text, write_examples
from tests.web.served import Served, start
from tinyarms.loop.api import TinyArms

LONGEST_S = 1.0
"""A service is killed within so many seconds after it has answered each kind of request."""
USERS = 3
"""Threads that use it at the same time."""


@dataclass
class Acknowledged:
    """The ids of what was answered with 200."""

    tasks: list[str] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)
    votes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.tasks) + len(self.feedback) + len(self.votes)


def make_live_project(root: Path, url: str | None = None) -> Path:
    """A project whose skill is in a live test that began now. `url`: of an empty database on a
    server; `None`: SQLite."""
    made = make_new_project(root)
    write_examples(made, ENOUGH)
    with TinyArms.open(made, environ_of(url)) as arms:
        arms.create(SKILL, [Place(made).prompt_file("better.md", BETTER)])
    return made


def environ_of(url: str | None) -> dict[str, str]:
    """The environment with which a project on this database is opened."""
    return {} if url is None else {"TINYARMS_DATABASE": url}


def kill_at(root: Path, moments: int, seed: int, say: Callable[[str], None]) -> Acknowledged:
    """Start the service as often as there are moments, use it, and kill it."""
    found, rng = Acknowledged(), random.Random(seed)
    for moment in range(moments):
        served = start(root)
        begun = threading.Event()
        token = served.token("application")
        users = [
            threading.Thread(
                target=_use, args=[served, token, found, f"{seed}-{moment}-{user}", begun]
            )
            for user in range(USERS)
        ]
        for user in users:
            user.start()
        begun.wait(60)
        time.sleep(rng.uniform(0, LONGEST_S))
        served.kill()
        for user in users:
            user.join()
        assert served.process.stderr is not None
        served.process.stderr.close()
        say(f"{moment + 1} of {moments} kills, {len(found)} acknowledged")
    return found


def lost(root: Path, acknowledged: Acknowledged, url: str | None = None) -> list[str]:
    """What was acknowledged and is not stored once the project was opened again."""
    with TinyArms.open(root, environ_of(url)) as arms:
        arms.stats(SKILL)
    engine = create_engine(f"sqlite:///{root / 'tinyarms.db'}" if url is None else url)
    with engine.connect() as database:
        gone = [
            f"{table} {id}"
            for table, ids in (
                ("task_history", acknowledged.tasks),
                ("feedback", acknowledged.feedback),
                ("votes", acknowledged.votes),
            )
            for id in ids
            if not database.execute(
                text_of(f"select 1 from {table} where id = :id"), {"id": id}
            ).first()
        ]
    engine.dispose()
    return gone


def _use(
    served: Served, token: str, found: Acknowledged, name: str, begun: threading.Event
) -> None:
    """Send tasks, feedback and votes, until the service is killed."""
    headers = {"authorization": f"Bearer {token}"}
    with suppress(httpx.HTTPError), httpx.Client(base_url=served.url, headers=headers) as client:
        for number in range(10_000):
            id = f"{name}-{number}"
            inputs = {"text": text(contested(number % 100))}
            task = {"skill": SKILL, "inputs": inputs, "task_id": id}
            if client.post("/v1/tasks", json=task).status_code == 200:
                found.tasks.append(id)
            said = {"success": True, "feedback_id": id}
            if client.post(f"/v1/tasks/{id}/feedback", json=said).status_code == 200:
                found.feedback.append(id)
            ballot = client.get("/v1/ballot", params={"skill": SKILL}).json().get("ballot")
            begun.set()
            if ballot is not None:
                vote = {"choice": None, "vote_id": id, "user": id}
                path = f"/v1/ballots/{ballot['id']}/vote"
                answer = client.post(path, json=vote)
                # Of several users who see one ballot at once, one has it.
                if answer.status_code == 200 and answer.json()["accepted"]:
                    found.votes.append(id)
