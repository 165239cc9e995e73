"""Put a variant into production because a person wants it."""

from __future__ import annotations

from dataclasses import replace

from tinyarms.core.errors import ExperimentError
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.approval import Yes
from tinyarms.loop.releasing.restore import Promotion, carry_out
from tinyarms.loop.releasing.unfinished import recover
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.promotion_doubts import promotion_doubts
from tinyarms.loop.testing.winner import release_of
from tinyarms.store.db.records import SessionRecord, VariantRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

_BY_HAND = "Promoted by hand."


def promote(
    context: Context,
    name: str,
    variant: str,
    *,
    yes: Yes | None = None,
    won: str | None = None,
) -> Promotion:
    """Put a variant of the latest session into production: `A`, `variant_a` or its id.

    Works during the live test, which then ends, and afterwards. `yes`: of the person who approves
    it now. `won`: the evidence of the live test that it has won; `None`: it is promoted by hand.
    Raises `ExperimentError` if there is no such variant, or if its prompt is already in production,
    and `ApprovalRequired` if nobody has approved it and a person has to.
    """
    recover(context, name)
    active = active_version(context, name)
    with context.store.read() as work:
        session, chosen = find_variant(work, name, variant)
        warning = promotion_doubts(work, session, chosen, active.number, context.clock())
        planned = release_of(context, work, session, chosen, active, _BY_HAND, "promotion_by_hand")
    if won is not None and context.skill(name).needs_approval:
        planned = replace(planned, cause="promotion", evidence=won)
    if chosen.prompt.hash == active.prompt.hash:
        raise ExperimentError(
            f"Variant {chosen.variant_letter} is in production already: version {active.number}."
        )
    return carry_out(context, replace(planned, yes=yes), warning)


def find_variant(work: UnitOfWork, name: str, variant: str) -> tuple[SessionRecord, VariantRecord]:
    """A challenger of the skill's latest session. Raises `ExperimentError`."""
    session = work.sessions.latest(name)
    if session is None:
        raise ExperimentError(
            f"{name} has no evolution session yet.", f"Start one: tinyarms prompt evolve {name}"
        )
    challengers = [v for v in work.experiments.variants(session.id) if v.role == "challenger"]
    letter = variant.strip().upper().removeprefix("VARIANT_")
    for candidate in challengers:
        if variant == candidate.id or letter == candidate.variant_letter:
            return session, candidate
    letters = ", ".join(candidate.variant_letter for candidate in challengers)
    raise ExperimentError(
        f"The session {session.id[:8]} of {name} has no variant {variant!r}.",
        f"It has: {letters}." if letters else "It has none: nothing better was found.",
    )
