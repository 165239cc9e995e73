"""Ballots: options in random order. A letter names a position, never a variant."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase, digits

from tinyarms.core.errors import UsageError
from tinyarms.experiments.arms import Arm

COMMANDS = "NQSU"
"""Letters that are commands in a dialog: None of these, Quit, Skip, Undo."""
LETTERS = "".join(c for c in ascii_uppercase + digits if c not in COMMANDS)
"""The names of the positions of a ballot: A, B, C …"""


@dataclass(frozen=True)
class Ballot:
    """One question to a user: which of these outputs for this task?"""

    id: str
    task_id: str
    order: tuple[str, ...]
    """Arm ids in the order in which the ballot shows them."""

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters A, B, C …, one for each position."""
        return tuple(LETTERS[: len(self.order)])

    def pick(self, position: str) -> str:
        """The id of the arm at a letter of either case. Raises `UsageError` if there is none."""
        letter = position.strip().upper()
        if letter not in self.letters:
            raise UsageError(
                f"Ballot {self.id} has no option {position!r}.",
                f"Pick one of {', '.join(self.letters)}, none of these, or skip.",
            )
        return self.order[self.letters.index(letter)]


def make_ballot(ballot_id: str, task_id: str, arms: Sequence[Arm], rng: random.Random) -> Ballot:
    """Shuffle the arms, at most 32: every order is equally likely.

    Examples
    --------
    >>> import random
    >>> from tinyarms.experiments.ballot import make_ballot
    >>> from tinyarms.experiments.arms import Arm
    >>> arms = [Arm("v1", "", "incumbent"), Arm("v2", "A", "challenger")]
    >>> ballot = make_ballot("b1", "t1", arms, random.Random(1))
    >>> ballot.letters, ballot.order
    (('A', 'B'), ('v1', 'v2'))
    >>> ballot.pick("b") == ballot.order[1]
    True
    """
    return Ballot(ballot_id, task_id, tuple(arm.id for arm in rng.sample(arms, len(arms))))
