"""Evolution sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, insert, select

from tinyarms.core.errors import ConflictError, ExperimentError
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.store.db.dialects import announce
from tinyarms.store.db.records import (
    ALLOWED,
    OPEN,
    JudgeGrades,
    LiveTestPlan,
    ProbeResult,
    RefreshFinding,
    SessionDecision,
    SessionRecord,
    SessionState,
)
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import record_of, records_of, to_row
from tinyarms.store.db.tables import sessions as table


class OriginalColumns(NamedTuple):
    """The original design's columns for a state."""

    status: Literal["active", "completed", "cancelled"]
    stage: Literal["searching", "testing", "done"]
    result: (
        Literal["promoted", "kept", "no_difference", "nothing_better", "not_worth_it"] | None
    ) = None


ORIGINAL_COLUMNS: Mapping[SessionState, OriginalColumns] = {
    SessionState.SEARCHING: OriginalColumns("active", "searching"),
    SessionState.READY: OriginalColumns("active", "searching"),
    SessionState.TESTING: OriginalColumns("active", "testing"),
    SessionState.IN_REVIEW: OriginalColumns("active", "testing"),
    SessionState.PROMOTED: OriginalColumns("completed", "done", "promoted"),
    SessionState.KEPT: OriginalColumns("completed", "done", "kept"),
    SessionState.NO_DIFFERENCE: OriginalColumns("completed", "done", "no_difference"),
    SessionState.NOTHING_BETTER: OriginalColumns("completed", "done", "nothing_better"),
    SessionState.NOT_WORTH_IT: OriginalColumns("completed", "done", "not_worth_it"),
    SessionState.CANCELLED: OriginalColumns("cancelled", "done"),
}
"""Written for other programs that read the database; tinyArms reads `state`."""


# Each vote runs it while all others wait, and building a statement takes longer than running it.
_SESSION = select(table).where(table.c.id == bindparam("session_id"))
_OF_EVOLUTION = table.c.author.in_(("writer", "people"))
_NEWEST = (
    select(table)
    .where(table.c.skill == bindparam("of"), _OF_EVOLUTION)
    .order_by(table.c.triggered_at.desc(), table.c.id.desc())
    .limit(1)
)
_OPEN = _NEWEST.where(table.c.state.in_(OPEN))


class Sessions(Repository):
    """Evolution sessions and their states.

    The calls of a refresh and of an evaluation belong to a session too. These are no attempts to
    find another prompt, so only `find`, `get`, `refreshes` and `evaluations` return them.
    """

    def add(self, session: SessionRecord) -> None:
        """Add it. Raises `ConflictError` (at the unit of work) if the id is taken."""
        self._connection.execute(insert(table).values(to_row(session) | _original(session)))

    def get(self, session_id: str) -> SessionRecord:
        """The session with this id. Raises `ExperimentError` if there is none."""
        session = self.find(session_id)
        if session is None:
            raise ExperimentError(f"There is no evolution session {session_id}.")
        return session

    def find(self, session_id: str) -> SessionRecord | None:
        """The session with this id; `None` if there is none."""
        row = self._connection.execute(_SESSION, {"session_id": session_id}).one_or_none()
        return None if row is None else record_of(SessionRecord, row)

    def open(self, skill: str) -> SessionRecord | None:
        """The open session; the newest if there are several."""
        return self._first(_OPEN, skill)

    def latest(self, skill: str) -> SessionRecord | None:
        """The newest session, whatever its state."""
        return self._first(_NEWEST, skill)

    def all(self, skill: str) -> list[SessionRecord]:
        """All sessions, oldest first."""
        return self._in_order(skill, _OF_EVOLUTION)

    def refreshes(self, skill: str) -> list[SessionRecord]:
        """The sessions of the skill's refreshes, oldest first."""
        return self._in_order(skill, table.c.author == "refresh")

    def evaluations(self, skill: str) -> list[SessionRecord]:
        """The sessions of the skill's evaluations, oldest first."""
        return self._in_order(skill, table.c.author == "evaluation")

    # Each of these raises `ExperimentError` if there is no such session, and `ConflictError` if its
    # state does not allow the change.

    def note_probe(self, session_id: str, probe: ProbeResult) -> None:
        """Store the headroom probe's report."""
        self._note(session_id, probe=probe)

    def note_judge(self, session_id: str, judge: JudgeGrades) -> None:
        """Store the judge's grades."""
        self._note(session_id, judge=judge)

    def note_gate(self, session_id: str, gate: Mapping[str, GateEvidence]) -> None:
        """Store the offline gate's verdicts, by variant id."""
        self._note(session_id, gate=dict(gate))

    def note_refresh(self, session_id: str, finding: RefreshFinding) -> None:
        """Store what a refresh has found."""
        self._note(session_id, refresh=finding)

    def make_ready(self, session_id: str) -> None:
        """Mark it ready: its variants are stored, and its live test may begin."""
        session = self.get(session_id)
        self._set(session, replace(session, state=SessionState.READY))

    def begin_test(self, session_id: str, plan: LiveTestPlan) -> None:
        """Begin its live test."""
        session = self.get(session_id)
        self._set(session, replace(session, state=SessionState.TESTING, live_test=plan))

    def ask_for_review(self, session_id: str, variant: str | None, reason: str) -> None:
        """Ask a person to review a variant (its letter) that has won the live test, or for `None`
        a refreshed prompt."""
        decision = SessionDecision(reason=reason, variant=variant)
        self._decide(session_id, SessionState.IN_REVIEW, decision)

    def promote(
        self, session_id: str, variant: str | None, version: int, reason: str, now: datetime
    ) -> None:
        """Record that a variant (its letter), or for `None` the refreshed prompt, went into
        production as this version."""
        decision = SessionDecision(reason=reason, variant=variant, version=version)
        self._decide(session_id, SessionState.PROMOTED, decision, now)

    def end(self, session_id: str, state: SessionState, reason: str, now: datetime) -> None:
        """End the session in this state without a promotion."""
        self._decide(session_id, state, SessionDecision(reason=reason), now)

    def _note(self, session_id: str, **findings: Any) -> None:
        session = self.get(session_id)
        self._set(session, replace(session, findings=replace(session.findings, **findings)))

    def _decide(
        self,
        session_id: str,
        state: SessionState,
        decision: SessionDecision,
        now: datetime | None = None,
    ) -> None:
        session = self.get(session_id)
        decided = replace(
            session,
            state=state,
            findings=replace(session.findings, decision=decision),
            completed_at=session.completed_at or now,
            promoted_at=now if state is SessionState.PROMOTED else session.promoted_at,
        )
        self._set(session, decided)

    def _set(self, before: SessionRecord, after: SessionRecord) -> None:
        if after.state is not before.state and after.state not in ALLOWED[before.state]:
            raise ConflictError(
                f"The evolution session {after.id[:8]} of {after.skill} is {before.state.words}: "
                f"it cannot become {after.state.words}.",
                f"See tinyarms prompt results {after.skill}",
            )
        changed = {
            "state": after.state,
            "live_test": after.live_test,
            "findings": after.findings,
            "completed_at": after.completed_at,
            "promoted_at": after.promoted_at,
        }
        row_name = f"evolution session {after.id}"
        self._update_one(table, table.c.id == after.id, row_name, changed | _original(after))
        if after.state is not before.state:
            announce(self._connection)

    def _in_order(self, skill: str, which: ColumnElement[bool]) -> list[SessionRecord]:
        query = select(table).where(table.c.skill == skill, which)
        return records_of(
            SessionRecord,
            self._connection.execute(query.order_by(table.c.triggered_at, table.c.id)).all(),
        )

    def _first(self, query: Select[Any], skill: str) -> SessionRecord | None:
        row = self._connection.execute(query, {"of": skill}).one_or_none()
        return None if row is None else record_of(SessionRecord, row)


def _original(session: SessionRecord) -> dict[str, str | None]:
    """The columns of the original design."""
    decision = session.findings.decision
    promoted = session.state is SessionState.PROMOTED and decision is not None
    letter = decision.variant if promoted and decision is not None else None
    winner = None if letter is None else f"variant_{letter.lower()}"
    return {**ORIGINAL_COLUMNS[session.state]._asdict(), "winning_variant": winner}
