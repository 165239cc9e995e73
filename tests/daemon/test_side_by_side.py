"""Several searches at once in one daemon."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.world import World
from tests.end_to_end.project import EARLY, SKILL, MadeUp, text
from tinyarms.daemon.daemon import Daemon
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Progress, Silent
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.skills.execution import ModelReply, ModelRequest

OTHERS = ("second", "third")
ALL = (SKILL, *OTHERS)


class Watched(MadeUp):
    """The made-up model; it notes how many calls are made at once."""

    def __init__(self, slots: int, delay_s: float = 0.0) -> None:
        self.slots = slots
        self.delay_s = delay_s
        self.stopped = threading.Event()
        self.most = self._now = 0
        self._lock = threading.Lock()

    def complete(self, request: ModelRequest) -> ModelReply:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self.stopped.wait(self.delay_s)
        with self._lock:
            self._now -= 1
        return super().complete(request)


class Sessions(Silent):
    """Which skills' searches were under way at once, by what they report."""

    def __init__(self) -> None:
        self.labels: list[str] = []

    def progress(self, progress: Progress) -> None:
        self.labels.append(progress.label.partition(",")[0])

    @property
    def changes(self) -> int:
        return sum(a != b for a, b in zip(self.labels, self.labels[1:], strict=False))


@pytest.fixture
def three(dropped_world: World, tmp_path: Path) -> Iterator[World]:
    """Three skills that have dropped."""
    world = dropped_world.copy(tmp_path / "project")
    config = world.root / "config.yaml"
    whole = config.read_text()
    skill = whole[whole.index(f"  {SKILL}:") :]
    config.write_text(whole + "".join(skill.replace(SKILL, name) for name in OTHERS))
    for name in OTHERS:
        prompt = (world.root / "skills" / f"{SKILL}.md").read_text()
        (world.root / "skills" / f"{name}.md").write_text(prompt)
    with models(Watched(1)):
        context = world.open()
        for name in OTHERS:
            for number in EARLY:
                done = run(context, name, {"text": text(number)}, task_id=f"{name}-{number}")
                feedback(context, done.task_id, success=False)
        context.finish_background()
    yield world
    world.close()


@contextmanager
def models(model: Watched) -> Iterator[Watched]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tinyarms.loop.project.context.make_model", lambda *_, **__: model)
        yield model


def at_once(world: World, number: int) -> None:
    world.settings(f"  searches_at_once: {number}\n  cross_skill_learning: false\n")


def results(context: Context) -> dict[str, Any]:
    found = {}
    with context.store.read() as work:
        for name in ALL:
            [session] = work.sessions.all(name)
            variants = work.experiments.variants(session.id)
            found[name] = session.state, [(v.variant_letter, v.prompt.hash) for v in variants]
    return found


@pytest.mark.slow
def test_they_find_what_they_find_one_after_the_other(three: World) -> None:
    alone = three.copy(three.root.parent / "alone")
    at_once(alone, 1)
    with models(Watched(2, delay_s=0.005)) as model:
        alone.daemon().tick()
        assert model.most == 2
    at_once(three, 3)
    listener = Sessions()
    with models(Watched(2, delay_s=0.005)) as model:
        three.daemon(listener=listener).tick()
        assert model.most == 2  # within the model's slots
    assert set(listener.labels) == set(ALL)
    assert listener.changes > len(ALL)
    assert results(three.opened[-1]) == results(alone.opened[-1])
    assert sorted(three.kinds) == sorted(alone.kinds) == sorted(["drop", "evolving", "testing"] * 3)
    alone.close()


@pytest.mark.slow
def test_no_more_searches_than_the_model_has_slots(three: World) -> None:
    at_once(three, 3)
    listener = Sessions()
    with models(Watched(1)) as model:
        three.daemon(listener=listener).tick()
    assert (model.most, listener.changes) == (1, len(ALL) - 1)
    assert sorted(three.kinds) == sorted(["drop", "evolving", "testing"] * 3)


@pytest.mark.slow
def test_ctrl_c_ends_them_all_and_they_go_on_later(
    three: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(three, 2)
    # A lease that a busy machine gives back too late would hold in this process, which lives on.
    monkeypatch.setattr("tinyarms.store.db.database._PATIENCE_AT_END_S", 60.0)

    class Ends(Sessions):
        unpressed = threading.Semaphore(1)

        def progress(self, progress: Progress) -> None:
            super().progress(progress)
            if self.changes == 3 and self.unpressed.acquire(blocking=False):
                signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with models(Watched(2, delay_s=0.01)), pytest.raises(KeyboardInterrupt):
            three.daemon(listener=Ends()).tick()
    finally:
        signal.signal(signal.SIGINT, before)
    assert not [t for t in threading.enumerate() if t.name == "tinyarms-search" and t.is_alive()]
    assert "error" not in three.kinds
    with models(Watched(2)):
        three.daemon().tick()
    assert sorted(three.kinds) == sorted(["drop", "evolving", "testing"] * 3)


@pytest.mark.slow
def test_ctrl_c_ends_calls_that_hang(three: World) -> None:
    at_once(three, 2)

    class Hanging(Watched):
        def stop_calls(self) -> None:
            self.stopped.set()

    def end() -> None:
        deadline = time.monotonic() + 30
        while model.most < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with models(Hanging(2, delay_s=600)) as model:
            threading.Thread(target=end).start()
            with pytest.raises(KeyboardInterrupt):
                three.daemon().tick()
    finally:
        signal.signal(signal.SIGINT, before)
    assert "error" not in three.kinds


@pytest.mark.slow
def test_one_that_fails_does_not_end_the_others(three: World) -> None:
    at_once(three, 3)
    (three.root / "skills" / "second.md").write_text("")
    with models(Watched(3)):
        three.daemon().tick()
    assert three.kinds.count("testing") == 2
    assert [event.skill for event in three.told if event.kind == "error"] == ["second"]


@pytest.mark.slow
def test_the_others_are_looked_after_meanwhile(three: World) -> None:
    """The main thread does it; the clock says when."""
    at_once(three, 2)
    settled: list[str] = []

    class Counting(Daemon):
        def _settle(self, name: str) -> None:
            settled.append(threading.current_thread().name)
            super()._settle(name)

    class Slow(Silent):
        def progress(self, progress: Progress) -> None:
            three.moment.pass_(minutes=1)

    with models(Watched(2, delay_s=0.05)):
        Counting(three.open(), listener=Slow(), on_event=three.told.append).tick()
    assert len(settled) > len(ALL)
    assert set(settled) == {"MainThread"}
