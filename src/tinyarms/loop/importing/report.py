"""Collect what an import lists and rewrites; only so much is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tinyarms.core.text import one_line, shorten, storable
from tinyarms.exchange.incoming.records import Listed, Rewritten
from tinyarms.loop.importing.view import ListedPart, RewrittenPart

_MOST_LISTED = 1_000
"""Most parts that are named. Higher: longer reports."""
_MOST_REWRITTEN = 200
_MOST_DUPLICATES = 10
REPEATS = "it repeats"
"""Begins the reason of a row that is there already."""
THE_ROW = "the row"
"""What is listed where a whole row did not come in."""
_LONGEST = 200
"""Most characters of a text that is quoted."""


@dataclass
class Report:
    """What did not come in, and what came in in another form."""

    listed: list[ListedPart] = field(default_factory=list)
    listed_n: int = 0
    duplicates: int = 0
    left_out: int = 0
    """Rows that could not come in."""
    notes: list[str] = field(default_factory=list)
    _rewritten: dict[tuple[str, str], RewrittenPart] = field(default_factory=dict)

    def add(self, part: Listed | Rewritten) -> None:
        """Add a part that a reader gave."""
        if isinstance(part, Listed):
            self.left_out += part.what == THE_ROW
            self.list(part.where, part.what, part.why)
        elif len(self._rewritten) < _MOST_REWRITTEN:
            view = RewrittenPart(_text(part.where), _text(part.before), _text(part.after))
            self._rewritten.setdefault((view.before, view.after), view)

    def list(self, where: str, what: str, why: str) -> None:
        """Add a part that did not come in."""
        self.listed_n += 1
        if len(self.listed) < _MOST_LISTED:
            self.listed.append(ListedPart(_text(where), _text(what), _text(why)))

    def leave_out(self, where: str, why: str) -> None:
        """Count a row that cannot come in, and list it."""
        self.left_out += 1
        self.list(where, THE_ROW, why)

    def duplicate(self, where: str, first: str) -> None:
        """Count a row that is there already; the first ones are listed."""
        self.duplicates += 1
        if self.duplicates <= _MOST_DUPLICATES:
            self.list(where, THE_ROW, f"{REPEATS} {first}")

    def note(self, sentence: str) -> None:
        """Add a sentence, once."""
        if sentence not in self.notes:
            self.notes.append(_text(sentence, 400))

    @property
    def rewritten(self) -> tuple[RewrittenPart, ...]:
        """What came in in another form, each kind once."""
        return tuple(self._rewritten.values())


def _text(text: str, most: int = _LONGEST) -> str:
    return storable(shorten(one_line(text), most))
