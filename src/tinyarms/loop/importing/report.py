"""Collect what an import lists and rewrites; only so much is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tinyarms.core.text import counted, one_line, shorten, storable
from tinyarms.exchange.incoming.records import Listed, Rewritten
from tinyarms.loop.importing.view import ListedPart, PartKind, RewrittenPart

_MOST_LISTED = 1_000
"""Most parts that are named. Higher: longer reports."""
_MOST_REWRITTEN = 200
_MOST_DUPLICATES = 10
_WEIGHTY = ("the tests", "a prompt", "the prompt")
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
    first_left_out: ListedPart | None = None
    """The first of these rows."""
    _notes: dict[str, None] = field(default_factory=dict)
    _of_rows: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Kind of a note on rows → the note on the first such row, and the number of such rows."""
    _rewritten: dict[tuple[str, str], RewrittenPart] = field(default_factory=dict)

    @property
    def first_words(self) -> str:
        """The first row that cannot come in, and why; empty if there is none."""
        first = self.first_left_out
        return "" if first is None else f"{first.where}: {first.why.rstrip('.')}"

    @property
    def weightiest(self) -> ListedPart | None:
        """What explains best that nothing came in: a row, the tests or a prompt; else any part."""
        if self.first_left_out is not None:
            return self.first_left_out
        named = (part for part in self.listed if part.what.startswith(_WEIGHTY))
        return next(named, self.listed[0] if self.listed else None)

    def add(self, part: Listed | Rewritten) -> None:
        """Add a part that a reader gave."""
        if isinstance(part, Listed) and part.is_row:
            self.leave_out(part.where, part.why, part.what)
        elif isinstance(part, Listed):
            self.list(part.where, part.what, part.why)
        elif len(self._rewritten) < _MOST_REWRITTEN:
            view = RewrittenPart(_text(part.where), _text(part.before), _text(part.after))
            self._rewritten.setdefault((view.before, view.after), view)

    def list(self, where: str, what: str, why: str, kind: PartKind = "part") -> None:
        """Add a part that did not come in."""
        self.listed_n += 1
        if len(self.listed) < _MOST_LISTED:
            self.listed.append(ListedPart(_text(where), _text(what), _text(why), kind))

    def leave_out(self, where: str, why: str, what: str = "the row") -> None:
        """Count a row that cannot come in, and list it."""
        self.left_out += 1
        if self.first_left_out is None:
            self.first_left_out = ListedPart(_text(where), _text(what), _text(why), "row")
        self.list(where, what, why, "row")

    def duplicate(self, where: str, first: str) -> None:
        """Count a row that is there already; the first ones are listed."""
        self.duplicates += 1
        if self.duplicates <= _MOST_DUPLICATES:
            self.list(where, "the row", f"it repeats {first}", "duplicate")

    def note(self, sentence: str) -> None:
        """Add a sentence, once."""
        self._notes[_text(sentence, 400)] = None

    def note_row(self, kind: str, where: str, what: str) -> None:
        """Add a note on a row. Of each kind, the first is kept, and the others are counted.

        `what`: a sentence without its full stop.
        """
        first, n = self._of_rows.get(kind) or (_text(f"{where}: {what}", 400), 0)
        self._of_rows[kind] = first, n + 1

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about the import, those on single rows last."""
        of_rows = (
            f"{first}." if n == 1 else f"{first} (and so in {counted(n - 1, 'more row')})."
            for first, n in self._of_rows.values()
        )
        return (*self._notes, *of_rows)

    @property
    def rewritten(self) -> tuple[RewrittenPart, ...]:
        """What came in in another form, each kind once."""
        return tuple(self._rewritten.values())


def _text(text: str, most: int = _LONGEST) -> str:
    return storable(shorten(one_line(text), most))
