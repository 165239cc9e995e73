"""Count the calls of a run without a result, and end the run if they are frequent."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from tinyarms.core.errors import ModelError, ModelRejected, ModelUnavailable, NotScored
from tinyarms.skills.execution import Unanswered, UnansweredKind

MAX_IN_A_ROW = 5
"""Consecutive failures of different requests that end a run. Higher: an outage costs more waiting,
and a run survives more chance failures."""
MAX_TRIES = 3
"""Tries of a request before the run leaves it out. Higher: fewer examples are left out, and one
that always fails costs more waiting."""
MAX_UNSCORED = 0.1
"""Largest share of outputs that the scorer may leave without a score, in [0, 1]. Higher: a broken
scorer is noticed later."""
MIN_UNSCORED = 3
"""Outputs without a score below which a run never ends. Higher: a broken scorer is noticed
later."""
_log = logging.getLogger("tinyarms")


@dataclass
class Failures:
    """The failures of one run. Call its methods in the order in which the calls count."""

    _in_a_row: int = 0
    """Requests that failed for the first time since the last answer."""
    _failed: set[str] = field(default_factory=set)
    """Keys of the requests that have failed before; they may be at fault themselves."""
    _outputs: int = 0
    _unscored: int = 0
    _told: set[str] = field(default_factory=set)

    def answered(self) -> None:
        """A call brought a reply."""
        self._in_a_row = 0

    def failed(self, key: str, error: ModelError) -> Unanswered:
        """A call brought no reply. Raises `ModelError` if the run must end.

        It must end if no other call would succeed either, and after `MAX_IN_A_ROW` different
        requests have failed in a row. Requests that are too long or have failed before do not
        count, because the server may answer others.
        """
        if error.concerns == "server":
            raise error
        if error.concerns == "input":
            return Unanswered("refused", str(error))
        self._in_a_row += key not in self._failed
        self._failed.add(key)
        if self._in_a_row >= MAX_IN_A_ROW:
            raise ModelUnavailable(
                f"{self._in_a_row} calls in a row failed, the last with: {error.message}",
                error.hint,
            ) from error
        kind: UnansweredKind = "refused" if isinstance(error, ModelRejected) else "failed"
        return Unanswered(kind, str(error))

    def scored(self) -> None:
        """The scorer gave a score."""
        self._outputs += 1

    def not_scored(self, error: NotScored, example: str) -> Unanswered:
        """The scorer gave no score of an output for this example; the log says so once. Raises
        `NotScored` if frequent.

        Frequent is more than `MAX_UNSCORED` of the outputs, and at least `MIN_UNSCORED`.
        """
        self._outputs += 1
        self._unscored += 1
        if self._unscored >= MIN_UNSCORED and self._unscored > MAX_UNSCORED * self._outputs:
            raise NotScored(
                f"{self._unscored} of {self._outputs} outputs could not be scored, the last one "
                f"for {example}: {error.message}",
                "Fix the scorer; the replies are stored.",
            ) from error
        why = f"{example}: {error.message}"
        if why not in self._told:  # A run may have hundreds of outputs for one example.
            self._told.add(why)
            _log.warning("An output could not be scored, %s", why)
        return Unanswered("not_scored", why)
