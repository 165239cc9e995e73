"""The world of the simulated year: who brings which file and when, and how that changes.

All of it follows from the seed, so a year that was killed and restarted has the same world.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tinyarms.core.ids import derived_id, derived_random
from tinyarms.demo.captions import CAPTIONED
from tinyarms.skills.example import Example

_SEED = "story"
"""Part of the seed of every random draw: another word would give another year."""
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 365
USERS: Mapping[str, tuple[int, ...]] = {
    "ana": (3, 2, 2, 2, 1, 0, 0),
    "ben": (2, 2, 2, 2, 2, 0, 0),
    "chloe": (2, 2, 3, 2, 2, 1, 0),
    "dinesh": (2, 2, 2, 3, 1, 0, 1),
}
"""The simulated users, each with the number of files they bring on Monday, Tuesday …"""
_LOOK = timedelta(hours=19)
"""Time of day of the daemon's pass: the day's files have arrived, and the machine is free."""
_FIRST_HOUR, _LAST_HOUR = 7, 19
"""Files arrive between these hours of the day, in UTC."""


@dataclass(frozen=True)
class Phase:
    """A part of the year in which the files are of the same kinds."""

    day: int
    """The day of the year on which it begins, counted from 0."""
    change: str
    """What changes, in words."""
    kinds: tuple[str, ...]
    """Example kinds of this phase; empty: the built-in captions."""

    @property
    def at(self) -> datetime:
        return BEGIN + timedelta(days=self.day)


_DESCRIBED = ("photo", "screenshot", "dashboard", "diagram", "document", "note")
PHASES = (
    Phase(0, "files come with a short caption", ()),
    Phase(
        90,
        "a new app describes photos, screens and notes at length, with irrelevant details",
        _DESCRIBED,
    ),
    Phase(181, "only bills and photographed error messages", ("invoice", "error-dialog")),
    Phase(243, "photos, screens and notes again", _DESCRIBED),
    Phase(273, "a new scanner loses line breaks and mixes languages", ("scan",)),
)
"""Three of the changes make the task harder. The fourth brings earlier kinds back."""


@dataclass(frozen=True)
class Arrival:
    """A user brings a file."""

    at: datetime
    user: str
    task_id: str
    example: Example


@dataclass(frozen=True)
class Look:
    """The daemon makes a pass over its skills."""

    at: datetime


def phase_at(moment: datetime) -> int:
    """The index in `PHASES` of the phase at this moment."""
    return bisect_right([phase.at for phase in PHASES], moment) - 1


def known_kinds(phase: int) -> set[str]:
    """The kinds for which the project has examples in this phase.

    The first change is to kinds that the skill was made for: it had examples from the beginning.
    Later kinds come with examples, as a new app comes with test cases.
    """
    return {kind for begun in PHASES[: max(phase, 1) + 1] for kind in begun.kinds}


class World:
    """All arrivals of the year; they follow from the seed."""

    def __init__(self, seed: int, examples: Sequence[Example]) -> None:
        """`examples`: those of the skill in all phases. Users bring none of the `test` split."""
        brought = [example for example in examples if example.split != "test"]
        self._pools = [
            [e for e in brought if e.kind in phase.kinds] if phase.kinds else list(CAPTIONED)
            for phase in PHASES
        ]
        self._seed = seed
        self.arrivals = sorted(
            (arrival for day in range(DAYS) for arrival in self._day(day)),
            key=lambda arrival: (arrival.at, arrival.user),
        )

    def moments(self, arrivals_done: int, since: datetime) -> Iterator[Arrival | Look]:
        """The rest of the year, in order. The daemon's passes before `since` are complete."""
        looks = (Look(BEGIN + timedelta(days=day) + _LOOK) for day in range(DAYS))
        moments: list[Arrival | Look] = [*self.arrivals[arrivals_done:]]
        moments += [look for look in looks if look.at >= since]
        yield from sorted(moments, key=lambda moment: moment.at)

    def _day(self, day: int) -> Iterator[Arrival]:
        for user, week in USERS.items():
            rng = derived_random(_SEED, self._seed, day, user)
            # Some days have one file more, some one less.
            usual = week[(BEGIN + timedelta(days=day)).weekday()]
            count = max(0, usual + rng.choice((-1, 0, 0, 1))) if usual else 0
            for number in range(count):
                seconds = rng.randrange(_FIRST_HOUR * 3600, _LAST_HOUR * 3600)
                at = BEGIN + timedelta(days=day, seconds=seconds)
                pool = self._pools[phase_at(at)]
                task_id = derived_id(_SEED, self._seed, day, user, number)
                yield Arrival(at, user, task_id, rng.choice(pool))
