"""Evolution sessions: states, plans and findings, and the candidates of their searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AliasChoices, Field

from tinyarms.core.errors import ExperimentError
from tinyarms.core.prices import UNKNOWN_PRICES, RolePrices
from tinyarms.core.settings import AbTesting, Budget, Evolution
from tinyarms.evolution.abilities import COMPLETES, Ability
from tinyarms.evolution.problem import Inherited, ManualPrompt
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.monitoring.verdict import TriggerNumbers
from tinyarms.skills.prompt import Prompt, Retrieval
from tinyarms.store.db.records.calls import UNKNOWN_COST, Cost

Preset = Literal["default", "original"]

Author = Literal["writer", "people", "refresh", "evaluation"]
"""Author of a session's variants: the writer (by a search), or people (in prompt files). The
session of a refresh (`refresh`) has no variants: it holds the calls of its gate. That of an
evaluation (`evaluation`) holds its calls."""


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
    another variant of a session that is promoted already. A refresh, which has no live test, comes
    from `ready` to `in review` where prompts need approval.
    """

    SEARCHING = "searching"
    READY = "ready"
    """Its variants are stored, and the live test has not begun."""
    TESTING = "testing"
    IN_REVIEW = "in_review"
    """A variant has won, and a person must decide whether it goes into production."""
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
        """The state in words, for messages."""
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
    # A resumed search comes here with its variants stored, and may end like every search.
    SessionState.READY: _ENDED_BEFORE_TEST
    | {SessionState.TESTING, SessionState.IN_REVIEW, SessionState.PROMOTED},
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
    """The inputs of a search, fixed when it begins. A resumed search keeps them."""

    variants: int
    """Most variants that it brings to the live test."""
    writer: str
    """The writer: a name under `models:`."""
    budget: Budget
    evolution: Evolution
    cost: Cost = UNKNOWN_COST
    """Mean cost of a task call, as known when the session began."""
    prices: RolePrices = UNKNOWN_PRICES
    """What calls cost when the session began; unknown for searches of earlier versions."""
    failures: tuple[str, ...] = ()
    """Ids of the `search` examples that tasks have recently failed on, newest first."""
    example_ids: tuple[str, ...] | None = None
    """The examples that existed when the session began; `None`: it has not begun."""
    inherited: tuple[Inherited, ...] = ()
    """Results of other skills' searches at that time."""
    manual: tuple[ManualPrompt, ...] = ()
    """Prompts that people wrote, for the first population."""
    abilities: tuple[Ability, ...] | None = COMPLETES
    """What the writer can do, as known when the session began; `None`: the search probes it. The
    default is that of searches of earlier versions, which resume with their stored replies."""
    asks_incumbent_first: bool = False
    """Whether the incumbent is run first, so that no search follows if it is always right. `False`
    for searches of earlier versions, which resume with their stored replies."""


@dataclass(frozen=True, kw_only=True)
class LiveTestPlan:
    """The settings of a live test, fixed when it begins."""

    rule: str
    """The decision rule: a name in `experiments.registry`."""
    arms: tuple[str, ...]
    """Ids of its variants: the incumbent first, then the most promising challengers."""
    started_at: datetime
    limits: AbTesting
    """In single mode, `max_votes` and `max_duration_days` are those of `experiment:`."""
    min_improvement: float
    """Smallest gain worth a promotion, in [0, 1]."""
    review_below: float
    """Original preset: accuracy, in [0, 1], below which a winner waits for a person."""
    rounds: int = 1
    """How many live tests, one after another, share the bound on false promotions."""


@dataclass(frozen=True)
class ProbeResult:
    """The headroom probe's report."""

    verdict: Literal["worth_it", "not_worth_it", "cannot_tell"]
    """Whether a search is worth it."""
    reason: str
    """One line with the numbers."""
    calls: int
    """Task calls of the probe."""
    numbers: Mapping[str, float]
    """Its counts: `right` of `n` examples, `wins`, `losses` and `p` of the best simple change, and
    for labels their `separation` (0.5: chance)."""


@dataclass(frozen=True)
class JudgeGrades:
    """The judge's grades of the variants before the live test."""

    model: str
    threshold: float
    """Lowest accepted mean grade, in [0, 1]."""
    grades: tuple[float | None, ...]
    """Mean grades of the finalists, best first, in [0, 1]; `None`: not graded, and not dropped."""
    dropped: int
    """Number of dropped variants."""
    # Databases of earlier releases call it `said`.
    summary: Annotated[str, Field(validation_alias=AliasChoices("summary", "said"))]
    """The result in words."""


@dataclass(frozen=True, kw_only=True)
class RefreshFinding:
    """What a refresh has found."""

    snapshot: str
    """Hash of the examples that the prompt would remember."""
    rows: int
    """The number of these examples."""
    gate: GateEvidence
    """The prompt with the new memory against itself with the old one."""
    retrieve: Retrieval | None = None
    """What the prompt would take from the new memory; `None` in databases of earlier versions."""
    prompt: Prompt | None = None
    """The prompt with the new memory; `None` in databases of earlier versions."""


@dataclass(frozen=True, kw_only=True)
class SessionDecision:
    """Why a session ended, or waits for a review."""

    reason: str
    variant: str | None = None
    """Letter of the variant that was promoted or waits for review."""
    version: int | None = None
    """Number of the prompt version that it became."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The findings of a session so far."""

    probe: ProbeResult | None = None
    """`None` if no probe ran."""
    judge: JudgeGrades | None = None
    """`None` if no judge ran."""
    gate: Mapping[str, GateEvidence] = field(default_factory=dict)
    """Challenger id → the offline gate's verdict; empty if the gate did not run."""
    refresh: RefreshFinding | None = None
    """`None` if it is no refresh, or its gate has not ended."""
    decision: SessionDecision | None = None
    """`None` until the session is decided."""


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
    """The trigger's readings; `None` for a session that a person began."""
    base_version: int
    """Number of the version in production when the session began."""
    preset: Preset
    author: Author
    optimizer: str
    """The optimiser's name; `manual` if people wrote the variants."""
    seed: int
    state: SessionState
    search: SearchPlan | None = None
    """`None` if people wrote the variants."""
    live_test: LiveTestPlan | None = None
    """`None` before the live test."""
    findings: Findings = Findings()
    completed_at: datetime | None = None
    promoted_at: datetime | None = None

    @property
    def began_with_drop(self) -> bool:
        """Whether a drop, and not a person or the schedule, began it."""
        return self.trigger_reason not in ("manual", "scheduled")

    @property
    def in_search(self) -> bool:
        """Whether its search runs or can be resumed."""
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
    """Other skills and their sessions that it has learned from; `None`: only this one."""
    fitness_score: float | None = None
    """In [0, 1]."""
    evaluated_n: int = 0


@dataclass(frozen=True, kw_only=True)
class OperatorRecord:
    """An operator's results in a session's search."""

    session_id: str
    operator: str
    proposals: int
    accepted: int
    rejected: Mapping[str, int]
    """Guard → how many proposals it rejected."""
    beat_parent: int
    """Children that scored above their parent on the examples that both had then answered."""
    mutation_prompts: Mapping[str, int] = field(default_factory=dict)
    """Mutation prompt → number of its children that beat their parent."""
    sentences: Mapping[str, int] = field(default_factory=dict)
    """Sentence that fits other skills too → number of children that added it and beat their
    parent."""
