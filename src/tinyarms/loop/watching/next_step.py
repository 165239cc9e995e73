"""What may or will happen next to a skill: one answer for all who ask.

The life of a skill's prompt is a state machine. The state is always what the store says.

```
               ┌────────────────────────────────────────────────────────────────┐
               ▼                                                                │
          ┌──────────┐  drop or schedule, cooldown over, enabled, no quiet hours│
    ┌────►│ watching │──────────────────────┐                                   │
    │     └──────────┘                      ▼                                   │
    │                                 ┌───────────┐ not worth it, nothing       │
    │                                 │ searching │ better, kept                │
    │                                 │ (probe,   │────────────────────────────►│
    │                                 │  evolve,  │                             │
    │                                 │  gate)    │ quiet hours, killed, no     │
    │                                 └───────────┘ model: goes on later        │
    │                                       │ variants that passed              │
    │                                       ▼                                   │
    │                                  ┌─────────┐ kept, no difference,         │
    │                                  │ testing │ cancelled                    │
    │                                  └─────────┘─────────────────────────────►│
    │                     review wanted │     │ promote                          │
    │                                   ▼     │                                 │
    │                          ┌───────────┐  │         refused                 │
    │                          │ in review │──│────────────────────────────────►│
    │                          └───────────┘  │                                 │
    │                           accepted │    │                                 │
    │                                    ▼    ▼                                 │
    │     no holdback             ┌───────────────┐   intent stored; files, rows│
    │◄────────────────────────────│   releasing   │◄───────────────┐            │
    │                             └───────────────┘                │            │
    │                                     │ a promotion           │ worse:     │
    │                                     ▼                        │ taken back │
    │                                  ┌──────┐────────────────────┘            │
    │                                  │ held │ stays                           │
    │                                  └──────┘────────────────────────────────►┘
```

Each step is safe to repeat. A search takes the replies that are stored, a decision follows from
stored votes and outcomes, and a release is an intent before it is anything else. A process that is
killed anywhere and run again comes to the same end. `held` goes on watching: a drop or the
schedule may begin a search there too, once the cooldown is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.experiments.voter_cap import too_many_uncounted
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.holdback_check import ends_at
from tinyarms.loop.releasing.unfinished import TAKE_BACK
from tinyarms.loop.watching.obstacles import (
    after_fruitless,
    command,
    forbidden_by_files,
    may_ask_trigger,
    needs_trigger,
    obstacle,
    pending_retry,
    who_finishes,
    who_searches,
)
from tinyarms.loop.watching.situation import Situation, SkillState, read_situation
from tinyarms.loop.watching.status_words import blind, cause, compared, session_step
from tinyarms.monitoring.verdict import Verdict
from tinyarms.store.db.records import SessionRecord, SessionState

Action = Literal["search", "resume", "wait", "vote", "feedback", "review", "compare", "nothing"]
"""`search`: a search may begin now. `resume`: an interrupted search or gate may go on now. `wait`:
for a time, a process or a person, as `next` says. `vote`, `feedback`, `review`: people are asked.
`compare`: tasks compare a promotion with the version before it. `nothing`: nothing is due, or the
settings forbid it."""


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What may or will happen next to a skill."""

    skill: str
    state: SkillState
    action: Action
    status: str
    """What is going on, in words."""
    next: str
    """What happens next, in words; empty if nothing does."""
    until: datetime | None
    """When that happens at the latest; `None` if no time limits it."""
    version: int
    """The version in production."""
    verdict: Verdict
    """What the trigger says of that version."""
    session: SessionRecord | None
    """The open session."""
    hindrance: str | None
    """Why no search would begin or go on now, in one sentence; `None`: nothing is in the way."""
    refused: bool = False
    """Whether a search is due that `config.yaml` or the settings forbid, outside quiet hours."""
    retry_at: datetime | None = None
    """Until then the daemon leaves the skill alone, because its last attempt failed."""
    saw_no_drop: bool = False
    """Whether a time passes until the daemon asks the trigger again, as it sees no drop now."""
    scheduled_at: datetime | None = None
    """When the next scheduled evolution is due; `None` if none ever is."""

    @property
    def may_search(self) -> bool:
        """Whether a search, or an offline gate, may begin or go on now."""
        return self.action in ("search", "resume")

    @property
    def would(self) -> str:
        """What would become of a search that is due, in words; empty if none is due."""
        if not self.verdict.begins_search:
            return ""
        if self.hindrance is not None:
            return self.hindrance
        return f"Evolve it: {self.next}" if self.next == command(self.skill) else self.next


def next_step(
    context: Context,
    name: str,
    version: int,
    *,
    verdict: Verdict | None = None,
    in_daemon: bool = False,
) -> NextStep:
    """What may or will happen next to the skill. Changes nothing, and calls no model.

    Parameters
    ----------
    version
        The version in production, as `active_version` says.
    verdict
        What the trigger says of that version; `None`: it is asked here.
    in_daemon
        Whether the daemon asks. Otherwise its lease tells whether it runs.
    """
    return decide(read_situation(context, name, version, verdict, in_daemon=in_daemon))


def decide(situation: Situation) -> NextStep:
    """The next step in this situation."""
    if situation.state == "releasing":
        return _of_release(situation)
    if situation.session is None:
        return _of_watch(situation)
    if situation.session.state is SessionState.READY:
        return _of_gate(situation, situation.session)
    if situation.session.in_search:
        return _of_search(situation, situation.session)
    return _of_session(situation, situation.session)


def _of_release(situation: Situation) -> NextStep:
    status = "A release is not finished"
    following = f"{who_finishes(situation)} {TAKE_BACK.format(situation.skill)}"
    return _step(situation, "wait", status, following, hindrance=f"{status}.")


def _of_watch(situation: Situation) -> NextStep:
    """The step of a skill without an open session."""
    verdict, held = situation.verdict, situation.held
    until = ends_at(held) if held else None
    if not situation.evolvable:
        reason = situation.why_not_evolvable or "evolvable: false"
        return _step(situation, "nothing", f"Not evolved: {reason}", "", until)
    if verdict.begins_search:
        why = "Accuracy dropped, evolution" if verdict.triggered else "A scheduled evolution"
        return _due(situation, "search", f"{why} is due")
    if not situation.has_outcomes:
        following = "Give feedback on tasks: tinyarms feedback TASK_ID --success"
        return _step(situation, "feedback", "No outcomes yet", following, until)
    if held is not None:
        return _step(situation, "compare", *compared(held), until)
    if verdict.state == "too_few":
        return _step(situation, "feedback", "Too few outcomes to judge", verdict.explanation)
    if verdict.state == "cooling_down":
        status, until = "Accuracy is low, cooling down", situation.cooldown_ends_at
        following = f"{verdict.explanation} {after_fruitless(situation)}".strip()
        return _step(situation, "wait", status, following, until)
    if too_many_uncounted(situation.newest_known):
        return _step(situation, "feedback", *blind(situation.newest_known))
    return _step(situation, "nothing", "Healthy", "Monitoring continues.")


def _of_search(situation: Situation, session: SessionRecord) -> NextStep:
    """The step of a search that goes on, or was interrupted."""
    status = f"Evolution {cause(session)}, search"
    if situation.searcher is not None:
        following = "The best variants go to an A/B test."
        return _step(situation, "wait", f"{status} in progress", following)
    # A person who interrupted their own search goes on with it, unless a search is due.
    if session.trigger_reason == "manual" and not situation.verdict.begins_search:
        return _step(situation, "wait", f"{status} interrupted", command(session.skill))
    return _due(situation, "resume", f"{status} interrupted")


def _of_gate(situation: Situation, session: SessionRecord) -> NextStep:
    """The step of a session whose offline gate goes on, or was interrupted."""
    status = f"Evolution {cause(session)}, offline gate"
    if situation.searcher is not None:
        following = "The variants that pass go to an A/B test."
        return _step(situation, "wait", f"{status} in progress", following)
    return _due(situation, "resume", f"{status} interrupted")


def _of_session(situation: Situation, session: SessionRecord) -> NextStep:
    """The step of a session in its live test or in review."""
    forbidden = forbidden_by_files(situation)
    open_already = f"An evolution session is open already ({session.state.words})."
    hindrance = forbidden.sentence if forbidden else open_already
    if situation.test_is_decided:
        status = f"Evolution {cause(session)}, the evidence of the A/B test is in"
        following = who_finishes(situation)
        return _step(situation, "wait", status, following, situation.test_ends_at, hindrance)
    return _step(situation, *session_step(session), situation.test_ends_at, hindrance)


def _due(situation: Situation, action: Literal["search", "resume"], status: str) -> NextStep:
    """The step of a skill for which a search is due, or one that was interrupted."""
    hindering = obstacle(situation)
    if hindering is not None:
        instead: Action = "nothing" if hindering.by_settings else "wait"
        return _step(situation, instead, status, hindering.sentence, hindering.until)
    following = who_searches(situation, "begins" if action == "search" else "goes on with")
    if needs_trigger(situation) and situation.daemon_runs and situation.trigger_rests_until:
        return _step(situation, "wait", status, following, situation.trigger_rests_until)
    return _step(situation, action, status, following)


def _step(
    situation: Situation,
    action: Action,
    status: str,
    following: str,
    until: datetime | None = None,
    hindrance: str | None = None,
) -> NextStep:
    """The step, with what holds in every state. `hindrance`: `None` to derive it."""
    hindering, verdict = obstacle(situation), situation.verdict
    retry_at = pending_retry(situation)
    trigger_asked = may_ask_trigger(situation) and retry_at is None
    forbidden = hindering is not None and hindering.by_settings and situation.quiet_until is None
    return NextStep(
        skill=situation.skill,
        state=situation.state,
        action=action,
        status=status,
        next=following,
        until=until,
        version=situation.version,
        verdict=verdict,
        session=situation.session,
        hindrance=hindrance or (hindering.sentence if hindering else None),
        refused=trigger_asked and verdict.begins_search and forbidden,
        retry_at=retry_at,
        saw_no_drop=trigger_asked and not verdict.triggered and situation.trigger_rests,
        scheduled_at=situation.scheduled_at,
    )
