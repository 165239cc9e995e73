"""What may or will happen next to a skill: one answer for all callers.

The life of a skill's prompt is a state machine. The store determines the state.

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
    │                                     │ a promotion            │ worse:     │
    │                                     ▼                        │rolled back │
    │                               ┌───────────┐──────────────────┘            │
    │                               │ comparing │ stays                         │
    │                               └───────────┘──────────────────────────────►┘
```

Each step is safe to repeat. A search uses the stored replies, a decision follows from stored votes
and outcomes, and a release is first stored as an intent. If a process is killed at any point and
run again, the result is the same. In the state `watching`, enough new gold examples make a refresh
due: after its gate, the same prompt with a new memory is released. In the state `comparing`, the
skill is still watched: after the cooldown, a drop or the schedule may begin a search.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tinyarms.core.settings import RuleName
from tinyarms.loop.project.context import Context
from tinyarms.loop.refreshing.outlook import DueRefresh
from tinyarms.loop.releasing.holdback_check import ends_at
from tinyarms.loop.releasing.unfinished import WITHDRAW
from tinyarms.loop.watching.health import doubt_of
from tinyarms.loop.watching.obstacles import (
    after_fruitless,
    command,
    forbidden_by_files,
    needs_trigger,
    obstacle,
    refresh_command,
    who_finishes,
    who_refreshes,
    who_searches,
)
from tinyarms.loop.watching.situation import Situation, read_situation
from tinyarms.loop.watching.status_words import cause, compared, session_step
from tinyarms.loop.watching.step import Action, NextStep, step
from tinyarms.store.db.records import SessionRecord, SessionState


def next_step(
    context: Context,
    name: str,
    version: int,
    *,
    rules: Sequence[RuleName] | None = None,
    in_daemon: bool = False,
) -> NextStep:
    """What may or will happen next to the skill. Changes nothing and calls no model.

    Parameters
    ----------
    version
        The version in production, as `active_version` says.
    rules
        The rules and signals to read, which must include those in use; `None`: only those.
    in_daemon
        Whether the daemon calls. Otherwise its lease shows whether it runs.
    """
    return decide(read_situation(context, name, version, rules, in_daemon=in_daemon))


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
    following = f"{who_finishes(situation)} {WITHDRAW.format(situation.skill)}"
    return step(situation, "wait", status, following, hindrance=f"{status}.")


def _of_watch(situation: Situation) -> NextStep:
    """The step of a skill without an open session."""
    verdict, holdback = situation.verdict, situation.holdback
    until = ends_at(holdback) if holdback else None
    if not situation.evolvable:
        reason = situation.why_not_evolvable or "evolvable: false"
        return step(situation, "nothing", f"Not evolved: {reason}", "", until)
    if verdict.begins_search:
        why = "Accuracy dropped, evolution" if verdict.triggered else "A scheduled evolution"
        return _due(situation, "search", f"{why} is due")
    if situation.waits is not None:
        status = f"{situation.waits} waits for your approval"
        following = f"tinyarms prompt review {situation.skill}"
        return step(situation, "review", status, following, until)
    if situation.refresh is not None:
        return _refresh(situation, situation.refresh)
    if holdback is None and verdict.state == "cooling_down":
        status, until = "Accuracy is low, cooling down", situation.cooldown_ends_at
        following = f"{verdict.explanation} {after_fruitless(situation)}".strip()
        return step(situation, "wait", status, following, until)
    doubt = doubt_of(situation)
    if holdback is not None and (doubt is None or situation.has_outcomes):
        return step(situation, "compare", *compared(holdback), until)
    if doubt is not None:
        return step(situation, "feedback", doubt.status, doubt.remedy, until)
    return step(situation, "nothing", "Healthy", "Monitoring continues.")


def _refresh(situation: Situation, due: DueRefresh) -> NextStep:
    """The step of a skill that is only watched, with enough new examples to remember."""
    status = f"{due.new_rows} new examples to remember"
    hindered_by = obstacle(situation)
    if hindered_by is not None:
        instead: Action = "nothing" if hindered_by.by_settings else "wait"
        return step(situation, instead, status, hindered_by.sentence, hindered_by.until)
    if due.needs_person:
        return step(situation, "confirm", status, refresh_command(situation.skill))
    return step(situation, "refresh", status, who_refreshes(situation))


def _of_search(situation: Situation, session: SessionRecord) -> NextStep:
    """The step of a search that runs or was interrupted."""
    status = f"Evolution {cause(session)}, search"
    if situation.searcher is not None:
        following = "The best variants go to a live test."
        return step(situation, "wait", f"{status} in progress", following)
    # A person who interrupted their own search resumes it, unless a search is due.
    if session.trigger_reason == "manual" and not situation.verdict.begins_search:
        return step(situation, "wait", f"{status} interrupted", command(session.skill))
    return _due(situation, "resume", f"{status} interrupted")


def _of_gate(situation: Situation, session: SessionRecord) -> NextStep:
    """The step of a session whose offline gate runs or was interrupted."""
    status = f"Evolution {cause(session)}, offline gate"
    if situation.searcher is not None:
        following = "The variants that pass go to a live test."
        return step(situation, "wait", f"{status} in progress", following)
    return _due(situation, "resume", f"{status} interrupted")


def _of_session(situation: Situation, session: SessionRecord) -> NextStep:
    """The step of a session in its live test or in review."""
    forbidden = forbidden_by_files(situation)
    open_already = f"An evolution session is open already ({session.state.words})."
    hindrance = forbidden.sentence if forbidden else open_already
    if situation.test_is_decided:
        status = f"Evolution {cause(session)}, the live test is decided"
        following = who_finishes(situation)
        return step(situation, "wait", status, following, situation.test_ends_at, hindrance)
    return step(situation, *session_step(session), situation.test_ends_at, hindrance)


def _due(situation: Situation, action: Literal["search", "resume"], status: str) -> NextStep:
    """The step of a skill with a search that is due or was interrupted."""
    hindered_by = obstacle(situation)
    if hindered_by is not None:
        instead: Action = "nothing" if hindered_by.by_settings else "wait"
        return step(situation, instead, status, hindered_by.sentence, hindered_by.until)
    following = who_searches(situation, "begins" if action == "search" else "resumes")
    if needs_trigger(situation) and situation.daemon_runs and situation.trigger_rests_until:
        return step(situation, "wait", status, following, situation.trigger_rests_until)
    return step(situation, action, status, following)
