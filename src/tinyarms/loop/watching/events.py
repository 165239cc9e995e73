"""What the daemon tells: events, read off the rows that the steps leave behind.

An event is not kept by who does a thing but found by what has been done, and has an id that
follows from that. So a daemon that was killed between doing and telling tells it when it runs
again, and what a person does in another process is told too. Each is stored once; it is handed
to whoever listens at least once: twice if the daemon dies while handing it over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from tinyarms.core.ids import derived_id
from tinyarms.loop.testing.conclude import MANUAL
from tinyarms.loop.testing.live_session import is_open, is_single
from tinyarms.store.db.records import EventRecord, HoldbackRecord, IntentRecord, SessionRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

Kind = Literal[
    "drop",
    "refused",
    "evolving",
    "not_worth_it",
    "nothing_better",
    "testing",
    "vote_wanted",
    "review_wanted",
    "kept",
    "no_difference",
    "cancelled",
    "promoted",
    "stays",
    "rolled_back",
    "reset",
    "edited",
    "pruned",
    "error",
]
"""In the order in which they come if they come at the same moment.

`refused`: a drop that is not evolved. `vote_wanted`: the first ballot of a live test is there.
`stays`: a promotion that was watched is not worse. `edited`: a person's edit of a prompt file was
taken over. `kept`, `no_difference`: the live test ended without a promotion, or nothing passed
the gate or the judge.
"""

_RELEASES = ("promoted", "rolled_back", "reset", "edited")


@dataclass(frozen=True)
class Event:
    """Something that happened."""

    id: str
    """The same whenever it is told."""
    at: datetime
    """When it happened."""
    skill: str
    """Empty where it is about the whole project."""
    kind: Kind
    """What happened. `refused`: a drop that is not evolved. `vote_wanted`: the first ballot of
    a live test is there. `stays`: a promotion that was watched is not worse. `edited`: a
    person's edit of a prompt file was taken over."""
    said: str
    """In one sentence."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """Plain values for JSON."""


def told_of(record: EventRecord) -> Event:
    """The event of a row."""
    assert record.kind in get_args(Kind)
    kind: Any = record.kind
    return Event(record.id, record.at, record.skill, kind, record.said, record.data)


def event(
    kind: Kind, skill: str, subject: object, at: datetime, said: str, **data: Any
) -> EventRecord:
    """`subject`: what it is about; of one subject there is one event of a kind."""
    event_id = derived_id("event", kind, skill, subject)
    return EventRecord(id=event_id, skill=skill, kind=kind, said=said, at=at, data=data)


def happened(work: UnitOfWork, name: str, since: datetime, now: datetime) -> list[EventRecord]:
    """What has happened to a skill since then and is not stored yet, in its order."""
    found = [
        *(each for session in work.sessions.all(name) for each in _of_session(work, session, now)),
        *map(_of_release, work.intents.carried_out(name)),
        *(_of_holdback(held) for held in work.holdbacks.all(name) if held.result == "kept"),
    ]
    recent = [each for each in found if each.at >= since]
    known = work.events.known([each.id for each in recent])
    return sorted((each for each in recent if each.id not in known), key=_place)


def _place(event: EventRecord) -> tuple[datetime, int, int]:
    """By time, kind and, of releases, version: these may come at the same moment."""
    kind = "promoted" if event.kind in _RELEASES else event.kind
    return event.at, get_args(Kind).index(kind), event.data.get("version", 0)


def _of_session(work: UnitOfWork, session: SessionRecord, now: datetime) -> Iterable[EventRecord]:
    settings, numbers, name = session.settings, session.trigger_numbers, session.skill
    about = {"session_id": session.id}

    def one(kind: Kind, at: datetime, said: str, **data: Any) -> EventRecord:
        return event(kind, name, session.id, at, said, **about, **data)

    if session.trigger_reason != "manual":
        said = numbers.get("said") or "The accuracy dropped."
        seen = {key: numbers.get(key) for key in ("rule", "accuracy", "n")}
        yield one("drop", session.triggered_at, said, reason=session.trigger_reason, **seen)
    if session.optimizer != MANUAL:
        said = f"A search for prompts better than version {session.base_version} began."
        yield one("evolving", session.triggered_at, said, optimizer=session.optimizer)
    if "testing_since" in settings:
        at = datetime.fromisoformat(settings["testing_since"])
        variants = len(settings["arms"]) - 1
        how = f"tasks are served by {variants + 1} prompts in turn"
        said = how if is_single(session) else "users choose"
        yield one("testing", at, f"The live test began: {said}.", variants=variants)
    if is_open(session) and not is_single(session):
        asked = work.experiments.ballots(session.id)
        if asked:
            said = f"Outputs wait for users to choose: tinyarms prompt vote {name}"
            yield one("vote_wanted", min(each.created_at for each in asked), said)
    decision = settings.get("decision", {})
    reason = decision.get("reason", "")
    if decision.get("action") == "review":
        said = f"Variant {decision['variant']} waits for a person: tinyarms prompt review {name}"
        yield one("review_wanted", now, said, variant=decision["variant"], reason=reason)
    if session.completed_at is not None and session.status == "cancelled":
        yield one("cancelled", session.completed_at, f"The session was cancelled. {reason}")
    elif session.completed_at is not None and session.result not in (None, "promoted"):
        said = reason or "The prompt in production stays."
        yield one(_ending(session), session.completed_at, said)


def _ending(session: SessionRecord) -> Kind:
    match session.result:
        case "not_worth_it" | "nothing_better" | "no_difference":
            return session.result
        case _:
            return "kept"


def _of_release(intent: IntentRecord) -> EventRecord:
    plan = intent.plan
    release = plan["release"]
    number, before = release["version"], release["from_version"]
    kind: Kind = "rolled_back"
    if intent.kind == "promote":
        kind = "promoted"
        said = f"Variant {plan['variant_letter']} is in production as version {number}."
    elif intent.kind == "manual":
        kind = "edited"
        said = f"The prompt file that was edited by hand is version {number}."
    else:
        if str(plan["reason"]).startswith("Reset"):
            kind = "reset"
        said = (
            f"Version {before} was taken back: version {number} has the text of version "
            f"{plan['restored']}."
        )
    why = plan["decision"] or plan["reason"]
    return event(
        kind,
        intent.skill,
        intent.id,
        intent.created_at,
        f"{said} {why}".strip(),
        version=number,
        from_version=before,
        variant=plan["variant_letter"],
        restored=plan["restored"],
        by_hand=plan["by_hand"],
        reason=why,
        session_id=intent.session_id,
    )


def _of_holdback(held: HoldbackRecord) -> EventRecord:
    assert held.ended_at is not None
    said = f"Version {held.version} stays. {held.reason or ''}".strip()
    return event("stays", held.skill, held.id, held.ended_at, said, version=held.version)
