"""The kinds of events, and which one tells of what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from tinyarms.release.plan import ReleaseCause
from tinyarms.store.db.records import SessionState

Kind = Literal[
    "drop",
    "refused",
    "evolving",
    "not_worth_it",
    "nothing_better",
    "testing",
    "vote_wanted",
    "review_wanted",
    "refresh_wanted",
    "kept",
    "no_difference",
    "cancelled",
    "not_refreshed",
    "promoted",
    "refreshed",
    "stays",
    "rolled_back",
    "reset",
    "edited",
    "approval",
    "pruned",
    "error",
]
"""Ordered as they are reported if they happen at the same moment.

`refused`: a drop that is not evolved. `vote_wanted`: the first ballot of a live test waits.
`refresh_wanted`: a person has to confirm a refresh. `not_refreshed`: the gate did not exclude that
the new memory is worse. `stays`: a promotion did not turn out worse than the version before it.
`edited`: a person's edit of a prompt file became a version. `approval`: whether prompts need
approval was changed. `kept`, `no_difference`: the live test
ended without a promotion, or nothing passed the gate or the judge.
"""

RELEASES: Mapping[ReleaseCause, Kind] = {
    "promotion": "promoted",
    "promotion_by_hand": "promoted",
    "rollback_by_hand": "rolled_back",
    "reset_by_hand": "reset",
    "periodic_reset": "reset",
    "rollback": "rolled_back",
    "hand_edit": "edited",
    "refresh": "refreshed",
}
"""Cause of a release → kind of its event."""


ENDINGS: Mapping[SessionState, Kind] = {
    SessionState.KEPT: "kept",
    SessionState.NO_DIFFERENCE: "no_difference",
    SessionState.NOTHING_BETTER: "nothing_better",
    SessionState.NOT_WORTH_IT: "not_worth_it",
    SessionState.CANCELLED: "cancelled",
}
"""State at the end of a session → kind of its event. A promotion has the event of its release."""
