"""Promote variants by hand, and review winners that wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyarms.core.errors import ExperimentError
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_rows import end_session
from tinyarms.loop.releasing.restore import Promotion, carry_out
from tinyarms.loop.releasing.unfinished import recover, settled
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.conclude import Conclusion, stored_conclusion
from tinyarms.loop.testing.promotion_doubts import promotion_doubts
from tinyarms.loop.testing.winner import release_of
from tinyarms.store.db.records import SessionRecord, SessionState, VariantRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


def promote(context: Context, name: str, variant: str) -> Promotion:
    """Put a variant of the latest session into production: `A`, `variant_a` or its id.

    Works during the live test, which then ends, and afterwards. Raises `ExperimentError` if there
    is no such variant, or if its prompt is already in production.
    """
    recover(context, name)
    active = active_version(context, name)
    with context.store.read() as work:
        session, chosen = _find_variant(work, name, variant)
        warning = promotion_doubts(work, session, chosen, active.number, context.clock())
        planned = release_of(
            context, work, session, chosen, active, "Promoted by hand.", "promotion_by_hand"
        )
    if chosen.prompt.hash == active.prompt.hash:
        raise ExperimentError(
            f"Variant {chosen.variant_letter} is in production already: version {active.number}."
        )
    return carry_out(context, planned, warning)


def waiting(context: Context, names: Sequence[str] | None = None) -> list[ReviewView]:
    """The winners that wait for a person, of these skills or of all skills."""
    for name in names or ():
        context.skill(name)
    reviews = []
    with context.store.read() as work:
        for name in names or context.project.skills:
            session = _in_review(work, name)
            if session is not None:
                reviews.append(_review(work, session))
    return reviews


def accept(context: Context, name: str) -> Promotion:
    """Put the waiting winner into production. Raises `ExperimentError` if none waits."""
    return promote(context, name, _waiting_for(context, name).variant)


def refuse(context: Context, name: str) -> Conclusion:
    """Keep the prompt in production. Raises `ExperimentError` if no winner waits."""
    session_id = _waiting_for(context, name).session_id
    with settled(context, name) as work:
        session = _in_review(work, name)
        if session is None or session.id != session_id:
            raise _nothing_waits(name)
        end_session(context, work, session_id, SessionState.KEPT, "Refused in review.")
        return stored_conclusion(work.sessions.get(session_id))


def _waiting_for(context: Context, name: str) -> ReviewView:
    reviews = waiting(context, [name])
    if not reviews:
        raise _nothing_waits(name)
    return reviews[0]


def _nothing_waits(name: str) -> ExperimentError:
    return ExperimentError(f"{name}: no variant waits for review.", "See: tinyarms prompt review")


def _in_review(work: UnitOfWork, name: str) -> SessionRecord | None:
    session = work.sessions.open(name)
    in_review = session is not None and session.state is SessionState.IN_REVIEW
    return session if in_review else None


def _review(work: UnitOfWork, session: SessionRecord) -> ReviewView:
    conclusion = stored_conclusion(session)
    variants = work.experiments.variants(session.id)
    winner = next(v for v in variants if v.variant_letter == conclusion.variant)
    return ReviewView(
        skill=session.skill,
        session_id=session.id,
        variant=winner.variant_letter,
        accuracy=winner.accuracy,
        accuracy_n=winner.accuracy_n,
        reason=conclusion.reason,
        prompt=winner.prompt.text,
    )


def _find_variant(work: UnitOfWork, name: str, variant: str) -> tuple[SessionRecord, VariantRecord]:
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


@dataclass(frozen=True)
class ReviewView:
    """A variant that won its live test and waits for a person."""

    skill: str
    session_id: str
    variant: str
    """The variant's letter."""
    accuracy: float | None
    accuracy_n: int
    reason: str
    """Why the variant won, and why it waits."""
    prompt: str
    """The text of its prompt."""
