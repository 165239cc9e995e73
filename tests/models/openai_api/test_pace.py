"""Rate limits, kept by the client."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.models.conftest import Server, chat, refusal
from tinyarms.core.errors import CallStopped
from tinyarms.core.settings import ModelSettings
from tinyarms.models.base import Model, stop_calls
from tinyarms.models.openai_api.pace import Pace
from tinyarms.models.registry import make_model
from tinyarms.skills.execution import Message, ModelRequest

ASKED = ModelRequest(messages=(Message("user", "Good?"),), max_tokens=5)


class Clock(threading.Event):
    """Stands where a call's event stands: what waits for it moves the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.said: list[str] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None and timeout > 0
        self.now += timeout
        return self.is_set()

    def pace(
        self, file: Path | None, requests: int | None = None, tokens: int | None = None
    ) -> Pace:
        return Pace(
            "models.big", "m at u", requests, tokens, file, self.said.append, lambda: self.now
        )


@pytest.fixture
def clock() -> Clock:
    return Clock()


def most_in_a_minute(begins: list[tuple[float, int]], part: int) -> int:
    """The most calls (`part` 0) or tokens (1) that begin within 60 seconds."""
    sums = []
    for start, _ in begins:
        inside = [tokens for at, tokens in begins if start <= at < start + 60]
        sums.append(sum(inside) if part else len(inside))
    return max(sums)


def test_no_minute_has_more_calls_than_allowed(clock: Clock, tmp_path: Path) -> None:
    pace, begins = clock.pace(tmp_path / "calls.db", requests=4), []
    for _ in range(14):
        number, _ = pace.begin(10, clock)
        assert number is not None
        begins.append((clock.now, 1))
        clock.now += 3.0
    assert most_in_a_minute(begins, 0) == 4
    assert clock.now < 1000 + 4 * 61  # and no fewer than it may


def test_no_minute_has_more_tokens_than_allowed(clock: Clock, tmp_path: Path) -> None:
    pace, begins = clock.pace(tmp_path / "calls.db", tokens=100), []
    for _ in range(12):
        number, _ = pace.begin(60, clock)
        assert number is not None
        pace.ended(number, 30)
        begins.append((clock.now, 30))
        clock.now += 1.0
    assert most_in_a_minute(begins, 1) == 60  # the call's 60 tokens are reserved beside two of 30
    assert clock.said[0] == "models.big waits 58 s for its rate limit (tokens_per_minute: 100)."


def test_a_call_larger_than_the_limit_is_made_alone(clock: Clock) -> None:
    pace = clock.pace(None, tokens=100)
    first, waited = pace.begin(500, clock)
    assert first is not None and waited == 0
    pace.ended(first, 400)
    second, waited = pace.begin(10, clock)
    assert second is not None and waited == pytest.approx(60.5)


def test_a_wait_is_told_once_a_minute(clock: Clock) -> None:
    pace = clock.pace(None, requests=1)
    for _ in range(3):
        pace.begin(1, clock)
    assert len(clock.said) == 2  # two waits of a minute


def test_a_stop_ends_the_wait_and_the_call_does_not_count(clock: Clock) -> None:
    pace = clock.pace(None, requests=1)
    pace.begin(1, clock)
    clock.set()
    assert pace.begin(1, clock)[0] is None
    clock.clear()
    clock.now = 1061.0
    assert pace.begin(1, clock)[1] == 0


def test_a_clock_that_begins_again_forgets_the_calls(clock: Clock, tmp_path: Path) -> None:
    clock.pace(tmp_path / "calls.db", requests=1).begin(1, clock)
    clock.now = 5.0
    assert clock.pace(tmp_path / "calls.db", requests=1).begin(1, clock)[1] == 0


@pytest.mark.parametrize("broken", ["a folder", "no database"])
def test_without_a_usable_file_the_limit_holds_in_the_process(
    clock: Clock, tmp_path: Path, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "calls.db"
    if broken == "a folder":
        file.mkdir()
    else:
        file.write_bytes(b"something else" * 100)
    pace = clock.pace(file, requests=1)
    assert pace.begin(1, clock)[1] == 0
    assert pace.begin(1, clock)[1] == pytest.approx(60.5)
    [line] = caplog.messages
    assert line.startswith("Rate limits now hold within this process only")


def test_threads_share_the_limit(clock: Clock, tmp_path: Path) -> None:
    places = [clock.pace(tmp_path / "calls.db", requests=7) for _ in range(2)]
    stopped = threading.Event()
    stopped.set()
    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(lambda n: places[n % 2].begin(1, stopped)[0], range(30)))
    assert sum(number is not None for number in numbers) == 7


_PROCESS = """
import sys, threading
from pathlib import Path
from tinyarms.models.openai_api.pace import Pace
stopped = threading.Event()
stopped.set()
pace = Pace("m", "m at u", 8, None, Path(sys.argv[1]), print)
print(sum(pace.begin(1, stopped)[0] is not None for _ in range(5)))
"""


@pytest.mark.slow
def test_processes_share_the_limit(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PROCESS, str(tmp_path / "calls.db")]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    made = [int(process.communicate(timeout=60)[0].splitlines()[-1]) for process in running]
    assert sum(made) == 8


def limited(server: Server, tmp_path: Path, said: list[str], **limits: int) -> Model:
    settings = ModelSettings.model_validate(
        {"kind": "openai", "model": "tiny", "base_url": server.url, "slots": 2, **limits}
    )
    environ = {"TINYARMS_CACHE": str(tmp_path)}
    return make_model("tiny", settings, tmp_path, environ, entry="big", on_wait=said.append)


def test_a_waiting_call_sends_nothing_and_can_be_stopped(server: Server, tmp_path: Path) -> None:
    server.answers = [chat("yes")]
    waits = threading.Event()

    class Said(list[str]):
        def append(self, text: str) -> None:
            super().append(text)
            waits.set()

    said = Said()
    model = limited(server, tmp_path, said, requests_per_minute=2)
    try:
        for _ in range(2):
            model.complete(ASKED)
        with ThreadPoolExecutor(1) as pool:
            third = pool.submit(model.complete, ASKED)
            assert waits.wait(20)
            assert len(server.seen) == 2
            stop_calls(model)
            with pytest.raises(CallStopped):
                third.result(20)
        assert len(server.seen) == 2
        assert said[0].startswith("models.big waits ")
        assert said[0].endswith("(requests_per_minute: 2).")
    finally:
        model.close()


def test_a_call_that_is_made_again_counts_again(server: Server, tmp_path: Path) -> None:
    server.answers = [refusal(429, Retry_After="0"), chat("yes")]
    model = limited(server, tmp_path, [], requests_per_minute=2)
    try:
        model.complete(ASKED)
    finally:
        model.close()
    pace = Pace("m", f"tiny at {server.url}", 2, None, tmp_path / "calls.db", print)
    stopped = threading.Event()
    stopped.set()
    assert pace.begin(1, stopped)[0] is None


def test_the_tokens_of_a_reply_replace_the_most_it_could_have(
    server: Server, tmp_path: Path
) -> None:
    server.answers = [chat("yes")]  # with 50 tokens in all
    model = limited(server, tmp_path, [], tokens_per_minute=1000)
    try:
        model.complete(ASKED)
    finally:
        model.close()
    stopped = threading.Event()
    stopped.set()
    for tokens, fits in ((951, False), (950, True)):
        pace = Pace("m", f"tiny at {server.url}", None, 1000, tmp_path / "calls.db", print)
        assert (pace.begin(tokens, stopped)[0] is not None) == fits
