"""A real service ends soon after Ctrl-C or SIGTERM, whatever it is doing."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.project import SKILL, text
from tests.slow_model import Slow, slow_project
from tests.web.served import Served, serving, start
from tinyarms.loop.api import TinyArms

pytestmark = pytest.mark.slow

SOON_S = 6.0
"""Seconds within which it has to end here. On a quiet machine it takes less than 2; each of these
cases would take 10 or more if something were waited for."""


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    with slow_project(tmp_path / "project") as root:
        yield root


def client_of(served: Served) -> httpx.Client:
    headers = {"authorization": f"Bearer {served.token('release')}"}
    return httpx.Client(base_url=served.url, headers=headers, timeout=120)


def seconds_to_end(served: Served, sent: int) -> float:
    """How long the service takes to end by itself; it says nothing of what it has cut off."""
    began = time.monotonic()
    served.process.send_signal(sent)
    try:
        assert served.process.wait(60) == 0
        took = time.monotonic() - began
        assert served.process.stderr is not None
        said = served.process.stderr.read()
    finally:
        served.process.kill()
        served.process.wait()
        if served.process.stderr is not None:
            served.process.stderr.close()
    assert "Traceback" not in said and "Cancel" not in said
    return took


@dataclass
class Asking:
    """A request that another thread makes."""

    thread: threading.Thread
    answers: list[httpx.Response]

    def answer(self) -> httpx.Response | None:
        """`None`: the connection was cut off."""
        self.thread.join()
        return self.answers[0] if self.answers else None


def ask(client: httpx.Client, method: str, path: str, **more: Any) -> Asking:
    answers: list[httpx.Response] = []

    def ask() -> None:
        with suppress(httpx.HTTPError):
            answers.append(client.request(method, path, **more))

    asking = Asking(threading.Thread(target=ask), answers)
    asking.thread.start()
    return asking


BELOW = f"/v1/skills/{SKILL}"
JOBS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "evolve": (f"{BELOW}/evolve", {"force": True}),
    "evaluate": (f"{BELOW}/evaluate", {}),
    "compare": (f"{BELOW}/compare", {"before": "Good?", "after": "Is it good or bad?"}),
    "variants": (f"{BELOW}/variants", {"prompts": ["Is it good or bad?"]}),
    "refresh": (f"{BELOW}/refresh", {"demonstrations": 2}),
    "forecast": (f"{BELOW}/forecast", {"votes": 200}),
    "doctor": ("/v1/doctor", {}),
    "check": ("/v1/check", {"against": "HEAD"}),
    "monitor": ("/v1/monitor/check", {}),
    "monitor and evolve": ("/v1/monitor/evolve", {}),
}
"""Each kind of job that takes long: here because its model hangs, or because it computes."""


def with_a_changed_prompt(root: Path) -> None:
    """The prompt file is not that of the last commit."""
    commit = ["-c", "user.name=ada", "-c", "user.email=ada@example.org", "commit", "-qm", "First"]
    for words in (["init", "-q"], ["add", "."], commit):
        subprocess.run(["git", *words], cwd=root, check=True)
    (root / "skills" / f"{SKILL}.md").write_text("Is it good or bad?\n")


def with_ungraded_tasks(root: Path) -> None:
    """A model is to grade the tasks that are there."""
    config = root / "config.yaml"
    judged = f"  {SKILL}:\n    online: {{judge: small, share: 1.0}}\n"
    config.write_text(config.read_text().replace(f"  {SKILL}:\n", judged))
    with TinyArms.open(root) as arms:
        for number in range(UNGRADED):
            arms.run(SKILL, text=text(number))
    Slow.calls = 0


UNGRADED = 30
"""Tasks without a grade: a check of the skill takes that many calls of its judge."""
PREPARED: Mapping[str, Callable[[Path], None]] = {
    "check": with_a_changed_prompt,
    "monitor": with_ungraded_tasks,
    "monitor and evolve": with_ungraded_tasks,
}
"""What a kind of job needs in the project."""


@pytest.mark.parametrize("kind", JOBS)
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_job_does_not_hold_up_the_end_and_whoever_listens_hears_it(
    root: Path, kind: str, sent: int
) -> None:
    if kind in PREPARED:
        PREPARED[kind](root)
    Slow.most_quick = 2
    path, body = JOBS[kind]
    served = start(root)
    with client_of(served) as client:
        job = client.post(path, json=body)
        assert job.status_code == 202, job.text
        listening = ask(client, "GET", f"{job.headers['location']}/events")
        until_it_waits(client, job.headers["location"], kind)
        took = seconds_to_end(served, sent)
        heard = listening.answer()
    assert took < SOON_S
    assert heard is not None and heard.text.rstrip().endswith("event: stopped\ndata: null")


def until_it_waits(client: httpx.Client, job: str, kind: str) -> None:
    """Wait until the job's model hangs, or until it computes."""
    for _ in range(600):
        if client.get(job).json()["progress"] is not None if kind == "forecast" else Slow.calls > 2:
            return
        time.sleep(0.05)
    raise AssertionError(client.get(job).json())


def test_a_check_of_live_tasks_is_stopped_by_whoever_asks(root: Path) -> None:
    with_ungraded_tasks(root)
    with serving(root) as served, client_of(served) as client:
        job = client.post("/v1/monitor/check", json={}).headers["location"]
        until_it_waits(client, job, "monitor")
        client.post(f"{job}/stop").raise_for_status()
        listened = client.get(f"{job}/events").text
    assert listened.rstrip().endswith("event: stopped\ndata: null")
    assert Slow.calls < UNGRADED


REQUESTS: Mapping[str, Callable[[], tuple[str, Mapping[str, Any]]]] = {
    "task": lambda: ("/v1/tasks", {"skill": SKILL, "inputs": {"text": text(1)}}),
    "chat": lambda: (
        "/v1/chat/completions",
        {"model": f"skill:{SKILL}", "messages": [{"role": "user", "content": text(1)}]},
    ),
    "plain model": lambda: (
        "/v1/chat/completions",
        {"model": "small", "stream": True, "messages": [{"role": "user", "content": "x"}]},
    ),
    "import": lambda: (
        "/v1/import",
        {"skill": SKILL, "contents": {"rows.jsonl": table(60_000)}, "inputs": {"text": "text"}},
    ),
    "check of many examples": lambda: (
        f"{BELOW}/examples",
        {"rows": [{"inputs": {"text": f"new {n}"}, "expected": "good"} for n in range(30_000)]},
    ),
}


def table(rows: int) -> str:
    return "".join(
        json.dumps({"text": f"new {number}", "expected": "good"}) + "\n" for number in range(rows)
    )


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_request_does_not_hold_up_the_end(root: Path, kind: str, sent: int) -> None:
    """Whoever waits for a slow model is told to try again."""
    Slow.most_quick = 0
    path, body = REQUESTS[kind]()
    served = start(root)
    with client_of(served) as client:
        asking = ask(client, "POST", path, json=body)
        time.sleep(1)
        took = seconds_to_end(served, sent)
        answer = asking.answer()
    assert took < SOON_S
    if Slow.calls:
        assert answer is not None and answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
