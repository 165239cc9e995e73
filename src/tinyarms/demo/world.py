"""The world of the story: who brings which file and when, and how that changes in a year.

All of it is simulated, and follows from the seed alone: a story that was killed finds its world as
it was.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tinyarms.core.ids import derived_id, derived_random
from tinyarms.demo.captions import CAPTIONED
from tinyarms.skills.example import Example

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 365
USERS: Mapping[str, tuple[int, ...]] = {
    "ana": (3, 2, 2, 2, 1, 0, 0),
    "ben": (2, 2, 2, 2, 2, 0, 0),
    "chloe": (2, 2, 3, 2, 2, 1, 0),
    "dinesh": (2, 2, 2, 3, 1, 0, 1),
}
"""The simulated users: how many files each brings on the days of a week, from Monday on."""
_LOOK = timedelta(hours=19)
"""When the daemon looks, on every day: the files have come, and the machine is free."""
_FIRST_HOUR, _LAST_HOUR = 7, 19


@dataclass(frozen=True)
class Season:
    """From a day on, the files are others."""

    day: int
    """Of the story, from 0."""
    said: str
    kinds: tuple[str, ...]
    """The kinds of examples that look like them. None: the captions, which are in no file."""

    @property
    def at(self) -> datetime:
        return BEGIN + timedelta(days=self.day)


_DESCRIBED = ("photo", "screenshot", "dashboard", "diagram", "document", "note")
SEASONS = (
    Season(0, "files come with a short caption", ()),
    Season(
        90,
        "a new app describes photos, screens and notes at length, with all that is in the way",
        _DESCRIBED,
    ),
    Season(181, "nothing but bills and photographed error messages", ("invoice", "error-dialog")),
    Season(243, "photos, screens and notes again", _DESCRIBED),
    Season(273, "a scanner that knows no line breaks and no language", ("scan",)),
)
"""Three of the changes make it harder. One goes back: what was learnt meanwhile has to stand it."""


@dataclass(frozen=True)
class Visit:
    """A user brings a file."""

    at: datetime
    user: str
    task_id: str
    example: Example


@dataclass(frozen=True)
class Look:
    """The daemon looks at its skills."""

    at: datetime


def season_at(moment: datetime) -> int:
    """The index of the season."""
    return bisect_right([season.at for season in SEASONS], moment) - 1


def known_kinds(season: int) -> set[str]:
    """The kinds that the project has examples of by then.

    The first change is to kinds that the skill was made for: it had examples from the beginning.
    Later ones bring theirs along, as an app that is rolled out brings its test cases.
    """
    return {kind for each in SEASONS[: max(season, 1) + 1] for kind in each.kinds}


class World:
    """All visits of the year, by the seed."""

    def __init__(self, seed: int, examples: Sequence[Example]) -> None:
        """`examples`: all that the skill may ever have. Users bring none of their `test` split."""
        brought = [example for example in examples if example.split != "test"]
        self._pools = [
            [e for e in brought if e.kind in season.kinds] if season.kinds else list(CAPTIONED)
            for season in SEASONS
        ]
        self._seed = seed
        self.visits = sorted(
            (visit for day in range(DAYS) for visit in self._day(day)),
            key=lambda visit: (visit.at, visit.user),
        )

    def moments(self, visits_done: int, since: datetime) -> Iterator[Visit | Look]:
        """What is left of the year, in order. The looks before `since` are over."""
        looks = (Look(BEGIN + timedelta(days=day) + _LOOK) for day in range(DAYS))
        moments: list[Visit | Look] = [*self.visits[visits_done:]]
        moments += [look for look in looks if look.at >= since]
        yield from sorted(moments, key=lambda moment: moment.at)

    def _day(self, day: int) -> Iterator[Visit]:
        for user, week in USERS.items():
            rng = derived_random("story", self._seed, day, user)
            # Some days bring one more, some one less.
            usual = week[(BEGIN + timedelta(days=day)).weekday()]
            count = max(0, usual + rng.choice((-1, 0, 0, 1))) if usual else 0
            for number in range(count):
                seconds = rng.randrange(_FIRST_HOUR * 3600, _LAST_HOUR * 3600)
                at = BEGIN + timedelta(days=day, seconds=seconds)
                pool = self._pools[season_at(at)]
                task_id = derived_id("story", self._seed, day, user, number)
                yield Visit(at, user, task_id, rng.choice(pool))
