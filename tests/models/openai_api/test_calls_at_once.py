"""How many calls a server takes at once is found out and kept to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.models.conftest import Answer, MakeClient, Server, chat, refusal
from tinyarms.core.errors import CallStopped, ModelBusy
from tinyarms.core.settings import Capabilities, ModelSettings
from tinyarms.models.openai_api.calls_at_once import CallsAtOnce
from tinyarms.models.openai_api.client import OpenAiModel
from tinyarms.models.openai_api.server_limits import ServerLimits
from tinyarms.models.openai_api.server_memory import ServerMemory
from tinyarms.models.openai_api.transport import Response
from tinyarms.skills.execution import Message, ModelRequest

ASKED = ModelRequest(messages=(Message("user", "Hello"),))


class Busy:
    """A server that takes `most` calls at once, and refuses others with this text."""

    def __init__(
        self,
        most: int,
        text: str = "Too many concurrent requests",
        while_answering: Callable[[], object] = lambda: time.sleep(0.02),
        when_refusing: Callable[[], object] = lambda: None,
    ) -> None:
        self.most, self.text = most, text
        self._while_answering, self._when_refusing = while_answering, when_refusing
        self.refused = 0
        self.highest = 0
        self._active = 0
        self._lock = threading.Lock()

    def __call__(self, path: str, body: dict[str, Any]) -> Answer:
        with self._lock:
            self._active += 1
            active = self._active
            self.highest = max(self.highest, active)
        try:
            if active > self.most:
                self.refused += 1
                self._when_refusing()
                return refusal(429, self.text)
            self._while_answering()
            return chat("good")
        finally:
            with self._lock:
                self._active -= 1


def made(complete: Callable[[ModelRequest], Any], calls: int, threads: int) -> list[str]:
    with ThreadPoolExecutor(threads) as pool:
        return [reply.text for reply in pool.map(complete, [ASKED] * calls)]


def test_llama_cpp_says_how_many_calls_it_takes(server: Server, make_client: MakeClient) -> None:
    server.pages = {"/props": {"total_slots": 4}}
    client = make_client("openai")
    assert (client.slots, client.slots) == (4, 4)
    assert server.read == ["/props"]
    assert make_client("openai", slots=2).slots == 2
    assert make_client("openai", slots=9).slots == 4


@pytest.mark.parametrize("page", [None, [], {"total_slots": 0}, {"total_slots": "4"}])
def test_of_a_server_that_does_not_say_the_settings_decide(
    server: Server, make_client: MakeClient, page: Any
) -> None:
    server.pages = {} if page is None else {"/props": page}
    assert make_client("openai", slots=7).slots == 7
    assert make_client("openai").slots == 1
    assert make_client("openai", slots=1).slots == 1
    assert make_client("openai", capabilities={"parallel_calls": 5}).slots == 5
    assert server.read == ["/props"]


def test_a_refusal_beside_another_call_says_how_many_are_taken(server: Server) -> None:
    refused_twice = threading.Event()  # then the client has read the first refusal

    def note_refusal() -> None:
        if busy.refused == 2:
            refused_twice.set()

    busy = Busy(1, while_answering=lambda: refused_twice.wait(60), when_refusing=note_refusal)
    server.rule = busy
    settings = ModelSettings(kind="openai", model="tiny", slots=2)
    client = OpenAiModel(
        settings, server.url, None, name="small", retries=50, sleep=lambda s: time.sleep(0.02)
    )
    assert client.slots == 2
    assert made(client.complete, calls=2, threads=2) == ["good"] * 2
    assert (client.slots, busy.refused > 0) == (1, True)
    busy.refused = 0
    assert made(client.complete, calls=4, threads=4) == ["good"] * 4
    assert busy.refused == 0
    client.close()


def test_as_many_calls_are_made_as_the_server_did_not_refuse() -> None:
    limits = ServerLimits("http://a", "m", Capabilities(), ServerMemory(None))
    at_once, stopped = CallsAtOnce(limits, 6, lambda: None), threading.Event()
    for call in range(6):
        assert at_once.begin(call, stopped) is not None
    no_slot = Response(503, {}, b'{"error": "no slot available"}')
    for call in (2, 3, 4, 5):
        at_once.refused(call, no_slot)
    assert (at_once.number(), limits.known_calls_at_once()) == (2, 2)
    stopped.set()
    assert at_once.begin(6, stopped) is None
    for call in range(5):
        at_once.end(call)
    assert at_once.begin(7, stopped) is not None
    # Alone, a call is refused for other reasons.
    at_once.end(5)
    at_once.refused(7, no_slot)
    assert at_once.number() == 2


@pytest.mark.slow
def test_a_limit_set_by_hand_is_kept_to(server: Server, make_client: MakeClient) -> None:
    busy = Busy(99)
    server.rule = busy
    client = make_client("openai", capabilities={"parallel_calls": 2})
    assert made(client.complete, calls=10, threads=6) == ["good"] * 10
    assert busy.highest <= 2


@pytest.mark.slow
@pytest.mark.parametrize("text", ["Rate limit reached: 3 requests per minute", "slow down"])
def test_a_rate_limit_says_nothing_about_calls_at_once(
    server: Server, make_client: MakeClient, text: str
) -> None:
    server.rule = Busy(0, text)
    client = make_client("openai", slots=3)
    with ThreadPoolExecutor(3) as pool:
        errors = [pool.submit(client.complete, ASKED).exception() for _ in range(3)]
    assert all(isinstance(error, ModelBusy) for error in errors)
    assert client.slots == 3


@pytest.mark.slow
def test_a_call_that_waits_for_others_can_be_stopped(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [Answer(hang=True)]
    client = make_client("openai", capabilities={"parallel_calls": 1})
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(client.complete, ASKED) for _ in range(2)]
        time.sleep(0.2)
        client.stop_calls()
        assert all(isinstance(call.exception(5), CallStopped) for call in calls)


def test_what_was_found_is_known_for_a_day_in_other_processes(tmp_path: Path) -> None:
    now = 1_000_000.0
    file = tmp_path / "servers.json"
    memory = ServerMemory(file, lambda: now)
    found = memory.of("http://a", "m")
    found.calls_at_once, found.calls_read_at = 3, now
    memory.keep("http://a", "m")
    assert ServerMemory(file, lambda: now + 80_000).of("http://a", "m").calls_at_once == 3
    assert ServerMemory(file, lambda: now + 90_000).of("http://a", "m").calls_at_once is None
