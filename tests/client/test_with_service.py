"""The client with a real `tinyarms serve`, which is killed and started again."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

import tinyarms
from tests.loop.conftest import make_new_project
from tests.loop.place import BETTER, OTHER, SKILL, Place, expected, text
from tests.loop.steps import ask
from tests.started import Started
from tinyarms.client import Client
from tinyarms.core.durable import checked, with_checksum
from tinyarms.core.errors import ServiceAway
from tinyarms.loop.api import TinyArms

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("fastapi") is None
        or importlib.util.find_spec("tinyarms.web") is None,
        reason="needs tinyarms serve, and the extra server",
    ),
]
ENVIRON = {**os.environ, "PYTHONPATH": str(Path(tinyarms.__file__).parents[1])}


def start(root: Path, port: int = 0) -> tuple[Started, int]:
    process = Started(["serve", "--port", str(port)], root, ENVIRON)
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
            return process, int(found[1])
    raise AssertionError("The service did not start.")


def kill(process: Started) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()


def token(root: Path, role: str) -> str:
    command = [sys.executable, "-m", "tinyarms", "serve", "token", "add"]
    done = subprocess.run(
        [*command, "--role", role, "--name", "shop", "--json"],
        cwd=root,
        env=ENVIRON,
        capture_output=True,
        text=True,
        check=True,
    )
    made: str = json.loads(done.stdout)["token"]
    return made


def test_prompts_feedback_and_votes_survive_a_kill_and_count_once(tmp_path: Path) -> None:
    place = Place(make_new_project(tmp_path))
    with TinyArms.open(place.root, {}) as arms:  # by the clock that the service has
        arms.create(SKILL, [place.prompt_file("better.md", BETTER)])
        ballot_id = ask(arms._context, 1).id
    process, port = start(place.root)
    folder = tmp_path / "client"
    try:
        viewer = token(place.root, "run")
        url = f"http://127.0.0.1:{port}"
        with Client(url, viewer, folder / "viewer", timeout_s=10, retry_s=0.2) as client:
            fresh = client.prompt(SKILL)
            assert (fresh.version, fresh.text) == (1, "Good or bad?")
            done = client.run(SKILL, {"text": text(3)})
            assert done.output == expected(3)
            same = client.run(SKILL, {"text": text(3)}, task_id=done.task_id)
            assert same.task_id == done.task_id
            found = client.ballot(SKILL)
            assert found is not None and found.id == ballot_id and len(found.options) == 2
            kill(process)
            assert client.prompt(SKILL).from_disk
            assert client.ballot(SKILL) is None
            assert client.feedback(done.task_id, success=False).queued
            assert client.vote(ballot_id, found.options[0].letter).queued
            process, _ = start(place.root, port)
            for _ in range(600):
                if client.waiting == 0:
                    break
                time.sleep(0.05)
            assert client.waiting == 0 and not client.prompt(SKILL).from_disk
            sent = client.feedback(done.task_id, correction=expected(4))
            # On a busy machine the service keeps it on its own disk at first.
            assert sent.answer is not None and sent.answer["task_id"] == done.task_id
    finally:
        kill(process)
    with TinyArms.open(place.root, {}) as arms:
        assert arms.results(SKILL).votes == 1
        assert arms.stats(SKILL).failures == 1


def until(holds: Callable[[], bool]) -> None:
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError


@pytest.mark.parametrize("by_another_process", [False, True])
def test_a_skill_with_a_mistake_holds_up_its_own_feedback_only(
    tmp_path: Path, by_another_process: bool
) -> None:
    """It is sent in its order once the mistake is mended, and counts once. Another process does not
    know which skill the tasks are of, and learns it from the service."""
    place = Place(make_new_project(tmp_path))
    config = place.root / "config.yaml"
    good = config.read_text()
    process, port = start(place.root)
    url = f"http://127.0.0.1:{port}"
    shop = token(place.root, "application")
    folder = tmp_path / "client"
    try:
        begin_tasks(url, shop, SKILL, ["a0", "a1"])
        begin_tasks(url, shop, OTHER, [f"b{number}" for number in range(40)])
        with Client(url, shop, folder, timeout_s=10, retry_s=0.3) as client:
            for number in range(2, 30):
                client.run(SKILL, {"text": text(number)}, task_id=f"a{number}")
            place.edit_config(lambda data: data["skills"][SKILL].update(scorer="exakt"))
            until(lambda: away(client))
            mine = [f"a{number}" for number in range(30)] + ["a3", "a5"]
            for number, task_id in enumerate(mine):
                assert client.feedback(task_id, success=number % 2 == 0).queued
            sent = client.feedback("b0", success=True)
            if not by_another_process:
                assert not sent.queued, "Nothing of the other skill waits."
        if by_another_process:
            queue = folder / "queue.jsonl"
            queue.write_bytes(without_skills(queue.read_bytes()))
        with Client(url, shop, folder, timeout_s=10, retry_s=0.3) as client:
            for number in range(1, 40):
                client.feedback(f"b{number}", success=True)
            until(lambda: client.waiting == len(mine))
            assert client.prompt(OTHER).from_disk is False, "The service is there for others."
            with pytest.raises(ServiceAway, match=r"'feeling' now: config\.yaml, line \d+.*exact"):
                client.run(SKILL, {"text": text(1)})
            config.write_text(good)
            until(lambda: client.waiting == 0)
    finally:
        kill(process)
    with sqlite3.connect(place.root / "tinyarms.db") as database:
        said = "select task_id, success from feedback where task_id like ? order by created_at, id"
        of_mine = [(task, bool(success)) for task, success in database.execute(said, ["a%"])]
        of_others = database.execute(said, ["b%"]).fetchall()
    database.close()
    assert [task for task, _ in of_mine] == mine
    assert [success for _, success in of_mine] == [n % 2 == 0 for n in range(len(mine))]
    assert len(of_others) == len(set(of_others)) == 40
    assert not (folder / "refused.jsonl").exists()


def begin_tasks(url: str, shop: str, skill: str, ids: list[str]) -> None:
    """Tasks whose model is the application's own, so that the client does not know their skill."""
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {shop}"}) as http:
        for number, id in enumerate(ids):
            inputs = {"text": text(number)}
            begun = {"skill": skill, "task_id": id, "inputs": inputs}
            http.post("/v1/tasks/begin", json=begun).raise_for_status()
            ended = {"skill": skill, "inputs": inputs, "output": "good"}
            http.post(f"/v1/tasks/{id}/finish", json=ended).raise_for_status()


def away(client: Client) -> bool:
    """Whether the service has seen the mistake."""
    try:
        client.run(SKILL, {"text": text(1)})
    except ServiceAway:
        return True
    return False


def without_skills(content: bytes) -> bytes:
    """The lines of a queue as an older client wrote them."""
    rows = [json.loads(line) for each in content.splitlines() if (line := checked(each))]
    return b"".join(
        with_checksum(json.dumps(row[:3] if isinstance(row, list) else row)) for row in rows
    )
