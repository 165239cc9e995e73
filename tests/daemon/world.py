"""A skill that gets worse, a simulated model that writes better prompts, and a clock."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.end_to_end.project import EARLY, SKILL, expected, text, write_project
from tests.loop.place import Moment
from tinyarms.daemon.daemon import Daemon
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener, Silent
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.ballots import next_ballot
from tinyarms.loop.testing.votes import vote
from tinyarms.loop.watching.events import Event
from tinyarms.store.db.records import SessionRecord

SETTINGS = """\
prompt_evolution:
  triggers: {sample_size: 5, rules: [original]}
  ab_testing: {show_probability: 1.0, max_votes: 20}
  smollm2: {variants_per_evolution: 1}
  evolution: {budget: {calls: 20}, memory: false}
  experiment: {test_examples: 100}
"""


@dataclass
class World:
    """The project, opened as often as a process is begun anew."""

    root: Path
    moment: Moment = field(default_factory=Moment)
    told: list[Event] = field(default_factory=list)
    opened: list[Context] = field(default_factory=list)

    def open(self) -> Context:
        self.opened.append(open_project(self.root, {}, self.moment))
        return self.opened[-1]

    def daemon(
        self,
        context: Context | None = None,
        listener: Listener | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> Daemon:
        """As a process that was just begun has it."""
        return Daemon(
            context or self.open(),
            listener=listener or Silent(),
            on_event=on_event or self.told.append,
        )

    def copy(self, folder: Path) -> World:
        """The same world, elsewhere."""
        return World(Path(shutil.copytree(self.root, folder)), Moment(self.moment.now))

    def settings(self, more: str) -> None:
        (self.root / "config" / "constants.yaml").write_text(f"{SETTINGS}{more}")

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.told]

    def close(self) -> None:
        for context in self.opened:
            context.close()


def make_world(root: Path) -> World:
    """A new project. It has no held-out examples, so users alone decide."""
    write_project(root)
    rows = map(json.loads, (root / "examples.jsonl").read_text().splitlines())
    kept = [json.dumps(row) + "\n" for row in rows if row["split"] != "test"]
    (root / "examples.jsonl").write_text("".join(kept))
    world = World(root)
    world.settings("")
    return world


def sessions(context: Context) -> list[SessionRecord]:
    with context.store.read() as work:
        return work.sessions.all(SKILL)


def fails(context: Context, first: int = EARLY.start) -> None:
    """Tasks whose outcome is a failure: enough for an alarm."""
    for number in range(first, first + 5):
        done = run(context, SKILL, {"text": text(number)}, task_id=f"task-{number}")
        feedback(context, done.task_id, success=False, feedback_id=f"said-{number}")
    context.finish_background()


def users_choose(context: Context, votes: int = 100) -> None:
    """Users who know what is right vote until it is decided, or so often."""
    given = 0
    with context.store.read() as work:
        number = max(400, *(int(t.id.split("-")[1]) for t in work.tasks.recent(SKILL, limit=1)))
    while given < votes and sessions(context)[-1].state.is_open:
        number += 1
        if number % 10 not in (5, 6, 7):  # the first prompt is right on the others
            continue
        run(context, SKILL, {"text": text(number)}, task_id=f"task-{number}")
        context.finish_background()
        ballot = next_ballot(context, SKILL)
        assert ballot is not None
        right = [o.letter for o in ballot.options if o.output == expected(number)]
        vote(context, ballot.id, right[0] if right else "none", vote_id=f"vote-{number}")
        given += 1
