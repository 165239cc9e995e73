from __future__ import annotations

from tests.loop.place import SKILL, Place
from tests.loop.steps import pick
from tests.loop.test_monitoring import drop
from tinyarms.daemon.lifecycle import Daemon
from tinyarms.daemon.events import Event
from tinyarms.loop.context import Context
from tinyarms.loop.listener import Silent


def watched(context: Context) -> tuple[Daemon, list[Event]]:
    told: list[Event] = []
    return Daemon(context, listener=Silent(), on_event=told.append), told


def kinds(told: list[Event]) -> list[str]:
    return [each.kind for each in told]


def test_nothing_happens(place: Place) -> None:
    daemon, told = watched(place.open())
    assert daemon.tick() > place.moment.now
    assert told == []


def test_a_drop_that_cannot_be_evolved_is_refused_once(place: Place) -> None:
    context = place.open()
    daemon, told = watched(context)
    drop(context)
    for _ in range(3):
        daemon.tick()
        place.moment.pass_(days=1)
    print(told)
    assert kinds(told) == ["refused"]


def test_live(testing: Place) -> None:
    context = testing.open()
    daemon, told = watched(context)
    daemon.tick()
    for n in range(6):
        testing.moment.pass_(seconds=1)
        pick(context, n, "A")
        daemon.tick()
    print(told)
    assert kinds(told) == ["testing", "vote_wanted", "promoted"]
