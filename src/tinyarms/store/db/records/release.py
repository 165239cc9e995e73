"""History of production, release intents, and holdbacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.release.plan import BY_HAND, Kind, ReleaseCause, ReleasePlan


@dataclass(frozen=True, kw_only=True)
class HistoryRecord:
    """A period in which a version was in production. Open while `active_to` is `None`."""

    id: str
    skill: str
    version: int
    prompt_template_path: str
    active_from: datetime
    active_to: datetime | None = None
    accuracy_start: float | None = None
    accuracy_end: float | None = None
    evolution_source: str | None = None
    notes: str | None = None


@dataclass(frozen=True)
class VariantRef:
    """The variant that wins its session by a release."""

    id: str
    letter: str


@dataclass(frozen=True, kw_only=True)
class IntentRecord:
    """A decided change of the prompt in production; repeated until it is done."""

    id: str
    skill: str
    plan: ReleasePlan
    """What will be written."""
    cause: ReleaseCause
    evidence: str = ""
    """The evidence in words; empty if a person decided."""
    reason: str
    """Why the previous version leaves production ("Accuracy drop")."""
    source: str
    """The origin of the prompt: `SmolLM2`, `manual`, `rollback` …"""
    created_at: datetime
    session_id: str | None = None
    """The evolution session that this release promotes."""
    variant: VariantRef | None = None
    """The winning variant of that session."""
    restored: int | None = None
    """In a rollback, the version whose text returns."""
    holdback: HoldbackRule | None = None
    """Rule of the new version's holdback; `None`: no holdback."""
    state: Literal["intent", "done", "resumed"] = "intent"
    """`resumed`: done, but not by the process that decided it."""
    done_at: datetime | None = None

    @property
    def kind(self) -> Kind:
        return self.plan.kind

    @property
    def by_hand(self) -> bool:
        """Whether a person asked for it."""
        return self.cause in BY_HAND


HoldbackResult = Literal["kept", "rolled_back", "replaced"]
"""`rolled_back`: automatically. `replaced`: by another release, perhaps by hand."""


@dataclass(frozen=True, kw_only=True)
class HoldbackRecord:
    """The comparison of a promotion with the version before it; open while `ended_at` is `None`."""

    id: str
    """The id of the promotion's row in the history."""
    skill: str
    version: int
    """Number of the new version."""
    reference: int
    """Number of the version before it, which keeps a share of the tasks."""
    rule: HoldbackRule
    began_at: datetime
    ended_at: datetime | None = None
    result: HoldbackResult | None = None
    reason: str | None = None
    new_n: int | None = None
    """Outcomes of the new version when the holdback ended; like the other counts, `None` until
    then."""
    new_successes: int | None = None
    reference_n: int | None = None
    reference_successes: int | None = None
    tasks: int = 0
    """Number of tasks so far, whatever their outcome."""
    reference_tasks: int = 0
    """Number of these tasks that the reference served."""


@dataclass(frozen=True, kw_only=True)
class HoldbackTaskRecord:
    """Which of the two prompts served a task, and the probability that it was the reference."""

    holdback_id: str
    task_id: str
    reference: bool
    share: float
    created_at: datetime


@dataclass(frozen=True)
class HeldRecord:
    """A task of a holdback with a known outcome."""

    reference: bool
    success: bool
    share: float
