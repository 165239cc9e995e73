"""A decided release that is not carried out yet."""

from __future__ import annotations

from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.unfinished import waiting
from tinyarms.loop.testing.conclude import decision_on
from tinyarms.loop.testing.live_session import load_live_test


def waiting_release(context: Context, name: str) -> str | None:
    """The release that waits to be carried out, in words, or `None`. Changes nothing."""
    with context.store.read() as work:
        pending = work.intents.pending(name)
        if pending:
            return waiting(pending[-1])
        session = work.sessions.open(name)
        if session is None or not session.state.counts_votes:
            return None
        test = load_live_test(work, session)
    decision = decision_on(test, test.assess(context.clock()))
    if decision.action != "promote" or decision.arm is None:
        return None
    letter = test.variants[decision.arm].variant_letter
    return f"{name}: the evidence is in for variant {letter}, and its release is not carried out."
