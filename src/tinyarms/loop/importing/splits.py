"""The splits of other tools, in the terms of this one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tinyarms.core.ids import content_hash
from tinyarms.core.text import counted, shorten
from tinyarms.exchange.incoming.split_words import our_split
from tinyarms.skills.example import Split, assign_split

_SEARCHED = 0.6
"""Share of the rows for training that stay for the search where none is for the selection."""


class Splits:
    """Gives each row its split, by the splits that all rows have together.

    Where all rows have the same split, it says nothing. Where none is for the selection, which a
    search needs, a part of the rows for training is.
    """

    def __init__(self, names: Counter[str | None], *, are_kept: bool = False) -> None:
        """`are_kept`: whether each row keeps its split, whatever the others have."""
        known = {_ours(name) for name in names} - {None}
        self._are_used = are_kept or len(known) > 1
        self._lacks_selection = not are_kept and "search" in known and "selection" not in known
        self.notes = tuple(self._notes(names))

    def of(self, name: str | None, inputs: Mapping[str, str]) -> Split:
        """The split of a row."""
        ours = _ours(name)
        if not self._are_used or ours is None:
            return assign_split(inputs)
        if ours == "search" and self._lacks_selection:
            position = int(content_hash(["selection", dict(inputs)])[:8], 16) / 0x1_0000_0000
            return "search" if position < _SEARCHED else "selection"
        return ours

    def _notes(self, names: Counter[str | None]) -> list[str]:
        notes = []
        given = [name for name in names if name is not None]
        unknown = [name for name in given if _ours(name) is None]
        if unknown:
            rows = counted(sum(names[name] for name in unknown), "row")
            others = f" and {counted(len(unknown) - 1, 'other')}" if len(unknown) > 1 else ""
            notes.append(
                f"{shorten(unknown[0], 40)!r}{others} of {rows} is no split of this tool's; "
                "the hash of the inputs decides."
            )
        if any(_ours(name) for name in given) and not self._are_used:
            notes.append("All rows have the same split, so the hash of the inputs decides.")
        elif self._are_used and self._lacks_selection:
            notes.append(
                "No row is for the selection (validation), so a part of those for training is."
            )
        return notes


def _ours(name: str | None) -> Split | None:
    return None if name is None else our_split(name)
