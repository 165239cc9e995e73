from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.fleet import SlowServer
from tests.models.conftest import Answer, Server, chat, refusal
from tinyarms.core.errors import CallStopped, ModelRejected, ModelUnavailable
from tinyarms.core.settings import ModelSettings
from tinyarms.models.openai_api.client import OpenAiModel
from tinyarms.models.openai_api.several_servers import LEFT_OUT_S, SeveralServers
from tinyarms.models.registry import is_local, make_model
from tinyarms.skills.execution import Message, ModelRequest

HELLO = ModelRequest(messages=(Message("user", "Hello"),))


class Clock:
    """Stands where the monotonic clock stands."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    running = [Server() for _ in range(3)]
    for server in running:
        server.answers = [chat("yes")]
    yield running
    for server in running:
        server.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def model(servers: list[Server], clock: Clock) -> Iterator[SeveralServers]:
    made = several([server.url for server in servers], clock)
    yield made
    made.close()


def several(urls: list[str], clock: Clock, retries: int = 0, **more: Any) -> SeveralServers:
    settings = ModelSettings(
        **{"kind": "openai", "model": "tiny", "urls": urls, "server": "llama.cpp", **more}
    )
    clients = [
        OpenAiModel(settings, url, None, name="tiny", retries=0, found_at=urls[0]) for url in urls
    ]
    return SeveralServers(clients, entry="tiny", retries=retries, now=clock)


def calls(servers: list[Server]) -> list[int]:
    return [len(server.seen) for server in servers]


def test_calls_at_once_go_to_the_least_loaded_server(
    model: SeveralServers, servers: list[Server]
) -> None:
    over, here = threading.Event(), threading.Barrier(4, timeout=60)

    def hold(path: str, body: dict[str, Any]) -> Answer:
        here.wait()
        over.wait(60)
        return chat("yes")

    for server in servers:
        server.rule = hold
    with ThreadPoolExecutor(3) as pool:
        made = [pool.submit(model.complete, HELLO) for _ in range(3)]
        here.wait()
        over.set()
        assert [call.result().text for call in made] == ["yes"] * 3
    assert calls(servers) == [1, 1, 1]


def test_a_call_that_a_server_does_not_answer_is_made_on_another(
    model: SeveralServers, servers: list[Server]
) -> None:
    servers[0].close()
    assert [model.complete(HELLO).text for _ in range(5)] == ["yes"] * 5
    assert calls(servers) == [0, 5, 0]


def test_a_server_that_failed_is_left_out_for_a_while_and_then_tried_by_one_call(
    model: SeveralServers, servers: list[Server], clock: Clock
) -> None:
    servers[0].answers = [refusal(500), chat("yes")]
    for _ in range(4):
        model.complete(HELLO)
    assert calls(servers) == [1, 4, 0]
    clock.seconds += LEFT_OUT_S + 1
    model.complete(HELLO)
    model.complete(HELLO)
    assert len(servers[0].seen) >= 2


def test_a_busy_server_takes_part_in_the_next_call(
    model: SeveralServers, servers: list[Server]
) -> None:
    servers[0].answers = [refusal(429), chat("yes")]
    model.complete(HELLO)
    model.complete(HELLO)
    assert calls(servers) == [2, 1, 0]


def test_what_one_server_rejects_is_asked_of_no_other(
    model: SeveralServers, servers: list[Server]
) -> None:
    servers[0].answers = [refusal(413, "too large")]
    with pytest.raises(ModelRejected):
        model.complete(HELLO)
    assert calls(servers) == [1, 0, 0]


def test_if_none_answers_the_error_says_so(model: SeveralServers, servers: list[Server]) -> None:
    for server in servers:
        server.answers = [refusal(500, "out of memory")]
    with pytest.raises(ModelUnavailable, match="none of its 3 servers answers") as raised:
        model.complete(HELLO)
    assert "out of memory" in str(raised.value)
    assert calls(servers) == [1, 1, 1]


@pytest.mark.slow
def test_a_server_that_is_back_answers_although_all_were_left_out(
    servers: list[Server], clock: Clock
) -> None:
    model = several([server.url for server in servers], clock, retries=1)
    for server in servers:
        server.answers = [refusal(500), chat("yes")]
    assert model.complete(HELLO).text == "yes"
    model.close()


def test_stopped_calls_go_to_no_other_server(model: SeveralServers, servers: list[Server]) -> None:
    for server in servers:
        server.answers = [Answer(hang=True)]
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(model.complete, HELLO)
        while not servers[0].seen:
            pass
        model.stop_calls()
        with pytest.raises(CallStopped):
            call.result(60)
    assert calls(servers) == [1, 0, 0]


def test_slots_count_over_all_servers(servers: list[Server], clock: Clock) -> None:
    model = several([server.url for server in servers], clock, slots=4)
    assert model.slots == 12
    model.close()


def test_what_one_server_does_not_take_is_sent_to_no_other(
    model: SeveralServers, servers: list[Server]
) -> None:
    request = ModelRequest(messages=HELLO.messages, seed=7)

    def refuse_seeds(path: str, body: dict[str, Any]) -> Answer:
        return refusal(400, "Unknown parameter: seed") if "seed" in body else chat("yes")

    for server in servers:
        server.rule = refuse_seeds
    replies = [model.complete(request) for _ in range(3)]
    assert {reply.left_out for reply in replies} == {"seed"}
    assert sum("seed" in body for server in servers for _, body in server.seen) == 1


def test_rate_limits_are_for_all_servers_together(servers: list[Server], tmp_path: Path) -> None:
    settings = ModelSettings(
        kind="openai",
        model="tiny",
        server="llama.cpp",
        urls=tuple(server.url for server in servers),
        requests_per_minute=3,
    )
    said: list[str] = []
    environ = {"TINYARMS_CACHE": str(tmp_path)}
    model = make_model("tiny", settings, tmp_path, environ, on_wait=said.append)
    assert isinstance(model, SeveralServers)
    with ThreadPoolExecutor(1) as pool:
        made = [pool.submit(model.complete, HELLO) for _ in range(4)]
        assert made[2].result(60).text == "yes"
        while not said:
            pass
        model.stop_calls()
        assert isinstance(made[3].exception(60), CallStopped)
    assert sum(calls(servers)) == 3
    model.close()


def test_texts_stay_here_only_if_all_servers_are_here() -> None:
    here, there = "http://127.0.0.1:1/v1", "http://10.0.0.5:1/v1"
    for urls, expected in (((here,), True), ((here, there), False)):
        assert is_local(ModelSettings(kind="openai", model="tiny", urls=urls), {}) is expected


@pytest.mark.slow
def test_a_server_that_is_killed_among_many_calls_loses_none() -> None:
    running = [SlowServer(0.05) for _ in range(3)]
    model = several([server.url for server in running], Clock(), slots=4)
    with ThreadPoolExecutor(12) as pool:
        requests = [ModelRequest(completion="x", seed=seed) for seed in range(240)]
        made = [pool.submit(model.complete, request) for request in requests]
        while running[0].calls < 10:
            pass
        running[0].close()
        texts = [call.result(60).text for call in made]
    alone = several([running[1].url], Clock())
    assert texts == [alone.complete(request).text for request in requests]
    assert min(server.calls for server in running[1:]) > 60
    for closing in (model, alone, *running[1:]):
        closing.close()
