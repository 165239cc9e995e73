"""Ballots: options in random order. Their letters are positions, never a variant's own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase, digits

from tinyarms.core.errors import UsageError
from tinyarms.experiments.arms import Arm

COMMANDS = "NQSU"
"""Letters that mean something else in a dialog: none of these, quit, skip, undo."""
LETTERS = "".join(c for c in ascii_uppercase + digits if c not in COMMANDS)
"""What the positions of a ballot are called: A, B, C …"""


@dataclass(frozen=True)
class Ballot:
    """One question to a user: which of these outputs for this task?"""

    id: str
    task_id: str
    order: tuple[str, ...]
    """Arm ids in the order shown."""

    @property
    def letters(self) -> tuple[str, ...]:
        """A, B, C … by position, as long as `order`."""
        return tuple(LETTERS[: len(self.order)])

    def pick(self, position: str) -> str:
        """The arm id behind a letter, in either case. Raises `UsageError` for another letter."""
        letter = position.strip().upper()
        if letter not in self.letters:
            raise UsageError(
                f"Ballot {self.id} has no option {position!r}.",
                f"Pick one of {', '.join(self.letters)}, none of these, or skip.",
            )
        return self.order[self.letters.index(letter)]


def make_ballot(ballot_id: str, task_id: str, shown: Sequence[Arm], rng: random.Random) -> Ballot:
    """Shuffle the arms: every order is equally likely. At most 32 arms."""
    return Ballot(ballot_id, task_id, tuple(arm.id for arm in rng.sample(shown, len(shown))))
