from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tinyarms
from tests.client.served import TOKEN, Served
from tinyarms.client import Client
from tinyarms.client.queue import EventQueue, QueuedEvent
from tinyarms.core.errors import ServiceAway, StoreError, UsageError

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    (tmp_path / "server").mkdir()
    made = Served(tmp_path / "server")
    made.start()
    yield made
    made.kill()


def client_of(url: str, folder: Path, token: str = TOKEN, retry_s: float = 0.05) -> Client:
    return Client(url, token, folder, timeout_s=5, retry_s=retry_s)


def wait_until_sent(client: Client) -> None:
    for _ in range(1000):
        if client.waiting == 0:
            return
        time.sleep(0.02)
    raise AssertionError(client.waiting)


def modes(folder: Path) -> set[str]:
    found = [folder, *folder.rglob("*")]
    return {stat.filemode(path.stat().st_mode)[4:] for path in found}


# The queue.


def event(number: int) -> QueuedEvent:
    return QueuedEvent(f"key-{number}", "/path", {"n": number})


def test_events_wait_in_their_order_until_they_are_done(tmp_path: Path) -> None:
    queue = EventQueue(tmp_path / "q")
    for number in range(3):
        queue.put(event(number))
    queue.done("key-1")
    assert EventQueue(tmp_path / "q").waiting() == [event(0), event(2)]
    queue.done("key-0")
    queue.done("key-2")
    assert queue.waiting() == [] and not (tmp_path / "q" / "queue.jsonl").exists()
    assert modes(tmp_path / "q") == {"------"}


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    queue = EventQueue(tmp_path)
    queue.put(event(0))
    file = tmp_path / "queue.jsonl"
    whole = file.read_bytes()
    for length in range(len(whole) + 1):
        file.write_bytes(whole + whole.replace(b"key-0", b"key-1")[:length])
        queue.put(event(2))
        found = queue.waiting()
        assert found[0] == event(0) and found[-1] == event(2) and len(found) in (2, 3)


def test_a_full_queue_says_so_and_has_room_again(tmp_path: Path) -> None:
    queue = EventQueue(tmp_path, most_bytes=300)
    numbers = iter(range(100))
    with pytest.raises(StoreError, match="is full"):
        for number in numbers:
            queue.put(event(number))
    waiting = queue.waiting()
    assert 0 < len(waiting) < 20
    for each in waiting[1:]:
        queue.done(each.key)
    queue.put(event(50))
    assert queue.waiting() == [waiting[0], event(50)]


def test_a_folder_that_cannot_be_used_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="folder of its own"):
        Client(NOBODY, TOKEN, tmp_path / "file" / "below").feedback("t", success=True)


# The client without a service.


def test_without_a_service_feedback_and_votes_wait(tmp_path: Path) -> None:
    with client_of(NOBODY, tmp_path, retry_s=60) as client:
        assert client.feedback("task", success=True).queued
        assert client.feedback("task", correction="good", user="ada").queued
        assert client.vote("ballot", None).queued
        assert client.ballot("s") is None and client.waiting == 3
        with pytest.raises(ServiceAway):
            client.prompt("s")
        with pytest.raises(ServiceAway):
            client.run("s", {"text": "t"})
    bodies = [each.body for each in EventQueue(tmp_path).waiting()]
    assert bodies == [{"success": True}, {"correction": "good", "user": "ada"}, {"choice": None}]
    assert modes(tmp_path) - {"------"} <= {"r-x---", "r-xr-x"}  # the test's own folder


def test_wrong_calls_are_refused_and_nothing_waits(tmp_path: Path) -> None:
    with client_of(NOBODY, tmp_path, retry_s=60) as client:
        for said in ({}, {"success": True, "correction": "x"}):
            with pytest.raises(UsageError, match="success or correction"):
                client.feedback("task", **said)  # type: ignore[arg-type]
        wrong: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = [
            (client.feedback, ("task",), {"success": "yes"}),
            (client.feedback, ("task",), {"correction": 7}),
            (client.feedback, (7,), {"success": True}),
            (client.feedback, ("t\ud800",), {"success": True}),
            (client.vote, ("ballot", 1), {}),
            (client.vote, ("ballot", "A"), {"user": "a\0"}),
            (client.run, ("s", {"text": b"t"}), {}),
            (client.run, ("s", {"text": "t"}), {"expected": 1}),
            (client.prompt, ("s\ud800",), {}),
            (client.ballot, ("s",), {"user": 7}),
        ]
        for method, arguments, named in wrong:
            with pytest.raises(UsageError):
                method(*arguments, **named)
        assert client.waiting == 0
    for name in ("timeout_s", "run_timeout_s", "retry_s", "most_bytes"):
        for number in (0, -1, float("inf"), float("nan")):
            with pytest.raises(UsageError, match=f"{name}: .* is out of range"):
                Client(NOBODY, TOKEN, tmp_path, **{name: number})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="http://HOST:PORT"):
        Client("http://[", TOKEN, tmp_path)
    with pytest.raises(UsageError):
        Client(NOBODY, "tokén", tmp_path)


@pytest.mark.slow
def test_a_service_that_was_away_is_not_asked_again_at_once(tmp_path: Path) -> None:
    """Users do not wait for a service that hangs, time after time."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as hanging:
        url = f"http://127.0.0.1:{hanging.getsockname()[1]}"
        with Client(url, TOKEN, tmp_path, timeout_s=0.2, retry_s=60) as client:
            for _ in range(50):
                assert client.feedback("task", success=True).queued
        hanging.settimeout(0.5)
        hanging.accept()[0].close()
        with pytest.raises(TimeoutError):
            hanging.accept()


@pytest.mark.slow
def test_the_client_needs_no_other_package() -> None:
    """Neither the database nor numbers: a program that only calls the service installs little."""
    code = (
        "import sys, tinyarms.client\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(names & {'sqlalchemy', 'numpy', 'scipy', 'river', 'click', 'rich', 'regex'})\n"
        "print(sorted(n for n in sys.modules if n.startswith('tinyarms.') "
        "and not n.startswith(('tinyarms.core', 'tinyarms.client'))))"
    )
    source = str(Path(tinyarms.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": source},
        check=True,
    )
    assert done.stdout == "set()\n[]\n"


# With a service that is killed.


@pytest.mark.slow
def test_prompts_are_answered_from_the_disk_while_the_service_is_away(
    served: Served, tmp_path: Path
) -> None:
    with client_of(served.url, tmp_path / "c") as client:
        fresh = client.prompt("s")
        assert (fresh.version, fresh.text, fresh.from_disk) == (3, "Good or bad?", False)
        served.kill()
        assert client.prompt("s") == fresh.model_copy(update={"from_disk": True})
        with pytest.raises(ServiceAway):
            client.prompt("never-seen")
        with pytest.raises(ServiceAway):
            client.prompt("../../etc/passwd")
    with client_of(served.url, tmp_path / "c") as again:  # another process, say
        assert again.prompt("s").from_disk
    copy = tmp_path / "c" / "prompts" / "s.json"
    assert modes(tmp_path / "c") == {"------"}
    copy.write_text("{broken")
    with client_of(served.url, tmp_path / "c") as client, pytest.raises(ServiceAway):
        client.prompt("s")


@pytest.mark.slow
def test_what_waited_is_sent_once_when_the_service_is_back(served: Served, tmp_path: Path) -> None:
    with client_of(served.url, tmp_path / "c") as client:
        assert client.run("s", {"text": "t"}, task_id="mine").output == "good"
        ballot = client.ballot("s", user="ada")
        assert ballot is not None and [o.letter for o in ballot.options] == ["A", "B"]
        sent = client.feedback("odd/id ?", success=True, user="ada")
        assert not sent.queued and sent.answer == {"counted": True}
        served.kill()
        for number in range(20):
            assert client.feedback(f"t{number}", success=False).queued
        assert client.vote(ballot.id, "A", user="ada").queued
        assert client.waiting == 21
        served.start()
        wait_until_sent(client)
    kept = [(each["path"], each["body"]) for each in served.kept.values()]
    assert kept[0][1] == {"skill": "s", "inputs": {"text": "t"}, "task_id": "mine"}
    assert kept[1] == ("/v1/tasks/odd%2Fid%20%3F/feedback", {"success": True, "user": "ada"})
    assert [path for path, _ in kept[2:22]] == [f"/v1/tasks/t{n}/feedback" for n in range(20)]
    assert kept[22] == ("/v1/ballots/b%201/vote", {"user": "ada", "choice": "A"})
    assert not (tmp_path / "c" / "queue.jsonl").exists()


@pytest.mark.slow
def test_a_wrong_token_loses_nothing(served: Served, tmp_path: Path) -> None:
    with client_of(served.url, tmp_path / "c", token="wrong") as client:
        assert client.feedback("t", success=True).queued
        with pytest.raises(UsageError, match="token is unknown"):
            client.prompt("s")
    with client_of(served.url, tmp_path / "c") as client:
        wait_until_sent(client)
    assert len(served.kept) == 1


@pytest.mark.slow
def test_what_the_service_refuses_is_said_and_holds_nothing_up(
    served: Served, tmp_path: Path
) -> None:
    with client_of(served.url, tmp_path / "c") as client:
        with pytest.raises(UsageError, match="no output"):
            client.feedback("t", correction="refuse me")
        with pytest.raises(UsageError, match="no skill"):
            client.prompt("unknown")
        assert client.feedback("t", correction="break").queued
        assert not client.feedback("t", success=True).queued
        served.kill()
        client.feedback("t", correction="refuse me")
        client.feedback("u", success=True)
        served.start()
        for _ in range(500):
            if client.waiting == 1:
                break
            time.sleep(0.02)
        assert client.waiting == 1  # the one at which the service breaks
    aside = (tmp_path / "c" / "refused.jsonl").read_text()
    assert aside.count("refuse me") == 2
    assert [each["path"] for each in served.kept.values()][-1] == "/v1/tasks/u/feedback"


@pytest.mark.slow
def test_no_text_holds_up_what_comes_after_it(served: Served, tmp_path: Path) -> None:
    """Half of an emoji is replaced. A line of an older client that has one is sent as it is."""
    EventQueue(tmp_path / "c").put(QueuedEvent("old", "/v1/tasks/a/feedback", {"x": "b\ud83d"}))
    with client_of(served.url, tmp_path / "c") as client:
        assert client.run("s", {"text": "good \ud83d"}, expected="\ud83d").output == "good"
        assert not client.feedback("t", correction="good \ud83d").queued
        wait_until_sent(client)
    bodies = [each["body"] for each in served.kept.values()]
    assert {"correction": "good \ufffd"} in bodies and {"x": "b\ud83d"} in bodies
    assert any(each.get("inputs") == {"text": "good \ufffd"} for each in bodies)


@pytest.mark.slow
def test_nobody_waits_until_all_is_sent_that_others_said(served: Served, tmp_path: Path) -> None:
    queue = EventQueue(tmp_path / "c")
    for number in range(60):
        queue.put(QueuedEvent(f"old-{number}", f"/v1/tasks/{number}/feedback", {"success": True}))
    with client_of(served.url, tmp_path / "c", retry_s=0.5) as client:
        assert client.feedback("mine", success=True).queued
        assert 0 < client.waiting <= 40
        wait_until_sent(client)
    assert [each["path"] for each in served.kept.values()][-1] == "/v1/tasks/mine/feedback"


@pytest.mark.slow
def test_what_is_not_the_service_refuses_nothing(served: Served, tmp_path: Path) -> None:
    """The page of a proxy whose service is away loses no feedback, and hides no prompt."""
    with client_of(served.url, tmp_path / "c") as client:
        seen = client.prompt("s")
        (served.folder / "behind-a-proxy").touch()
        assert client.prompt("s") == seen.model_copy(update={"from_disk": True})
        with pytest.raises(ServiceAway, match=r"something else than tinyArms .*status 404"):
            client.prompt("never-seen")
        assert client.feedback("t", correction="behind a proxy").queued
        assert not client.feedback("t", success=True).queued
        assert client.waiting == 1
    assert not (tmp_path / "c" / "refused.jsonl").exists()


@pytest.mark.slow
def test_threads_and_clients_of_one_folder_send_each_event_once(
    served: Served, tmp_path: Path
) -> None:
    clients = [client_of(served.url, tmp_path / "c") for _ in range(3)]

    def report(client: Client, first: int) -> None:
        for number in range(first, first + 15):
            client.feedback(f"t{number}", success=True)

    threads = [
        threading.Thread(target=report, args=(client, 100 * i + 50 * j))
        for i, client in enumerate(clients)
        for j in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until_sent(clients[0])
    for client in clients:
        client.close()
    paths = [each["path"] for each in served.kept.values()]
    assert len(paths) == len(set(paths)) == 90
    assert {each["sent"] for each in served.kept.values()} == {1}


@pytest.mark.slow
def test_no_acknowledged_feedback_is_lost_or_counted_twice_by_kills(
    served: Served, tmp_path: Path
) -> None:
    """SIGKILL of the client's process and of the service, at random moments."""
    rng = random.Random(0)
    acknowledged: list[str] = []
    environ = dict(os.environ)
    paths = [str(Path(tinyarms.__file__).parents[1]), str(Path(__file__).parents[2])]
    environ["PYTHONPATH"] = os.pathsep.join(paths)
    for attempt in range(6):
        command = [sys.executable, "-m", "tests.client.sender", served.url, str(tmp_path / "c")]
        sender = subprocess.Popen(
            [*command, str(1000 * attempt)], env=environ, stdout=subprocess.PIPE, text=True
        )
        assert sender.stdout is not None
        acknowledged.append(sender.stdout.readline().strip())  # it has begun
        time.sleep(rng.uniform(0, 0.3))
        if attempt % 3:
            served.kill()
            time.sleep(rng.uniform(0, 0.2))
        sender.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in sender.stdout if line.endswith("\n")]
        sender.wait()
        sender.stdout.close()
        if served.process is None:
            served.start()
    with client_of(served.url, tmp_path / "c") as client:
        wait_until_sent(client)
    counted = [each["path"].split("/")[3] for each in served.kept.values()]
    assert len(acknowledged) > 20
    assert set(acknowledged) <= set(counted)
    assert len(counted) == len(set(counted))
