"""A service whose database is locked, gone or damaged, or that is killed, loses nothing."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.loop.place import SKILL, contested, text
from tests.web.kills import kill_at, lost, make_live_project
from tests.web.served import Served, serving

pytestmark = pytest.mark.slow

N = 20


@pytest.fixture(scope="module")
def live_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_live_project(tmp_path_factory.mktemp("live"))


@pytest.fixture
def project(live_project: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(live_project, tmp_path / "project"))


@pytest.fixture
def served(project: Path) -> Iterator[Served]:
    with serving(project) as service:
        yield service


def client_of(served: Served) -> httpx.Client:
    headers = {"authorization": f"Bearer {served.token('application')}"}
    return httpx.Client(base_url=served.url, headers=headers, timeout=60)


def task(number: int) -> dict[str, object]:
    inputs = {"text": text(contested(number))}
    return {"skill": SKILL, "inputs": inputs, "task_id": f"t{number}"}


def test_with_a_locked_database_tasks_are_answered_and_votes_are_sent_again(
    served: Served, project: Path
) -> None:
    with client_of(served) as client:
        for number in range(N):
            client.post("/v1/tasks", json=task(number)).raise_for_status()
        ballot = None
        for _ in range(100):
            answer = client.get("/v1/ballot", params={"skill": SKILL, "user": "bo"}).json()
            if (ballot := answer["ballot"]) is not None:
                break
        assert ballot is not None
        path = f"/v1/ballots/{ballot['id']}/vote"
        vote = {"choice": "A", "user": "bo", "vote_id": "v1"}
        with closing(sqlite3.connect(project / "tinyarms.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for number in range(N, 2 * N):
                assert client.post("/v1/tasks", json=task(number)).status_code == 200
            said = client.post(f"/v1/tasks/t{N}/feedback", json={"success": True})
            assert said.json()["waits"] is True
            begun = client.post("/v1/tasks/begin", json=task(0) | {"task_id": "own"})
            assert begun.status_code == 200
            refused = client.post(path, json=vote)
            assert refused.status_code == 503 and int(refused.headers["retry-after"]) > 0
            assert refused.json()["kind"] == "store"
            other.execute("ROLLBACK")
        assert client.post(path, json=vote).json()["accepted"]


def test_without_a_database_prompts_and_completions_are_answered(project: Path) -> None:
    with serving(project) as served, client_of(served) as client:
        client.post("/v1/tasks", json=task(0)).raise_for_status()
    (project / "tinyarms.db").write_bytes(b"no database")
    with serving(project) as served, client_of(served) as client:
        for number in range(N):
            assert client.post("/v1/tasks", json=task(number)).status_code == 200
        chat = {"model": f"skill:{SKILL}", "messages": [{"role": "user", "content": text(1)}]}
        assert client.post("/v1/chat/completions", json=chat).status_code == 200
        assert client.get("/healthz").status_code == 200
        refused = client.get("/v1/ballot", params={"skill": SKILL})
        assert refused.status_code == 503 and "retry-after" in refused.headers


def test_what_was_acknowledged_survives_kills(project: Path) -> None:
    acknowledged = kill_at(project, moments=3, seed=0, say=print)
    assert acknowledged.tasks and acknowledged.feedback
    assert lost(project, acknowledged) == []
