"""Start a live test: run the offline gate, and choose the variants that users see."""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.core.errors import ConfigError, ConflictError, ExperimentError
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import SILENT, Listener
from tinyarms.loop.releasing.release_intent import in_production
from tinyarms.loop.releasing.release_rows import end_session
from tinyarms.loop.releasing.unfinished import settled
from tinyarms.loop.testing.gate_report import GateReport, gate_report, none_passed
from tinyarms.loop.testing.live_session import plan_live_test
from tinyarms.loop.testing.offline_gate_run import Gate, run_gate
from tinyarms.loop.testing.pace_warning import pace_warning
from tinyarms.loop.testing.rounds import narrow, place_of
from tinyarms.store.db.records import SessionRecord, SessionState, VariantRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


def start_experiment(
    context: Context,
    session_id: str,
    caller: Caller | None = None,
    listener: Listener = SILENT,
) -> GateReport:
    """Start the live test of a session's variants that pass the offline gate.

    The session's incumbent (letter "") and challengers (A, B …, the most promising first) are
    stored. If people wrote more prompts than a ballot shows, the others are cut, or wait for a
    later round. `caller` continues the session's calls; without it, they begin here. After an
    interruption, another call uses the stored replies. Raises `ExperimentError` if the session does
    not wait for its live test, `ConflictError` if its prompt is no longer in production, and
    `ModelError` if no model answers.
    """
    with context.store.read() as work:
        check_mode(context, work.sessions.get(session_id).skill)
    with context.store.read() as work:
        session = _ready(work, session_id)
        variants = work.experiments.variants(session_id)
    variants, caller = narrow(context, session, variants, caller, listener)
    place = place_of(context, session, variants)
    tested = [variant for variant in variants if variant.status == "open"]
    gate = run_gate(context, session, tested, caller, listener, place.rounds)
    if gate.shown:
        warning = pace_warning(context, session.skill, gate.rule, len(gate.shown), place.rounds)
        if warning is not None:
            listener.note(warning)
    with settled(context, session.skill) as work:
        session = _ready(work, session_id)
        number = in_production(work, session.skill).number
        replaced = number != session.base_version
        if replaced:
            reason = f"Version {number} went into production during the search."
            end_session(context, work, session_id, SessionState.CANCELLED, reason)
        else:
            _note_left_out(work, variants)
            _begin(context, work, session, gate, place.rounds)
    if replaced:
        raise ConflictError(f"{session.skill}: {reason}", "Evolve again from there.")
    context.prompt_cache.pop(session.skill, None)
    return gate_report(session, gate)


def check_mode(context: Context, name: str) -> None:
    """Raise `ConfigError` if the mode of live tests in the settings does not suit the preset, or a
    skill whose prompts need approval."""
    settings = context.project.settings
    if settings.experiment.mode == "single" and context.skill(name).needs_approval:
        raise ConfigError(
            f"{name} has approval: required, and in experiment.mode: single a live test would "
            "serve tasks with prompts that nobody has approved.",
            "Set the mode to pick in config/constants.yaml: then users only compare outputs.",
        )
    if settings.preset == "original" and settings.experiment.mode != "pick":
        raise ConfigError(
            "The original preset has no experiment.mode: single.",
            "Set it to pick in config/constants.yaml.",
        )


def _note_left_out(work: UnitOfWork, variants: Sequence[VariantRecord]) -> None:
    """Store which variants are cut, with their accuracies, and which wait for a later round."""
    for variant in variants:
        if variant.status != "open":
            work.experiments.set_status(variant.id, variant.status)
            work.experiments.set_accuracy(variant.id, variant.accuracy, variant.accuracy_n)


def _begin(
    context: Context, work: UnitOfWork, session: SessionRecord, gate: Gate, rounds: int
) -> None:
    """Store the gate's measurements, and begin the live test or end the session."""
    for variant in gate.variants:
        work.experiments.set_accuracy(variant.id, variant.accuracy, variant.accuracy_n)
    work.sessions.note_gate(session.id, gate.evidence)
    if not gate.shown:
        end_session(context, work, session.id, SessionState.KEPT, none_passed(gate))
        return
    for variant_id in gate.rejected:
        work.experiments.set_status(variant_id, "archived")
    arms = [variant.id for variant in gate.arms]
    now, settings = context.clock(), context.project.settings
    plan = plan_live_test(settings, gate.rule, arms, now, rounds)
    work.sessions.begin_test(session.id, plan)


def _ready(work: UnitOfWork, session_id: str) -> SessionRecord:
    """The session, if it waits for its live test."""
    session = work.sessions.get(session_id)
    if session.state is not SessionState.READY:
        decision = session.findings.decision
        reason = "" if decision is None else decision.reason
        raise ExperimentError(
            f"The session {session_id[:8]} is {session.state.words}. {reason}".strip(),
            "Only a session whose search has ended can start its live test.",
        )
    return session
