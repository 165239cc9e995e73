"""Status texts for an open session and for a promotion that is compared."""

from __future__ import annotations

from typing import Literal

from tinyarms.loop.releasing.holdback_check import why_suspended
from tinyarms.loop.testing.conclude import stored_conclusion
from tinyarms.loop.testing.live_session import is_single
from tinyarms.store.db.records import HoldbackRecord, SessionRecord

SessionAction = Literal["wait", "vote", "feedback", "review"]


def cause(session: SessionRecord) -> str:
    """How the session began, in words."""
    words = {"manual": "started by hand", "scheduled": "started on schedule"}
    return words.get(session.trigger_reason, "triggered")


def session_step(session: SessionRecord) -> tuple[SessionAction, str, str]:
    """The action, the status and what happens next, for a session in its live test or in review."""
    name, status = session.skill, f"Evolution {cause(session)}"
    if session.state.counts_votes:
        status = f"{status}, live test in progress"
        if is_single(session):
            following = "The prompts take turns at tasks; give feedback: "
            return "feedback", status, f"{following}tinyarms feedback TASK_ID --success"
        return "vote", status, f"Users choose: tinyarms prompt vote {name}"
    variant = stored_conclusion(session).variant
    status = f"{status}, variant {variant} waits for your review"
    return "review", status, f"tinyarms prompt review {name}"


def compared(holdback: HoldbackRecord) -> tuple[str, str]:
    """The status of a promotion that is compared with the version before it, and what happens
    next."""
    problem = why_suspended(holdback)
    if problem is not None:
        status = f"the comparison with version {holdback.reference} is suspended"
        return f"Version {holdback.version} is new, {status}", f"{problem} Find out why."
    return (
        f"Version {holdback.version} is new, compared with version {holdback.reference}",
        "It is rolled back by itself if it is credibly worse.",
    )
