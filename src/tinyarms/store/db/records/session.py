"""Evolution sessions: their states, plans and findings, and what their searches made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AliasChoices, Field

from tinyarms.core.errors import ExperimentError
from tinyarms.core.settings import AbTesting, Budget, Evolution
from tinyarms.evolution.problem import Inherited, ManualPrompt
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.monitoring.verdict import TriggerNumbers
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records.calls import UNKNOWN_COST, Cost

Preset = Literal["default", "original"]

Author = Literal["writer", "people"]
"""Who wrote a session's variants: the writer, by a search, or people, in prompt files."""


class SessionState(StrEnum):
    """Where an evolution session stands.

    ```
             ┌───────────┐ variants stored  ┌───────┐ passed the gate  ┌─────────┐
    evolve ─►│ searching │─────────────────►│ ready │─────────────────►│ testing │
             └───────────┘        create ──►└───────┘                  └─────────┘
                   │                            │                       │   │   │ a person
                   │ nothing better,            │ nothing passed        │   │   │ must look
                   │ not worth it,              │ the gate: kept        │   │   ▼
                   │ kept (the judge            │                       │   │ ┌───────────┐
                   │ dropped all)               │      kept, no         │   │ │ in review │
                   ▼                            ▼      difference       │   │ └───────────┘
             ┌──────────────────────────────────────┐◄──────────────────┘   │   │     │
             │ nothing better, not worth it, kept,  │        refused: kept  │   │     │
             │ no difference, cancelled             │◄──────────────────────│───┘     │
             └──────────────────────────────────────┘                       │         │
                   │                                               promote  ▼         ▼ accepted
                   │ a person promotes a variant afterwards        ┌──────────────────────┐
                   └──────────────────────────────────────────────►│ promoted             │
                                                                   └──────────────────────┘
    ```

    Every open state may also be cancelled. A person may promote a variant from `ready` on, and
    another variant of a session that is promoted already.
    """

    SEARCHING = "searching"
    READY = "ready"
    """Its variants are stored; the live test has not begun."""
    TESTING = "testing"
    IN_REVIEW = "in_review"
    """A variant has won, and a person must say whether it goes into production."""
    PROMOTED = "promoted"
    KEPT = "kept"
    NO_DIFFERENCE = "no_difference"
    NOTHING_BETTER = "nothing_better"
    NOT_WORTH_IT = "not_worth_it"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether the session goes on. A skill has one open session at a time."""
        return self in OPEN

    @property
    def is_terminal(self) -> bool:
        """Whether the session has ended. A person may still promote one of its variants."""
        return self not in OPEN

    @property
    def counts_votes(self) -> bool:
        """Whether votes and outcomes count now. A session in review is decided already."""
        return self is SessionState.TESTING

    @property
    def words(self) -> str:
        """For messages."""
        return self.value.replace("_", " ")


OPEN: frozenset[SessionState] = frozenset(
    {SessionState.SEARCHING, SessionState.READY, SessionState.TESTING, SessionState.IN_REVIEW}
)
"""The states of a session that goes on."""

_ENDED_BEFORE_TEST = frozenset(
    {
        SessionState.KEPT,
        SessionState.NOTHING_BETTER,
        SessionState.NOT_WORTH_IT,
        SessionState.CANCELLED,
    }
)
_BY_HAND_AFTERWARDS = frozenset({SessionState.PROMOTED})

ALLOWED: Mapping[SessionState, frozenset[SessionState]] = {
    SessionState.SEARCHING: _ENDED_BEFORE_TEST | {SessionState.READY},
    # An interrupted search that runs again comes here with its variants stored, and may end
    # as every search does.
    SessionState.READY: _ENDED_BEFORE_TEST | {SessionState.TESTING, SessionState.PROMOTED},
    SessionState.TESTING: frozenset(
        {
            SessionState.IN_REVIEW,
            SessionState.PROMOTED,
            SessionState.KEPT,
            SessionState.NO_DIFFERENCE,
            SessionState.CANCELLED,
        }
    ),
    SessionState.IN_REVIEW: frozenset(
        {SessionState.PROMOTED, SessionState.KEPT, SessionState.CANCELLED}
    ),
    SessionState.PROMOTED: _BY_HAND_AFTERWARDS,
    SessionState.KEPT: _BY_HAND_AFTERWARDS,
    SessionState.NO_DIFFERENCE: _BY_HAND_AFTERWARDS,
    SessionState.NOTHING_BETTER: _BY_HAND_AFTERWARDS,
    SessionState.NOT_WORTH_IT: _BY_HAND_AFTERWARDS,
    SessionState.CANCELLED: _BY_HAND_AFTERWARDS,
}
"""The states that may follow a state."""


@dataclass(frozen=True, kw_only=True)
class SearchPlan:
    """What a search began with. One that goes on after an interruption keeps it."""

    variants: int
    """The most variants that it brings to the live test."""
    writer: str
    """The model that writes, by its name under `models:`."""
    budget: Budget
    evolution: Evolution
    cost: Cost = UNKNOWN_COST
    """Of a task call of the skill, as far as it was known when the session began."""
    failures: tuple[str, ...] = ()
    """Ids of the `search` examples that tasks have failed on lately, newest first."""
    example_ids: tuple[str, ...] | None = None
    """The examples that were there when the session began; `None`: it has not begun."""
    inherited: tuple[Inherited, ...] = ()
    """What searches of other skills had learned by then."""
    manual: tuple[ManualPrompt, ...] = ()
    """Prompts by people for the first population."""
    asks_incumbent_first: bool = False
    """Whether the prompt in production is asked first, so that one that is always right is not
    searched. Searches of earlier versions were not begun so, and go on with their replies."""


@dataclass(frozen=True, kw_only=True)
class LiveTestPlan:
    """What a live test began with. A change of the settings does not change it."""

    rule: str
    """The rule that decides, by its name in `experiments.registry`."""
    arms: tuple[str, ...]
    """Ids of the variants in it: the incumbent's first, then the most promising ones."""
    started_at: datetime
    limits: AbTesting
    """In single mode, `max_votes` and `max_duration_days` are those of `experiment:`."""
    min_improvement: float
    """The least gain that is worth a promotion, in [0, 1]."""
    review_below: float
    """Original preset: a winner with a lower accuracy waits for a person, in [0, 1]."""


@dataclass(frozen=True)
class ProbeResult:
    """Whether a search was worth it, said before it."""

    verdict: Literal["worth_it", "not_worth_it", "cannot_tell"]
    """What the probe says about a search."""
    reason: str
    """One line with the numbers."""
    calls: int
    """Task calls that the probe took."""
    numbers: Mapping[str, float]
    """What it counted: `right` of `n` examples, `wins` and `losses` of the best simple change
    with its `p`, and for labels their `separation` (0.5: at chance)."""


@dataclass(frozen=True)
class JudgeGrades:
    """What the judge did to the variants before users saw them."""

    model: str
    threshold: float
    """A lower mean grade is dropped."""
    grades: tuple[float | None, ...]
    """Mean grades of the finalists, best first, in [0, 1]; `None`: not graded, and so not
    dropped."""
    dropped: int
    """How many were dropped."""
    # Databases of earlier releases call it `said`.
    summary: Annotated[str, Field(validation_alias=AliasChoices("summary", "said"))]
    """The same in words."""


@dataclass(frozen=True, kw_only=True)
class SessionDecision:
    """Why a session ended, or waits for a review."""

    reason: str
    variant: str | None = None
    """Letter of the variant that was promoted, or waits for review."""
    version: int | None = None
    """The prompt version that it became."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a session has found out so far."""

    probe: ProbeResult | None = None
    """`None` where the probe was not asked."""
    judge: JudgeGrades | None = None
    """`None` where no judge was asked."""
    gate: Mapping[str, GateEvidence] = field(default_factory=dict)
    """What the offline gate said of the challengers, by id; empty where it did not run."""
    decision: SessionDecision | None = None
    """`None` until it is decided."""


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """One evolution session."""

    id: str
    skill: str
    original_prompt_hash: str
    triggered_at: datetime
    trigger_reason: str
    """`accuracy_drop`, `drift`, `manual` or `scheduled`."""
    trigger_numbers: TriggerNumbers | None = None
    """What the trigger saw; `None` for a session that a person began."""
    base_version: int
    """Number of the prompt version that was in production when it began."""
    preset: Preset
    author: Author
    optimizer: str
    """`manual` where people wrote the variants."""
    seed: int
    state: SessionState
    search: SearchPlan | None = None
    """`None` where people wrote the variants."""
    live_test: LiveTestPlan | None = None
    """`None` before the live test."""
    findings: Findings = Findings()
    completed_at: datetime | None = None
    promoted_at: datetime | None = None

    @property
    def began_with_drop(self) -> bool:
        """Whether a drop began it, and neither a person nor the schedule."""
        return self.trigger_reason not in ("manual", "scheduled")

    @property
    def in_search(self) -> bool:
        """Whether its search goes on, or goes on again once somebody runs it."""
        return self.author == "writer" and self.state in (
            SessionState.SEARCHING,
            SessionState.READY,
        )

    @property
    def search_plan(self) -> SearchPlan:
        """Raises `ExperimentError` for a session of variants that people wrote."""
        if self.search is None:
            raise ExperimentError(f"The session {self.id[:8]} has no search.")
        return self.search

    @property
    def live_test_plan(self) -> LiveTestPlan:
        """Raises `ExperimentError` if the session never came to its live test."""
        if self.live_test is None:
            raise ExperimentError(f"The session {self.id[:8]} has no live test.")
        return self.live_test


@dataclass(frozen=True, kw_only=True)
class CandidateRecord:
    """A member of a population."""

    variant_id: str
    session_id: str
    skill_name: str
    prompt: Prompt
    generation: int
    mutation_type: str
    """Name of the operator that made it."""
    created_at: datetime
    parent_id: str | None = None
    mutation_prompt: str | None = None
    origin: str | None = None
    """Skills and sessions that what is new in it has come from; `None`: only from its own."""
    fitness_score: float | None = None
    """In [0, 1]."""
    evaluated_n: int = 0


@dataclass(frozen=True, kw_only=True)
class OperatorRecord:
    """What an operator did in a session's search."""

    session_id: str
    operator: str
    proposals: int
    accepted: int
    rejected: Mapping[str, int]
    """Guard → how many proposals it rejected."""
    beat_parent: int
    """Children that scored above their parent on the examples both had met by then."""
    mutation_prompts: Mapping[str, int] = field(default_factory=dict)
    """Mutation prompt → how many children that it announced beat their parent."""
    sentences: Mapping[str, int] = field(default_factory=dict)
    """Sentence that fits other skills too → how many children that brought it in beat theirs."""
