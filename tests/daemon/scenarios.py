"""A pass of the daemon in a separate process."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from tests.daemon.conftest import Answering
from tests.daemon.world import World
from tests.loop.place import Moment
from tinyarms.loop.project import context
from tinyarms.loop.watching.events import Event

TOLD = "told.txt"
"""Beside the project: the events that were told."""


def one_pass(root: Path, now: str) -> None:
    context.make_model = lambda *_, **__: Answering()  # type: ignore[attr-defined]
    world = World(root, Moment(datetime.fromisoformat(now)))
    world.daemon(on_event=lambda event: _tell(root, event)).tick()
    world.close()


def _tell(root: Path, event: Event) -> None:
    line = json.dumps([event.id, event.at, event.kind, event.summary, event.data], default=str)
    with (root.parent / TOLD).open("a") as file:
        file.write(line + "\n")
