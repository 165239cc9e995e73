from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.world import World
from tests.end_to_end.project import SKILL
from tests.loop.project.test_leases import upgrade
from tinyarms.core.errors import LeaseHeld, NewerSchema, StoreError
from tinyarms.daemon import process
from tinyarms.daemon.log import LOG, Log, open_log
from tinyarms.loop.project.leases import DAEMON, lease
from tinyarms.loop.project.listener import Progress
from tinyarms.loop.reporting.daemon_status import daemon_status


@pytest.fixture(autouse=True)
def nice(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The tests go on at their own priority."""
    asked: list[int] = []
    monkeypatch.setattr(os, "nice", asked.append)
    yield asked


def watch(world: World, ends: list[signal.Signals], terminal: StringIO | None = None) -> None:
    """Let it run until it has waited as often as there are signals in `ends`."""
    context = world.open()

    def wait(seconds: float) -> None:
        assert 0 < seconds <= 300
        world.moment.pass_(seconds=seconds)
        if len(ends) > 1:
            ends.pop()
        else:
            signal.raise_signal(ends.pop())

    with open_log(world.root, terminal) as log, pytest.MonkeyPatch.context() as patched:
        patched.setattr("tinyarms.daemon.process.time.sleep", wait)
        process.watch_forever(context, log, [world.told.append])


def lines(world: World) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (world.root / LOG).read_text().splitlines()]


@pytest.mark.slow
def test_it_ends_by_sigterm(dropped: World, nice: list[int]) -> None:
    terminal, before = StringIO(), signal.getsignal(signal.SIGTERM)
    watch(dropped, [signal.SIGTERM] * 3, terminal)
    assert signal.getsignal(signal.SIGTERM) is before
    assert (nice, dropped.opened[-1].background) == ([19], True)
    assert dropped.kinds == ["drop", "evolving", "testing"]
    said = lines(dropped)
    assert [each["event"] for each in said if each.get("skill") == SKILL] == dropped.kinds
    assert said[0]["summary"] == f"Watching {SKILL} (pid {os.getpid()})."
    assert said[-1]["summary"] == "Ended."
    assert {"estimate", "progress"} <= {each["event"] for each in said}
    assert "feeling  testing: The live test began: users choose.\n" in terminal.getvalue()
    # The lease is given back, and what it did is known.
    status = daemon_status(dropped.open())
    assert (status.running, status.next_look) == (None, None)
    assert [event.kind for event in status.events] == dropped.kinds


@pytest.mark.slow
def test_ctrl_c_ends_it_too(world: World) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            watch(world, [signal.SIGINT])
    finally:
        signal.signal(signal.SIGINT, before)
    assert lines(world)[-1]["summary"] == "Ended by Ctrl-C."


@pytest.mark.slow
def test_one_daemon_a_project(world: World) -> None:
    context = world.open()
    with lease(context, DAEMON):
        status = daemon_status(context)
        assert status.running == f"pid {os.getpid()}"
        with pytest.raises(LeaseHeld, match=rf"Another daemon is running \(pid {os.getpid()}\)"):
            watch(world, [signal.SIGTERM])
    watch(world, [signal.SIGTERM])


@pytest.mark.slow
def test_a_database_that_cannot_be_used_now_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick, calls = process.Daemon.tick, [0]

    def fails_once(daemon: process.Daemon) -> Any:
        calls[0] += 1
        if calls[0] == 1:
            raise StoreError("The disk is full.")
        return tick(daemon)

    monkeypatch.setattr(process.Daemon, "tick", fails_once)
    watch(world, [signal.SIGTERM] * 2)
    assert calls == [2]
    assert [each["summary"] for each in lines(world)][1:] == ["The disk is full.", "Ended."]


@pytest.mark.slow
def test_it_ends_when_a_newer_version_has_upgraded_the_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the exit status after which systemd does not start it again."""
    tick = process.Daemon.tick

    def meanwhile(daemon: process.Daemon) -> Any:
        upgrade(daemon.context.store)
        return tick(daemon)

    monkeypatch.setattr(process.Daemon, "tick", meanwhile)
    with pytest.raises(NewerSchema, match="Upgrade tinyarms") as ended:
        watch(world, [signal.SIGTERM] * 3)
    assert ended.value.exit_code == 2


@pytest.mark.slow
def test_a_log_that_cannot_be_written(world: World) -> None:
    (world.root / LOG).mkdir()
    with pytest.raises(StoreError, match=r"tinyarms\.log: cannot be written"):
        watch(world, [])


def test_the_log_keeps_its_newest_lines_in_files_of_a_limited_size(tmp_path: Path) -> None:
    with open_log(tmp_path, None) as log:
        for number in range(60):
            log.say(f"{number} " + "x" * 200_000)
    files = sorted(tmp_path.glob(f"{LOG}*"))
    assert [file.name for file in files] == [LOG, *(f"{LOG}.{n}" for n in (1, 2, 3))]
    assert all(file.stat().st_size <= 2_000_000 for file in files)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    kept = [json.loads(line) for file in reversed(files) for line in file.read_text().splitlines()]
    numbers = [int(line["summary"].split()[0]) for line in kept]
    assert numbers == list(range(60 - len(numbers), 60))
    assert {*kept[0]} == {"event", "summary", "level", "at"}


@pytest.mark.slow
def test_sigterm_in_a_search_keeps_what_was_found(
    dropped: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = Log.progress

    def ends(log: Log, made: Progress) -> None:
        progress(log, made)
        if made.label == "Searching" and made.done >= 10:
            signal.raise_signal(signal.SIGTERM)

    with monkeypatch.context() as patched:
        patched.setattr(Log, "progress", ends)
        watch(dropped, [])
    assert dropped.kinds == ["drop", "evolving"]
    with dropped.open().store.read() as work:
        [session] = work.sessions.all(SKILL)
        before = work.calls.counts(session.id)
    assert before["task_calls"] >= 10
    watch(dropped, [signal.SIGTERM])
    assert dropped.kinds == ["drop", "evolving", "testing"]


@pytest.mark.slow
def test_the_log_says_which_settings_are_in_vain(world: World) -> None:
    path = world.root / "config" / "constants.yaml"
    world.settings("")
    path.write_text(path.read_text().replace("smollm2: {", "smollm2: {quantization: Q8_0, "))
    watch(world, [signal.SIGTERM])
    [line] = [each for each in lines(world) if each["event"] == "warning"]
    assert line["summary"].startswith("smollm2.quantization has no effect: smollm2.model names no")
