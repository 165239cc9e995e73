"""The events that the daemon reports, derived from the rows that the steps store.

No step records an event: the daemon derives it later from the rows, together with its id. So a
daemon that was killed after a step reports the event when it runs again, and it also reports what
people do in other processes. Each event is stored once, and is passed to the listeners once, or
twice if the daemon dies while it does so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, get_args

from tinyarms.core.ids import derived_id
from tinyarms.loop.searching.suggestion import suggestion_of
from tinyarms.loop.testing.live_session import is_single
from tinyarms.loop.watching.event_kinds import ENDINGS, RELEASES, Kind
from tinyarms.store.db.records import (
    EventRecord,
    EventValue,
    HoldbackRecord,
    IntentRecord,
    SessionRecord,
    SessionState,
)
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Event:
    """Something that happened."""

    id: str
    """The same each time the event is reported."""
    at: datetime
    """When it happened."""
    skill: str
    """Empty if the event is about the whole project."""
    kind: Kind
    """What happened. `refused`: a drop that is not evolved. `vote_wanted`: the first ballot of a
    live test waits. `refresh_wanted`: a person has to confirm a refresh. `not_refreshed`: the gate
    did not exclude that the new memory is worse. `stays`: a promotion did not turn out worse than
    the version before it. `edited`: a person's edit of a prompt file became a version.
    `approval`: whether prompts need approval was changed."""
    summary: str
    """What happened, in one sentence."""
    data: Mapping[str, EventValue] = field(default_factory=dict)
    """Plain values for JSON."""


def event_of(record: EventRecord) -> Event | None:
    """The event that a row stores; `None`: a newer tinyArms stored one of a kind that this one does
    not know."""
    if record.kind not in get_args(Kind):
        return None
    kind: Any = record.kind
    return Event(record.id, record.at, record.skill, kind, record.summary, record.data)


def record_of(event: Event) -> EventRecord:
    """The row of an event that has not been reported yet."""
    return EventRecord(
        id=event.id,
        skill=event.skill,
        kind=event.kind,
        summary=event.summary,
        at=event.at,
        data=event.data,
    )


def event(
    kind: Kind, skill: str, subject: object, at: datetime, summary: str, **data: EventValue
) -> Event:
    """Make an event. `subject`: what it is about; a subject has at most one event of each kind."""
    return Event(derived_id("event", kind, skill, subject), at, skill, kind, summary, data)


def happened(work: UnitOfWork, name: str, since: datetime, now: datetime) -> list[Event]:
    """The events of a skill since then that are not stored yet, oldest first."""
    sessions = work.sessions.all(name)
    events = [
        *chain.from_iterable(_of_session(work, session, now) for session in sessions),
        *chain.from_iterable(map(_of_refresh, work.sessions.refreshes(name))),
        *_of_approvals(work, name, now),
        *map(_of_release, work.intents.carried_out(name)),
        *map(_of_holdback, (h for h in work.holdbacks.all(name) if h.result == "kept")),
    ]
    recent = [event for event in events if event.at >= since]
    stored = work.events.known([event.id for event in recent])
    return sorted((event for event in recent if event.id not in stored), key=_sort_key)


def _sort_key(event: Event) -> tuple[datetime, int, int]:
    """By time, then kind, then version, so that events of the same moment have an order."""
    kind = "promoted" if event.kind in RELEASES.values() else event.kind
    version = event.data.get("version")
    return event.at, get_args(Kind).index(kind), version if isinstance(version, int) else 0


def _of_session(work: UnitOfWork, session: SessionRecord, now: datetime) -> Iterable[Event]:
    numbers, test, name = session.trigger_numbers, session.live_test, session.skill
    about = {"session_id": session.id}

    def session_event(kind: Kind, at: datetime, summary: str, **data: EventValue) -> Event:
        return event(kind, name, session.id, at, summary, **about, **data)

    if session.began_with_drop:
        yield session_event(
            "drop",
            session.triggered_at,
            numbers.explanation if numbers else "The accuracy dropped.",
            reason=session.trigger_reason,
            rule=numbers.rule if numbers else None,
            accuracy=numbers.accuracy if numbers else None,
            n=numbers.n if numbers else None,
        )
    if session.author == "writer":
        how = "A scheduled search" if session.trigger_reason == "scheduled" else "A search"
        summary = f"{how} for prompts better than version {session.base_version} began."
        yield session_event("evolving", session.triggered_at, summary, optimizer=session.optimizer)
    if test is not None:
        variants = len(test.arms) - 1
        how = f"tasks are served by {variants + 1} prompts in turn"
        summary = f"The live test began: {how if is_single(session) else 'users choose'}."
        yield session_event("testing", test.started_at, summary, variants=variants)
    if session.state.counts_votes and not is_single(session):
        asked_at = work.experiments.agreement(session.id).first_choice_at
        if asked_at is not None:
            summary = f"Outputs wait for users to choose: tinyarms prompt vote {name}"
            yield session_event("vote_wanted", asked_at, summary)
    decision = session.findings.decision
    reason = decision.reason if decision else ""
    if session.state is SessionState.IN_REVIEW and decision is not None:
        summary = f"Variant {decision.variant} waits for a person: tinyarms prompt review {name}"
        yield session_event("review_wanted", now, summary, variant=decision.variant, reason=reason)
    if session.completed_at is not None and session.state in ENDINGS:
        summary = reason or "The prompt in production stays."
        suggestion = suggestion_of(work, session)
        if suggestion is not None:
            summary = f"{summary} {suggestion.sentence}"
        if session.state is SessionState.CANCELLED:
            summary = f"The session was cancelled. {reason}"
        yield session_event(ENDINGS[session.state], session.completed_at, summary)


def _of_refresh(session: SessionRecord) -> Iterable[Event]:
    """The event of a refresh that its gate refused. One that passed has the event of its
    release."""
    decision, at = session.findings.decision, session.completed_at
    if session.state is SessionState.KEPT and decision is not None and at is not None:
        version, about = session.base_version, session.id
        summary = f"Version {version} keeps its memory. {decision.reason}"
        data: dict[str, EventValue] = {"version": version, "session_id": about}
        yield event("not_refreshed", session.skill, about, at, summary, **data)


def _of_approvals(work: UnitOfWork, name: str, now: datetime) -> Iterable[Event]:
    """The events of prompts in files and of refreshes that wait for a person, one for each, and of
    changes of the setting."""
    for row in work.approvals.all(name):
        if row.verdict in ("switched_on", "switched_off"):
            how = "is required" if row.verdict == "switched_on" else "is not required any more"
            yield event("approval", name, row.id, row.at, f"Approval {how}: {row.note}")
    look = f"waits for a person to approve it: tinyarms prompt review {name}"
    for row in work.approvals.waiting(name):
        yield event("review_wanted", name, row.id, row.at, f"{row.note} {look}")
    for session in work.sessions.refreshes(name):
        if session.state is SessionState.IN_REVIEW:
            summary = f"A memory of new examples {look}"
            yield event("review_wanted", name, session.id, now, summary, session_id=session.id)


def _of_release(intent: IntentRecord) -> Event:
    number, from_version = intent.plan.version, intent.plan.from_version
    letter = None if intent.variant is None else intent.variant.letter
    summary = (
        f"Version {from_version} was rolled back: version {number} has the text of version "
        f"{intent.restored}."
    )
    if intent.kind == "promote":
        summary = f"Variant {letter} is in production as version {number}."
    elif intent.kind == "manual":
        summary = f"The prompt file that was edited by hand is version {number}."
    elif intent.kind == "refresh":
        summary = f"Version {number} is version {from_version} with a memory of new examples."
    why = intent.evidence or intent.reason
    return event(
        RELEASES[intent.cause],
        intent.skill,
        intent.id,
        intent.created_at,
        f"{summary} {why}".strip(),
        version=number,
        from_version=from_version,
        variant=letter,
        restored=intent.restored,
        by_hand=intent.by_hand,
        reason=why,
        session_id=intent.session_id,
    )


def _of_holdback(holdback: HoldbackRecord) -> Event:
    assert holdback.ended_at is not None
    summary = f"Version {holdback.version} stays. {holdback.reason or ''}".strip()
    skill, version = holdback.skill, holdback.version
    return event("stays", skill, holdback.id, holdback.ended_at, summary, version=version)
