"""Give the deciding vote in projects, and die by SIGKILL at a given point of each.

Run as `python -m tests.loop.killed FOLDER=POINT …`: one child process for each.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.loop.place import SKILL, Place
from tests.loop.steps import ask, letter_of
from tinyarms.loop.releasing import release_intent as intents
from tinyarms.loop.testing import conclude as conclusions
from tinyarms.loop.testing import votes
from tinyarms.store.db.repositories.experiments import Experiments
from tinyarms.store.db.repositories.intents import Intents

DECIDING = 5
"""Number of the ballot whose vote decides; the ones before it have theirs."""
LATE = 6
"""Number of a ballot that waits."""
VOTE_ID = "deciding"


class Point(NamedTuple):
    """Where to die: when this function is called for the n-th time."""

    owner: Any
    function: str
    call: int = 1


POINTS = {
    "before the vote is stored": Point(Experiments, "add_vote"),
    "before the vote is committed": Point(Experiments, "add_results"),
    "vote stored": Point(votes, "conclude_due", 2),
    "before the decision": Point(conclusions, "decision_on"),
    "before the intent": Point(Intents, "add"),
    "intent stored": Point(conclusions, "apply_intent"),
    "before the prompt file": Point(intents, "write_atomically"),
    "prompt file written": Point(intents, "set_skill_release"),
    "config written": Point(intents, "write_rows"),
    "rows written": Point(Intents, "done"),
    "all done": Point(votes, "stored_conclusion"),
}


def at(point: Point, act: Callable[[], None]) -> Any:
    """A stand-in for the function that acts at its n-th call."""
    original, calls = getattr(point.owner, point.function), [0]

    def stand_in(*args: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == point.call:
            act()
        return original(*args, **options)

    return stand_in


def _give_vote(root: Path, point: Point) -> None:
    context = Place(root).open()
    ballot = ask(context, DECIDING)
    letter = letter_of(context, ballot, "A")
    stand_in = at(point, lambda: os.kill(os.getpid(), signal.SIGKILL))
    setattr(point.owner, point.function, stand_in)
    votes.vote(context, ballot.id, letter, vote_id=VOTE_ID)


def main() -> None:
    for argument in sys.argv[1:]:
        root, _, name = argument.partition("=")
        child = os.fork()
        if child == 0:
            _give_vote(Path(root), POINTS[name])
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), f"{name}: the vote of {SKILL} never came there"


if __name__ == "__main__":
    main()
