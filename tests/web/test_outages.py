"""A service whose database is locked, gone or damaged, or that is killed, loses nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.loop.place import SKILL, contested, text
from tests.postgresql import new_database, temporary_server
from tests.web.kills import Acknowledged, environ_of, kill_at, lost, make_live_project
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
        path = f"/v1/ballots/{voted_on(client)}/vote"
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


def voted_on(client: httpx.Client) -> str:
    """The id of a ballot that waits."""
    for number in range(N):
        client.post("/v1/tasks", json=task(number)).raise_for_status()
    for _ in range(200):
        answer = client.get("/v1/ballot", params={"skill": SKILL, "user": "bo"}).json()
        if answer["ballot"] is not None:
            return str(answer["ballot"]["id"])
    raise AssertionError("no ballot waits")


def use(client: httpx.Client, ballot: str) -> Acknowledged:
    """Use a service whose database is away; what it has acknowledged."""
    done = Acknowledged()
    for number in range(N, 2 * N):
        assert client.post("/v1/tasks", json=task(number)).status_code == 200
        done.tasks.append(f"t{number}")
        turns = [{"role": "user", "content": text(contested(number))}]
        chat = {"model": f"skill:{SKILL}", "messages": turns}
        answer = client.post("/v1/chat/completions", json=chat)
        assert answer.status_code == 200
        done.tasks.append(answer.json()["id"].removeprefix("chatcmpl-"))
        assert client.post("/v1/tasks/begin", json=task(0) | {"task_id": "own"}).status_code == 200
        said = {"success": True, "feedback_id": f"f{number}"}
        answer = client.post(f"/v1/tasks/t{number}/feedback", json=said)
        assert answer.json()["waits"] is True
        done.feedback.append(f"f{number}")
        vote = {"choice": "A", "user": "bo", "vote_id": f"v{number}"}
        answer = client.post(f"/v1/ballots/{ballot}/vote", json=vote)
        assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
    assert client.get("/healthz").status_code == 200
    return done


@pytest.mark.parametrize("how", ["deleted", "garbage"])
def test_a_file_that_goes_away_while_it_serves_loses_nothing(project: Path, how: str) -> None:
    database, copy = project / "tinyarms.db", project / "copy.db"
    with serving(project) as served, client_of(served) as client:
        ballot = voted_on(client)
        with closing(sqlite3.connect(database)) as here, closing(sqlite3.connect(copy)) as there:
            here.backup(there)
        database.unlink() if how == "deleted" else database.write_bytes(b"garbage" * 10_000)
        done = use(client, ballot)
    for name in ("tinyarms.db", "tinyarms.db-wal", "tinyarms.db-shm"):
        (project / name).unlink(missing_ok=True)
    copy.rename(database)
    assert lost(project, done) == []


def test_a_server_that_goes_away_while_it_serves_loses_nothing(tmp_path: Path) -> None:
    with temporary_server() as server, new_database(server) as url:
        project = make_live_project(tmp_path, url)
        environ = {**os.environ, **environ_of(url)}
        with serving(project, environ=environ) as served, client_of(served) as client:
            ballot = voted_on(client)
            server.crash()
            done = use(client, ballot)
            server.start()
            path, vote = f"/v1/ballots/{ballot}/vote", {"choice": "A", "user": "bo"}
            for _ in range(20):
                answer = client.post(path, json=vote | {"vote_id": "last"})
                if answer.status_code != 503:
                    break
            assert answer.json()["accepted"]
            done.votes.append("last")
        assert lost(project, done, url) == []


def test_a_daemon_that_is_killed_is_not_missed(served: Served, project: Path) -> None:
    daemon = subprocess.Popen(
        [sys.executable, "-m", "tinyarms", "monitor"],
        cwd=project,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with client_of(served) as client:
        ballot = voted_on(client)
        daemon.kill()
        daemon.wait()
        for number in range(N, 2 * N):
            assert client.post("/v1/tasks", json=task(number)).status_code == 200
        vote = {"choice": "A", "user": "bo", "vote_id": "v1"}
        assert client.post(f"/v1/ballots/{ballot}/vote", json=vote).json()["accepted"]


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
