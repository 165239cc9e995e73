"""The life of a skill's prompt, as one state machine. The state is what the store says, always.

```
               ┌────────────────────────────────────────────────────────────────┐
               ▼                                                                │
          ┌──────────┐  drop, cooldown over, enabled, no quiet hours            │
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

Each step is safe to repeat: a search takes the replies that are stored, a decision follows from
stored votes and outcomes, a release is an intent before it is anything else. So whoever is killed
anywhere and run again comes to the same end. `held` goes on watching: a drop may be evolved there
too, once the cooldown is over.
"""

from __future__ import annotations

from typing import Literal

from tinyarms.store.db.records import SessionState
from tinyarms.store.db.unit_of_work import UnitOfWork

State = Literal["watching", "searching", "testing", "in_review", "releasing", "held"]


def state_of(work: UnitOfWork, name: str) -> State:
    """Where the skill stands."""
    if work.intents.pending(name):
        return "releasing"
    session = work.sessions.open(name)
    if session is not None:
        match session.state:
            case SessionState.TESTING:
                return "testing"
            case SessionState.IN_REVIEW:
                return "in_review"
            case _:
                return "searching"
    return "held" if work.holdbacks.open(name) is not None else "watching"
