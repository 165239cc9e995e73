"""Passes of the daemon that die by SIGKILL, each in a process of its own.

Run as `python -m tests.daemon.killed`; it reads `FOLDER CALL` a line, forks a process that makes
one pass in the project there, and writes how it ended and how many calls it made. CALL: die when
the database is called, or a call returns, so often; 0: live.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.daemon.conftest import Answering
from tests.daemon.world import World
from tests.end_to_end.forks import DATABASE, FILES
from tests.loop.place import Moment
from tinyarms.loop.project import context
from tinyarms.loop.watching.events import Event

NOW, TOLD, CALLS = "now.txt", "told.txt", "calls.txt"
"""Beside the project: the world's time, the events that were told, the calls that were made."""


def one_pass(root: Path, last: int) -> None:
    now = datetime.fromisoformat((root.parent / NOW).read_text())
    world = World(root, Moment(now))
    watch = _Watch(last)
    sys.setprofile(watch)
    world.daemon(on_event=lambda event: tell(root, event)).tick()
    world.close()
    sys.setprofile(None)
    (root.parent / CALLS).write_text(str(watch.calls))


def tell(root: Path, event: Event) -> None:
    line = json.dumps([event.id, event.at, event.kind, event.said, event.data], default=str)
    with (root.parent / TOLD).open("a") as file:
        file.write(line + "\n")


class _Watch:
    def __init__(self, last: int) -> None:
        self.last, self.calls = last, 0
        self.names = frozenset((*DATABASE, *FILES))

    def __call__(self, frame: Any, event: str, function: Any) -> None:
        if event in ("c_call", "c_return") and function.__qualname__ in self.names:
            self.calls += 1
            if self.calls == self.last:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    context.make_model = lambda *_: Answering()  # type: ignore[attr-defined,assignment]
    for line in sys.stdin:
        folder, last = line.split()
        child = os.fork()
        if child == 0:
            try:
                one_pass(Path(folder), int(last))
            finally:
                os._exit(1 if sys.exc_info()[0] else 0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
