"""Begin the next round: the prompts that waited, against the prompt in production now."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from tinyarms.core.errors import ConflictError, LeaseHeld
from tinyarms.core.ids import new_id
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import lease
from tinyarms.loop.releasing.release_intent import in_production
from tinyarms.loop.releasing.unfinished import settled
from tinyarms.store.db.records import SessionRecord, SessionState, VariantRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

_DECIDED = (SessionState.PROMOTED, SessionState.KEPT, SessionState.NO_DIFFERENCE)
"""The ends of a round after which the next round begins."""


def begin_next_round(context: Context, name: str) -> None:
    """Begin the round that is due, if there is one. Safe to repeat; concurrent processes begin one.

    A round that needs a model, for an offline gate or cut, is only stored; it begins like an
    interrupted offline gate. Raises `UnwritableFiles` if a release has to wait.
    """
    with context.store.read() as work:
        due, session = _waiting(work, name), work.sessions.latest(name)
    if due and context.skill(name).skill.evolvable:
        with settled(context, name) as work:
            session = _store(context, work, name)
    if session is not None and _is_stored(context, session):
        with suppress(LeaseHeld, ConflictError), lease(context, name, "start of a live test"):
            _start(context, session)


def may_have_a_next_round(newest: SessionRecord) -> bool:
    """Whether a round may be due after this session, the newest of its skill."""
    return newest.author == "people" and newest.state in (*_DECIDED, SessionState.READY)


def waiting_of(work: UnitOfWork, session: SessionRecord) -> list[VariantRecord]:
    """The variants of the session that wait for a later round."""
    return [v for v in work.experiments.variants(session.id) if v.status == "waiting"]


def _waiting(work: UnitOfWork, name: str) -> list[VariantRecord]:
    """The variants whose round is due; empty while a session is open and after a cancelled
    session."""
    session = work.sessions.latest(name)
    if session is None or session.state not in _DECIDED or session.author != "people":
        return []
    return waiting_of(work, session)


def _store(context: Context, work: UnitOfWork, name: str) -> SessionRecord | None:
    """Store the session of the next round, and archive the variants that waited for it."""
    previous, waiting = work.sessions.latest(name), _waiting(work, name)
    if previous is None or not waiting:
        return previous
    version = in_production(work, name)
    session = SessionRecord(
        id=new_id(),
        skill=name,
        original_prompt_hash=version.prompt.hash,
        # Later than the previous round, even if the clock has not moved.
        triggered_at=max(context.clock(), previous.triggered_at + timedelta(microseconds=1)),
        trigger_reason=previous.trigger_reason,
        base_version=version.number,
        preset=previous.preset,
        author=previous.author,
        optimizer=previous.optimizer,
        seed=previous.seed,
        state=SessionState.READY,
    )
    incumbent = VariantRecord(
        id=new_id(), session_id=session.id, variant_letter="", prompt=version.prompt,
        role="incumbent",
    )  # fmt: skip
    # A person may have put a waiting variant into production by hand.
    challengers = [
        replace(variant, id=new_id(), session_id=session.id, status="open")
        for variant in waiting
        if variant.prompt.hash != version.prompt.hash
    ]
    for variant in waiting:
        work.experiments.set_status(variant.id, "archived")
    if not challengers:
        return None
    work.sessions.add(session)
    work.experiments.add_variants([incumbent, *challengers])
    return session


def _is_stored(context: Context, session: SessionRecord) -> bool:
    """Whether the session is a later round that has not begun and needs no model to begin."""
    from tinyarms.loop.testing.held_out import outlook
    from tinyarms.loop.testing.rounds import cut_examples, place_of, seats

    if session.state is not SessionState.READY or session.author != "people":
        return False
    with context.store.read() as work:
        variants = work.experiments.variants(session.id)
    if place_of(context, session, variants).round == 1:
        return False
    skill, challengers = context.skill(session.skill).skill, len(variants) - 1
    if challengers > seats(context, session.preset, challengers) and cut_examples(
        context, skill, session.preset
    ):
        return False
    return outlook(context, skill, session.preset, challengers).reads == 0


def _start(context: Context, session: SessionRecord) -> None:
    from tinyarms.loop.testing.start import start_experiment

    with context.store.read() as work:
        is_ready = work.sessions.get(session.id).state is SessionState.READY
    if is_ready:
        report = start_experiment(context, session.id)
        letters = " and ".join(line.letter for line in report.challengers)
        context.notices.append(f"{session.skill}: the next round has begun, with {letters}.")
