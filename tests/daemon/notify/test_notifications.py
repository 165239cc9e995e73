from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.daemon.notify.test_webhook import Server, server
from tests.loop.conftest import new_project, place
from tests.loop.place import OTHER, SKILL, Place
from tests.loop.steps import begin
from tinyarms.daemon.notify import desktop
from tinyarms.daemon.notify.desktop import show, there_is_a_desktop
from tinyarms.daemon.notify.notifications import Notifier, text_of
from tinyarms.loop.housekeeping.notices import Message
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing import review as release
from tinyarms.loop.watching.event_kinds import Kind
from tinyarms.loop.watching.events import Event

__all__ = ["new_project", "place", "server"]

SECRET = "the user's own words"


def event(place: Place, kind: Kind, number: int = 1, skill: str = SKILL) -> Event:
    data = {"version": number + 1, "from_version": number, "reason": SECRET, "by_hand": True}
    return Event(f"{kind}-{skill}-{number}", place.moment(), skill, kind, SECRET, data)


@dataclass
class Heard:
    """A channel that remembers, and may be dead."""

    messages: list[Message] = field(default_factory=list)
    dead: bool = False

    def __call__(self, message: Message) -> None:
        if self.dead:
            raise OSError("nobody there")
        self.messages.append(message)

    @property
    def texts(self) -> list[str]:
        return [text_of(message) for message in self.messages]


def notifier(place: Place, heard: Heard, setting: str = "{}") -> Notifier:
    place.setting(setting)
    return Notifier(place.open(), {"ear": heard})


@pytest.mark.slow
def test_what_comes_together_is_one_message(place: Place) -> None:
    heard = Heard()
    tell = notifier(place, heard)
    begin(place)
    for kind, skill in (("vote_wanted", SKILL), ("promoted", OTHER), ("rolled_back", OTHER)):
        tell(event(place, kind, 4, skill))
        tell(event(place, kind, 4, skill))
        place.moment.pass_(minutes=1)
    tell(event(place, "drop"))
    assert (tell.send(), tell.send()) == (1, 0)
    assert heard.texts == [
        "feeling: your choice is wanted. tinyarms prompt vote feeling\n"
        "weather: version 5 is in production. tinyarms prompt diff weather\n"
        "weather: version 4 was rolled back. tinyarms prompt history weather"
    ]


@pytest.mark.slow
def test_never_more_often_than_the_setting_says_even_after_a_restart(place: Place) -> None:
    heard = Heard()
    sent: list[int] = []
    place.setting("{notifications: {at_most_per_day: 2}}")
    for hour in range(26):
        tell = Notifier(place.open(), {"ear": heard})
        tell(event(place, "promoted", hour))
        sent.append(tell.send())
        place.close()
        place.opened.clear()
        place.moment.pass_(hours=1)
    assert [hour for hour, n in enumerate(sent) if n] == [0, 1, 24, 25]
    counts = [len(message.notices) for message in heard.messages]
    assert counts == [1, 1, 23, 1]
    assert heard.texts[2].startswith("17 earlier events: tinyarms monitor status\nfeeling: version")


@pytest.mark.slow
def test_quiet_hours(place: Place) -> None:
    heard = Heard()
    local = place.moment().astimezone()
    begins, ends = ((local + timedelta(hours=h)).strftime("%H:%M") for h in (-1, 1))
    tell = notifier(place, heard, f'{{quiet_hours: "{begins}-{ends}"}}')
    tell(event(place, "promoted"))
    assert tell.send() == 0
    place.moment.pass_(hours=1)
    assert tell.send() == 1


@pytest.mark.slow
def test_only_what_the_settings_name(place: Place) -> None:
    heard = Heard()
    tell = notifier(place, heard, "{notifications: {kinds: [rolled_back]}}")
    tell(event(place, "promoted"))
    assert tell.send() == 0
    tell(event(place, "rolled_back"))
    assert tell.send() == 1


@pytest.mark.slow
def test_a_vote_that_is_not_wanted_any_more(place: Place) -> None:
    heard = Heard()
    tell = notifier(place, heard)
    context = begin(place)
    tell(event(place, "vote_wanted"))
    release.promote(context, SKILL, "A")
    assert tell.send() == 0


@pytest.mark.slow
def test_a_refresh_is_told_and_not_asked_for_when_it_is_done(place: Place) -> None:
    heard = Heard()
    tell = notifier(place, heard, "{notifications: {at_most_per_day: 9}}")
    active_version(tell._context, SKILL)
    wanted = event(place, "refresh_wanted", 0)  # of version 1
    tell(wanted)
    tell(event(place, "refresh_wanted", 8))  # of a version that is not in production
    tell(event(place, "refreshed", 1))
    assert tell.send() == 1
    assert heard.texts == [
        f"{SKILL}: new examples wait to be remembered. tinyarms prompt refresh {SKILL}\n"
        f"{SKILL}: version 2 remembers new examples. tinyarms prompt history {SKILL}"
    ]


@pytest.mark.slow
def test_a_dead_channel_is_logged_once_and_tried_again(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tinyarms")
    heard = Heard(dead=True)
    tell = notifier(place, heard)
    tell(event(place, "promoted"))
    for _ in range(100):
        assert tell.send() == 0
        place.moment.pass_(minutes=10)
    assert [record.getMessage() for record in caplog.records] == [
        "No message by ear: nobody there. It will be retried."
    ]
    heard.dead = False
    place.moment.pass_(hours=1)
    assert tell.send() == 1 and len(heard.messages) == 1
    assert caplog.records[-1].getMessage() == "Messages by ear arrive again."


@pytest.mark.slow
def test_what_nobody_could_be_told_in_a_week_is_forgotten(place: Place) -> None:
    heard = Heard(dead=True)
    tell = notifier(place, heard)
    tell(event(place, "promoted"))
    place.moment.pass_(days=8)
    heard.dead = False
    assert tell.send() == 0


def by_webhook(place: Place, url: str) -> tuple[Context, Notifier]:
    place.setting("{notifications: {desktop: false, webhook_env: HOOK}}")
    context = place.open()
    return context, Notifier(context, environ={"HOOK": url})


@pytest.mark.slow
def test_the_webhook_gets_numbers_and_commands_only(place: Place, server: Server) -> None:
    _, tell = by_webhook(place, server.url)
    tell(event(place, "promoted", 2))
    assert tell.send() == 1
    [(path, _, body)] = server.got
    assert path == "/hook/secret-token"
    said = "feeling: version 3 is in production. tinyarms prompt diff feeling"
    assert (body["schema"], body["project"], body["text"]) == ("tinyarms/1", "project", said)
    [told] = body["events"]
    assert told == {
        "id": "promoted-feeling-2",
        "at": "2024-09-15T09:00:00Z",
        "skill": SKILL,
        "kind": "promoted",
        "text": said,
        "version": 3,
        "from_version": 2,
    }
    assert SECRET not in str(body)


@pytest.mark.slow
def test_a_message_that_may_have_arrived_has_the_same_id_again(
    place: Place, server: Server
) -> None:
    _, tell = by_webhook(place, server.url)
    server.statuses = [404, 200]
    tell(event(place, "promoted", 2))
    assert (tell.send(), tell.send()) == (0, 0)
    place.moment.pass_(hours=1)
    assert tell.send() == 1
    first, second = (body["id"] for _, _, body in server.got)
    assert first == second


def test_without_a_desktop_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setattr(desktop.asyncio, "run", pytest.fail)
    if desktop.sys.platform == "linux":
        show("tinyArms", "hello")
    assert there_is_a_desktop({}, "darwin") and not there_is_a_desktop({}, "linux")


@pytest.mark.slow
def test_a_bus_that_is_gone_is_logged(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The real library, at a session bus that nobody serves."""
    pytest.importorskip("desktop_notifier")
    monkeypatch.setattr(desktop.sys, "platform", "linux")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={place.root}/nothing")
    tell = Notifier(place.open())
    tell(event(place, "promoted"))
    assert tell.send() == 0
    [record] = caplog.records
    assert record.getMessage() == (
        "No message by desktop: [Errno 2] No such file or directory. It will be retried."
    )


@pytest.mark.slow
def test_the_desktop_shows_the_text(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    library = pytest.importorskip("desktop_notifier")
    shown: list[tuple[str, str]] = []

    async def send(_self: Any, title: str, message: str) -> str:
        shown.append((title, message))
        return "id"

    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nothing")
    monkeypatch.setattr(library.DesktopNotifier, "send", send)
    tell = Notifier(place.open())
    tell(event(place, "promoted"))
    assert tell.send() == 1
    title, text = shown[0]
    assert (title, text.split(".")[0]) == ("tinyArms", "feeling: version 2 is in production")
