"""The answers to the ballots of a live test, as this process has read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tinyarms.experiments.arms import Outcome
from tinyarms.store.db.repositories.experiments import Agreement


@dataclass(frozen=True)
class KnownAnswers:
    """All answers of a live test up to one of them."""

    session_id: str
    outcomes: tuple[Outcome, ...] = ()
    """The answers that count, oldest first, including skips and "none of these"."""
    skips: int = 0
    none_of_these: int = 0
    excluded: Mapping[str, int] = field(default_factory=Counter)
    """Why answers do not count → how many."""
    picks: Mapping[str, int] = field(default_factory=dict)
    """User → how often they picked an output; "" for users without a name."""
    last_answers: Mapping[str, datetime] = field(default_factory=dict)
    """User → when they answered last, even if it does not count."""
    agreement: Agreement = Agreement(0, 0, None)  # noqa: RUF009
    """How often all outputs were the same, when it was read."""
    first: int = 0
    """The place of the first answer among the votes of all sessions; 0 if there is none."""
    last: int = 0
    """The place of the last one."""
    last_id: str = ""
    """Its id."""
    between: int = 0
    """Number of votes, of all sessions, from the first place to the last."""

    def picks_since(self, since: datetime, user: str | None) -> dict[str, int]:
        """Picks of `user`, and of each user who has answered since then."""
        active = {name for name, at in self.last_answers.items() if at >= since}
        if (user or "") in self.last_answers:
            active.add(user or "")
        return {name: self.picks.get(name, 0) for name in active}
