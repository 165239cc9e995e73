"""Ballots: options in random order. A letter names a position, never a variant.

Arms that gave the same output share one option, because a choice between equal outputs says nothing
about the arms. Options are shuffled, not arms: otherwise an output of several arms would come first
more often, and users who always take the first option would favour it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_uppercase, digits

from tinyarms.core.errors import UsageError

COMMANDS = "NQSU"
"""Letters that are commands in a dialog: None of these, Quit, Skip, Undo."""
LETTERS = "".join(c for c in ascii_uppercase + digits if c not in COMMANDS)
"""The names of the positions of a ballot: A, B, C …"""


@dataclass(frozen=True)
class Ballot:
    """One question to a user: which of these outputs for this task?"""

    id: str
    task_id: str
    options: tuple[tuple[str, ...], ...]
    """The options in the order of the ballot. An option is the ids of the arms that gave its
    output."""

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters A, B, C …, one for each position."""
        return tuple(LETTERS[: len(self.options)])

    @property
    def has_choice(self) -> bool:
        """Whether there is a choice: the arms gave at least two different outputs."""
        return len(self.options) > 1

    def position(self, choice: str) -> int:
        """The position of a letter, upper or lower case, from 0. Raises `UsageError` for a letter
        that is not on the ballot."""
        letter = choice.strip().upper()
        if letter not in self.letters:
            raise UsageError(
                f"Ballot {self.id} has no option {choice!r}.",
                f"Pick one of {', '.join(self.letters)}, none of these, or skip.",
            )
        return self.letters.index(letter)


def make_ballot(
    ballot_id: str, task_id: str, outputs: Mapping[str, str | None], rng: random.Random
) -> Ballot:
    """Merge arms with the same output, and shuffle the options: every order is equally likely.

    Parameters
    ----------
    outputs
        Arm id → its output, normalized so that equivalent outputs are equal texts
        (`skills.same_output`); `None` if it gave no usable output. At most 32 arms.

    Examples
    --------
    >>> import random
    >>> from tinyarms.experiments.ballot import make_ballot
    >>> outputs = {"v1": "bug", "v2": "billing", "v3": "bug"}
    >>> ballot = make_ballot("b1", "t1", outputs, random.Random(1))
    >>> ballot.letters, ballot.options
    (('A', 'B'), (('v1', 'v3'), ('v2',)))
    >>> ballot.position("b")
    1
    """
    options: dict[str | None, tuple[str, ...]] = {}
    for arm_id, output in outputs.items():
        options[output] = (*options.get(output, ()), arm_id)
    return Ballot(ballot_id, task_id, tuple(rng.sample(list(options.values()), len(options))))
