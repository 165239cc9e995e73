"""The beginning of a live test: the offline gate, and what users will be asked about."""

from __future__ import annotations

from tinyarms.core.errors import ConfigError, ConflictError, ExperimentError
from tinyarms.experiments.offline_gate import MIN_TEST_EXAMPLES
from tinyarms.experiments.rules.single_mode import SingleMode
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import SILENT, Listener
from tinyarms.loop.releasing.release_intent import in_production, settled
from tinyarms.loop.releasing.release_rows import end_session
from tinyarms.loop.testing.live_session import plan_live_test
from tinyarms.loop.testing.offline_gate_run import Gate, GateLine, GateReport, run_gate
from tinyarms.store.db.records import SessionRecord, SessionState
from tinyarms.store.db.unit_of_work import UnitOfWork


def start_experiment(
    context: Context,
    session_id: str,
    caller: Caller | None = None,
    listener: Listener = SILENT,
) -> GateReport:
    """Let a session's variants into the live test, as far as the offline gate lets them.

    The session has its incumbent (letter "") and its challengers (A, B …, the most promising
    first) stored. `caller` goes on with the session's calls; without it they begin here. Called
    again after an interruption it takes the stored replies. Raises `ExperimentError` if the
    session is not waiting for its live test, `ConflictError` if its prompt is not in production
    any more, and `ModelError` if no model answers.
    """
    check_mode(context)
    with context.store.read() as work:
        session = _ready(work, session_id)
        variants = work.experiments.variants(session_id)
    gate = run_gate(context, session, variants, caller, listener)
    with settled(context, session.skill) as work:
        session = _ready(work, session_id)
        number = in_production(work, session.skill).number
        moved = number != session.base_version
        if moved:
            reason = f"Version {number} went into production during the search."
            end_session(context, work, session_id, SessionState.CANCELLED, reason)
        else:
            _begin(context, work, session, gate)
    if moved:
        raise ConflictError(f"{session.skill}: {reason}", "Evolve again from there.")
    context.serving.pop(session.skill, None)
    return _report(session, gate)


def check_mode(context: Context) -> None:
    """Raise `ConfigError` for a mode of live tests that the preset does not have."""
    settings = context.project.settings
    if settings.preset == "original" and settings.experiment.mode != "pick":
        raise ConfigError(
            "The original preset has no experiment.mode: single.",
            "Set it to pick in config/constants.yaml.",
        )


def _begin(context: Context, work: UnitOfWork, session: SessionRecord, gate: Gate) -> None:
    for variant in gate.variants:
        work.experiments.set_accuracy(variant.id, variant.accuracy, variant.accuracy_n)
    work.sessions.note_gate(session.id, gate.evidence)
    if not gate.shown:
        end_session(context, work, session.id, SessionState.KEPT, _nothing_passed(gate))
        return
    for variant_id in gate.out:
        work.experiments.set_status(variant_id, "archived")
    arms = [variant.id for variant in gate.arms]
    plan = plan_live_test(context.project.settings, gate.rule, arms, context.clock())
    work.sessions.begin_test(session.id, plan)


def _report(session: SessionRecord, gate: Gate) -> GateReport:
    incumbent, *challengers = gate.variants
    started = bool(gate.shown)
    return GateReport(
        session_id=session.id,
        skill=session.skill,
        started=started,
        rule=gate.rule if started else None,
        gate_ran=gate.ran,
        examples=gate.examples,
        incumbent_accuracy=incumbent.accuracy,
        incumbent_n=incumbent.accuracy_n,
        challengers=tuple(
            GateLine(
                letter=variant.variant_letter,
                accuracy=variant.accuracy,
                n=variant.accuracy_n,
                shown=variant.id in gate.shown,
                reason=_said(gate, variant.id),
            )
            for variant in challengers
        ),
        reason=_why_so(gate) if started else _nothing_passed(gate),
    )


def _said(gate: Gate, variant_id: str) -> str:
    evidence = gate.evidence.get(variant_id)
    return gate.out.get(variant_id, evidence.reason if evidence else "")


def _why_so(gate: Gate) -> str:
    if gate.rule == SingleMode.name:
        return f"Each task is served by one prompt, and outcomes decide. {_gate_so(gate)}"
    if gate.ran:
        return f"Users choose between what passed the offline gate ({gate.sees})."
    if gate.preset == "original":
        return "The original preset has no offline gate: users decide."
    if not gate.reached:
        return (
            "No offline gate: the budget ended before it was done. Users alone decide, by a "
            "stricter rule."
        )
    return (
        f"No offline gate: it needs a scorer and {MIN_TEST_EXAMPLES} test examples, and there are "
        f"{gate.examples}. Users alone decide, by a stricter rule."
    )


def _gate_so(gate: Gate) -> str:
    if gate.ran:
        return f"They passed the offline gate ({gate.sees})."
    return "No offline gate was run."


def _nothing_passed(gate: Gate) -> str:
    return f"No variant passed the offline gate ({gate.sees})."


def _ready(work: UnitOfWork, session_id: str) -> SessionRecord:
    session = work.sessions.get(session_id)
    if session.state is not SessionState.READY:
        decision = session.findings.decision
        why = "" if decision is None else decision.reason
        raise ExperimentError(
            f"The session {session_id[:8]} is {session.state.words}. {why}".strip(),
            "Only a session that has ended its search can start its live test.",
        )
    return session
