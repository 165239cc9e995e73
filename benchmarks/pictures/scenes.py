"""What the 120 pictures show, drawn by a seed, and the file name that follows from it.

One convention for all names: whom the picture is about, what it is, and the number, version or year
on it (`larkfield-invoice-2024`). The name and the number are written on the picture in letters that
the contract allows; what it is stands there in the picture's own language.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from .languages import (
    CHINESE,
    ENGLISH,
    FRENCH,
    GERMAN,
    JAPANESE,
    KINDS,
    LANGUAGES,
    SPANISH,
    Kind,
    Language,
)

Split = Literal["test", "search", "selection"]
PICTURES = 120
_LANGUAGES_OF_A_KIND = (
    (*(ENGLISH,) * 4, *(GERMAN,) * 2, *(FRENCH,) * 2, *(SPANISH,) * 2),
    ((*(CHINESE,) * 3, *(JAPANESE,) * 2), (*(CHINESE,) * 2, *(JAPANESE,) * 3)),
)
"""Those of every kind, and the further ones of the kinds at even and at odd places."""
_SELECTED = (0, 1, 2, 1)
"""Which of three pictures is `selection`, by the place of the kind: every language has its share,
and there are 20 in all."""
_YEARS = range(2017, 2027)
_CAMERA_NUMBERS = range(3000, 9000)
"""The numbers in file names; none looks like a year of `_YEARS`."""
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


@dataclass(frozen=True)
class Scene:
    """What one picture shows."""

    kind: Kind
    language: Language
    name: str
    local: str
    """The name in the local script, or empty."""
    split: Split
    camera_number: int
    day: date
    """The date on the picture."""
    version: tuple[int, int]
    digits: int
    """The number of an order (five digits)."""
    is_dark: bool
    scale: float
    """Pixels for each point of the layout, as on screens of different resolution."""
    photographed: bool
    """On paper, by a camera or a scanner; else taken from the screen."""

    @property
    def company(self) -> str:
        return self.language.company.format(who=self.name, local=self.local)

    @property
    def title(self) -> str:
        return self.language.titles[self.kind]

    @property
    def written_date(self) -> str:
        return self.language.date.format(year=self.day.year, month=self.day.month, day=self.day.day)

    @property
    def shown_detail(self) -> str:
        """The number, version or year as the picture writes it."""
        if self.kind in ("settings", "dashboard"):
            return f"v{self.version[0]}.{self.version[1]}"
        if self.kind == "order":
            return str(self.digits)
        return f"E{self.digits // 10}" if self.kind == "error" else str(self.day.year)

    @property
    def file_name(self) -> str:
        """As a camera, a scanner or the screen's snapshot key would call it."""
        if self.kind == "invoice" and self.photographed:
            return f"scan-{self.camera_number}.jpg"
        if self.photographed:
            return f"IMG_{self.camera_number}.jpg"
        return f"Screenshot-{self.camera_number}.{'jpg' if self.camera_number % 4 == 0 else 'png'}"

    @property
    def expected(self) -> str:
        """The right file name, without an extension."""
        detail = self.shown_detail.casefold().replace(".", "-")
        return f"{spellings(self.name)[0]}-{self.kind}-{detail}"

    @property
    def required(self) -> dict[str, float]:
        """Weights for the scorer `keywords`: two of the three parts are a success."""
        kinds = [self.kind, *self.language.synonyms[self.kind].split("|")]
        detail = self.shown_detail.casefold().replace(".", "-")
        details = [detail, detail[1:], detail.split("-")[0]] if "-" in detail else [detail]
        return {
            "|".join(filter(None, kinds)): 2.0,
            "|".join(spellings(self.name)): 2.0,
            "|".join(details): 1.0,
        }

    @property
    def forbidden(self) -> tuple[str, ...]:
        """Words of the file's own name and of what surrounds the content."""
        stem = self.file_name.replace("_", "-").split("-")[0].casefold()
        return (stem, "cookies") if self.kind == "order" else (stem,)


def spellings(name: str) -> tuple[str, ...]:
    """The name in the letters a to z: umlauts in two letters, and without marks."""
    full = _without_marks(name.translate(_GERMAN).replace("ß", "ss"))
    plain = _without_marks(name.replace("ß", "ss"))
    return (full,) if full == plain else (full, plain)


def plan(seed: int) -> list[Scene]:
    """All scenes, in an order that mixes kinds, languages and splits.

    Each name belongs to one picture only, and half of the pictures of each kind are `test`.
    """
    rng = random.Random(f"pictures {seed}")
    names = {language.code: _shuffled(rng, language.names) for language in LANGUAGES}
    numbers = rng.sample(_CAMERA_NUMBERS, PICTURES)
    scenes = []
    for place, kind in enumerate(KINDS):
        everywhere, asian = _LANGUAGES_OF_A_KIND
        languages = (*everywhere, *asian[place % 2])
        for position, language in enumerate(languages):
            name, local = names[language.code].pop()
            scenes.append(
                Scene(
                    kind=kind,
                    language=language,
                    name=name,
                    local=local,
                    split=_split(place, position),
                    camera_number=numbers.pop(),
                    day=date(rng.choice(_YEARS), rng.randint(1, 12), rng.randint(1, 28)),
                    version=(rng.randint(1, 9), rng.randint(0, 9)),
                    digits=rng.randint(30000, 99999),
                    is_dark=rng.random() < 0.4,
                    scale=rng.choice((1.0, 1.25, 1.5, 2.0)),
                    photographed=_is_photographed(kind, rng),
                )
            )
    rng.shuffle(scenes)
    return scenes


def _split(place: int, position: int) -> Split:
    """Every second picture of a kind is `test`; of the others every third is `selection`."""
    if position % 2 == place % 2:
        return "test"
    return "selection" if position // 2 % 3 == _SELECTED[place // 2] else "search"


def _is_photographed(kind: Kind, rng: random.Random) -> bool:
    shares: dict[Kind, float] = {"receipt": 1.0, "invoice": 0.5, "note": 0.5}
    return rng.random() < shares.get(kind, 0.0)


def _shuffled(rng: random.Random, names: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return rng.sample(names, len(names))


def _without_marks(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())
