"""Refresh the memory of the prompt in production: the same prompt remembers the present examples.

The gate's replies are stored, so that a refresh that is interrupted, or that waits for a person,
makes no call twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from tinyarms.core.errors import ExperimentError
from tinyarms.core.ids import new_id
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.loop.project.accuracy import known_accuracy
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import lease
from tinyarms.loop.project.listener import SILENT, Listener
from tinyarms.loop.project.memories import check_there
from tinyarms.loop.refreshing.gate_run import run_gate
from tinyarms.loop.refreshing.planned import PlannedRefresh, plan_refresh
from tinyarms.loop.refreshing.view import RefreshResult, RefreshView, fitted_in_words, unchanged
from tinyarms.loop.releasing.approval import needs_approval
from tinyarms.loop.releasing.release_intent import Release, release
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.testing.create import check_evolvable, session_is_open
from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.records import RefreshFinding, SessionRecord, SessionState
from tinyarms.store.db.unit_of_work import UnitOfWork

REASON = "New examples to remember"
"""Why the period of the version with the old memory ends."""


def refresh(
    context: Context,
    name: str,
    *,
    demonstrations: int | None = None,
    confirmed: bool = False,
    trigger: Literal["manual", "new_examples"] = "manual",
    listener: Listener = SILENT,
) -> RefreshView:
    """Give the prompt in production a memory of the present gold examples, if the gate passes.

    The version that goes into production has the same text; a holdback follows, as after a
    promotion. `demonstrations`: gives a prompt without a memory one that shows so many examples.
    `confirmed`: a person wants it although there are too few rows for the gate.

    Raises `LeaseHeld` while another process searches, `ExperimentError` while a search, a live
    test, a review or a holdback is open, `NotEvolvable`, and what the gate raises.
    """
    skill = context.skill(name).skill
    check_evolvable(skill)
    with lease(context, name, "refresh"):
        conclude_due(context, name)
        version = active_version(context, name)
        with context.store.read() as work:
            check_free(work, name)
        planned = plan_refresh(context, skill, version.prompt, demonstrations, listener)
        if planned is None or planned.change.is_none:
            return unchanged(version, planned)
        session_id = _begin(context, version, trigger)
        try:
            gate, prompt = run_gate(context, skill, session_id, planned, listener)
            planned = replace(planned, new=prompt)
            _note(context, name, session_id, planned, gate)
        except BaseException:
            _end(context, session_id, SessionState.CANCELLED, "The gate was interrupted.")
            raise
        with context.store.read() as work:
            waits = needs_approval(context, work, name)
        if waits and (gate.passed or not gate.enough):
            return _ask(context, version, planned, session_id, gate)
        if gate.passed or (confirmed and not gate.enough):
            return _release(context, version, planned, session_id, gate)
        return _refused(context, version, planned, session_id, gate)


def check_free(work: UnitOfWork, name: str) -> None:
    """Raise `ExperimentError` if a session or a holdback of the skill is open."""
    session, holdback = work.sessions.open(name), work.holdbacks.open(name)
    if session is not None:
        raise session_is_open(session)
    if holdback is not None:
        raise ExperimentError(
            f"{name}: version {holdback.version} is still compared with version "
            f"{holdback.reference} (its holdback is open).",
            f"Wait until that is decided: tinyarms prompt stats {name}",
        )


def _begin(context: Context, version: PromptVersion, trigger: str) -> str:
    """Store the session that the gate's calls belong to; returns its id."""
    session = SessionRecord(
        id=new_id(),
        skill=version.skill,
        original_prompt_hash=version.prompt.hash,
        triggered_at=context.clock(),
        trigger_reason=trigger,
        base_version=version.number,
        preset=context.project.settings.preset,
        author="refresh",
        optimizer="refresh",
        seed=0,
        state=SessionState.READY,
    )
    with context.store.unit_of_work(durable=True) as work:
        check_free(work, version.skill)
        for earlier in work.sessions.refreshes(version.skill):
            if earlier.state.is_open:  # Its process was killed, or it waits for approval.
                waits = earlier.state is SessionState.IN_REVIEW
                reason = "A newer refresh began." if waits else "The gate was interrupted."
                now = context.clock()
                work.sessions.end(earlier.id, SessionState.CANCELLED, reason, now)
        work.sessions.add(session)
    return session.id


def _end(context: Context, session_id: str, state: SessionState, reason: str) -> None:
    with context.store.unit_of_work(durable=True) as work:
        work.sessions.end(session_id, state, reason, context.clock())


def _note(
    context: Context, name: str, session_id: str, planned: PlannedRefresh, gate: GateEvidence
) -> None:
    """Store what was found. Raises `ConflictError` if an example was deleted meanwhile, as when its
    user is forgotten: the prompt was fitted on it."""
    memory = planned.memory
    finding = RefreshFinding(
        snapshot=memory.snapshot,
        rows=len(memory.examples),
        gate=gate,
        retrieve=planned.new.retrieve,
        prompt=planned.new,
    )
    with context.store.unit_of_work(durable=True) as work:
        check_there(work, name, memory)
        work.sessions.note_refresh(session_id, finding)


def _release(
    context: Context,
    version: PromptVersion,
    planned: PlannedRefresh,
    session_id: str,
    gate: GateEvidence,
) -> RefreshView:
    skill = context.skill(version.skill).skill
    context.memories.keep(skill, planned.memory)
    with release(context, version.skill) as releasing:
        check_free(releasing.work, version.skill)
        now = context.clock()
        releasing.plan(
            Release(
                skill=version.skill,
                prompt=planned.new,
                cause="refresh",
                expected_version=version.number,
                reason=REASON,
                source="refresh",
                previous_accuracy=known_accuracy(
                    releasing.work, version.skill, version.number, now
                ),
                refresh=session_id,
                evidence=gate.reason,
            )
        )
    new = releasing.version
    sentence = (
        f"{version.skill}: version {new.number} is in production: version {version.number} with a "
        f"memory of {planned.change.words}{fitted_in_words(planned)}. {gate.reason}"
    )
    return _view(context, "refreshed", sentence, new, planned, session_id, gate)


def _ask(
    context: Context,
    version: PromptVersion,
    planned: PlannedRefresh,
    session_id: str,
    gate: GateEvidence,
) -> RefreshView:
    """Let the refresh wait for a person, where each prompt of the skill needs approval."""
    name, rows = version.skill, planned.change.words
    context.memories.keep(context.skill(name).skill, planned.memory)
    with context.store.unit_of_work(durable=True) as work:
        work.sessions.ask_for_review(session_id, None, f"A memory of {rows}. {gate.reason}")
    sentence = (
        f"{name}: version {version.number} with a memory of {rows} waits for a person to approve "
        f"it. {gate.reason} To approve it: tinyarms prompt approve {name}"
    )
    return _view(context, "approval_wanted", sentence, version, planned, session_id, gate)


def _refused(
    context: Context,
    version: PromptVersion,
    planned: PlannedRefresh,
    session_id: str,
    gate: GateEvidence,
) -> RefreshView:
    name = version.skill
    if gate.enough:
        reason = f"The memory of {planned.change.words} may be worse by 3 points. {gate.reason}"
        _end(context, session_id, SessionState.KEPT, reason)
        sentence = f"{name}: version {version.number} keeps its memory. {reason}"
        return _view(context, "not_refreshed", sentence, version, planned, session_id, gate)
    reason = f"A memory of {planned.change.words} waits for a person. {gate.reason}"
    _end(context, session_id, SessionState.CANCELLED, reason)
    retrieve, shown = planned.new.retrieve, ""
    if planned.old.retrieve is None and retrieve is not None:  # The first memory.
        shown = f" --demonstrations {retrieve.demonstrations}"
    sentence = f"{name}: {reason} To confirm it: tinyarms prompt refresh {name}{shown} --yes"
    return _view(context, "confirmation_wanted", sentence, version, planned, session_id, gate)


def _view(
    context: Context,
    result: RefreshResult,
    sentence: str,
    version: PromptVersion,
    planned: PlannedRefresh,
    session_id: str,
    gate: GateEvidence,
) -> RefreshView:
    with context.store.read() as work:
        calls = work.calls.counts(session_id)["task_calls"]
    return RefreshView(
        skill=version.skill,
        result=result,
        sentence=sentence,
        version=version.number,
        path=version.path,
        **vars(planned.change),
        gate=gate,
        session_id=session_id,
        calls=calls,
    )
