"""Rows, as they go into the database and come out: frozen, with prompts and replies whole.

Times are aware datetimes in UTC. `None` is missing, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tinyarms.skills.execution import ModelReply
from tinyarms.skills.prompt import Prompt

SessionStatus = Literal["active", "completed", "cancelled"]
Stage = Literal["searching", "testing", "done"]
Result = Literal["promoted", "kept", "no_difference", "nothing_better", "not_worth_it"]
Role = Literal["incumbent", "challenger"]
VariantStatus = Literal["open", "won", "archived"]
Purpose = Literal["search", "selection", "test"]
JUDGE = "judge"
"""Stands in an operator's place at the calls of the judge."""
OutcomeSource = Literal["feedback", "correction", "scorer"]
Standing = Literal["counted", "changed", "over_cap"]
"""Of feedback. `changed`: it changes what its user has said of the task, which counted.
`over_cap`: it is kept, but moves nothing, as its user is too far ahead of the others."""


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """One evolution session."""

    id: str
    skill: str
    original_prompt_hash: str
    triggered_at: datetime
    trigger_reason: str
    """`accuracy_drop`, `drift`, `manual` or `scheduled`."""
    base_version: int
    """Number of the prompt version that was in production when it began."""
    optimizer: str
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    trigger_numbers: Mapping[str, Any] = field(default_factory=dict)
    status: SessionStatus = "active"
    stage: Stage = "searching"
    completed_at: datetime | None = None
    result: Result | None = None
    winning_variant: str | None = None
    promoted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class VariantRecord:
    """One arm of an experiment: a challenger or the incumbent."""

    id: str
    session_id: str
    variant_letter: str
    prompt: Prompt
    reasoning: str = ""
    role: Role = "challenger"
    candidate_id: str | None = None
    accuracy: float | None = None
    accuracy_n: int = 0
    """Over how many examples `accuracy` is."""
    status: VariantStatus = "open"
    votes: int = 0
    """A snapshot for people, written with each vote. Count `votes` rows instead of reading it."""


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


@dataclass(frozen=True, kw_only=True)
class HistoryRecord:
    """A span of time in which a version was in production. Open while `active_to` is `None`."""

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


@dataclass(frozen=True, kw_only=True)
class WriterCallRecord:
    """A reply of the writer, at its place (`ordinal`) in the session."""

    session_id: str
    ordinal: int
    key: str
    operator: str
    parents: tuple[str, ...]
    reply: ModelReply
    created_at: datetime
    verdict: str | None = None
    """What the guards said: `None` while they have not, else `accepted` or the reason."""


@dataclass(frozen=True, kw_only=True)
class EvaluationRecord:
    """One prompt on one example, at its place (`ordinal`) in the session."""

    session_id: str
    ordinal: int
    key: str
    purpose: Purpose
    prompt_hash: str
    example_id: str
    reply: ModelReply
    output: str | None
    violation: str | None
    score: float
    cached: bool
    """Taken over from an earlier evaluation with the same key: no call was made."""
    created_at: datetime


@dataclass(frozen=True)
class Cost:
    """What a call costs on the average; `None` where that is not known."""

    tokens: float | None
    """Of prompt and reply."""
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class TaskRecord:
    """One run of a skill. `success` is `None` while the outcome is unknown."""

    id: str
    skill: str
    inputs: Mapping[str, str]
    created_at: datetime
    prompt_version: int | None = None
    variant_id: str | None = None
    output: str | None = None
    violation: str | None = None
    latency_ms: float | None = None
    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    user: str | None = None
    success: bool | None = None
    outcome_source: OutcomeSource | None = None


@dataclass(frozen=True, kw_only=True)
class FeedbackRecord:
    """What a user said of a task."""

    id: str
    task_id: str
    created_at: datetime
    success: bool | None = None
    correction: str | None = None
    user: str | None = None
    """Who said it; once it is settled, the user of the task where nobody is named."""
    skill: str | None = None
    """Of its task; this and the next two are `None` until the task is there."""
    standing: Standing | None = None
    settled_at: datetime | None = None
    """When both the feedback and its task were there."""

    @property
    def outcome(self) -> tuple[bool, OutcomeSource] | None:
        """The task's outcome by this feedback. A correction says that the task failed."""
        if self.correction is not None:
            return False, "correction"
        return None if self.success is None else (self.success, "feedback")


@dataclass(frozen=True)
class OptionRecord:
    """One option of a ballot, at the place where it was shown (0 is first)."""

    position: int
    variant_id: str
    output: str | None


@dataclass(frozen=True, kw_only=True)
class BallotRecord:
    """A question to a user: which output is best?"""

    id: str
    session_id: str
    skill: str
    task_id: str
    rule: str
    """What chose the options and their order."""
    inputs: Mapping[str, str]
    created_at: datetime
    options: tuple[OptionRecord, ...]
    probability: float | None = None
    user: str | None = None


@dataclass(frozen=True, kw_only=True)
class VoteRecord:
    """The answer to a ballot."""

    id: str
    ballot_id: str
    answer: Literal["pick", "skip", "none"]
    """`none`: the user wants none of the options."""
    position: int | None
    """Where the option picked stood; `None` for the other answers."""
    created_at: datetime
    user: str | None = None
    excluded: Literal["late", "over_cap"] | None = None
    """Why it is kept, but not counted: the test was over, or its user had votes enough."""

    @property
    def counted(self) -> bool:
        return self.excluded is None


@dataclass(frozen=True, kw_only=True)
class ResultRecord:
    """One option of a ballot that got its vote."""

    id: str
    session_id: str
    variant_id: str
    task_id: str
    user_choice: bool
    created_at: datetime
    task_success: bool | None = None


@dataclass(frozen=True, kw_only=True)
class AssignmentRecord:
    """A task that was given to a variant, with the probability of that."""

    id: str
    session_id: str
    task_id: str
    variant_id: str
    probability: float
    created_at: datetime
    probabilities: Mapping[str, float] = field(default_factory=dict)
    """Single mode: of every variant that could have had the task, by id."""


@dataclass(frozen=True)
class ServedRecord:
    """A task of single mode, as far as it has come."""

    variant_id: str
    """What served it; while the task has not come, what it was assigned to."""
    probabilities: Mapping[str, float]
    success: bool | None
    user: str | None
    arrived_at: datetime | None
    """When its outcome was known; `None` while it is not."""


@dataclass(frozen=True, kw_only=True)
class IntentRecord:
    """A change of the prompt in production that is decided; replayed until it is done."""

    id: str
    skill: str
    kind: str
    plan: Mapping[str, Any]
    created_at: datetime
    session_id: str | None = None
    state: Literal["intent", "done"] = "intent"
    done_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class HoldbackRecord:
    """A promotion that is watched beside the prompt before it; open while `ended_at` is `None`."""

    id: str
    """That of the promotion's row in the history."""
    skill: str
    version: int
    """The new one."""
    reference: int
    """The version before it, which keeps a share of the tasks."""
    rule: Mapping[str, Any]
    began_at: datetime
    ended_at: datetime | None = None
    result: Literal["kept", "rolled_back", "replaced"] | None = None
    """`rolled_back`: by itself. `replaced`: another release came, perhaps one by hand."""
    reason: str | None = None
    new_n: int | None = None
    """Outcomes of the new version when it ended; like the other counts `None` before."""
    new_successes: int | None = None
    reference_n: int | None = None
    reference_successes: int | None = None
    tasks: int = 0
    """Tasks that came, whatever their outcome; counted as they come."""
    reference_tasks: int = 0
    """Those of them that the reference served."""


@dataclass(frozen=True, kw_only=True)
class HoldbackTaskRecord:
    """Which of the two prompts a task got, and with what probability that was the reference."""

    holdback_id: str
    task_id: str
    reference: bool
    share: float
    created_at: datetime


@dataclass(frozen=True)
class HeldRecord:
    """A task of a holdback whose outcome is known."""

    reference: bool
    success: bool
    share: float


@dataclass(frozen=True, kw_only=True)
class WatchRecord:
    """What the daemon knows of a skill from one look to the next."""

    skill: str
    since: datetime
    """When the daemon first looked at it: what happened before is not told."""
    looked_at: datetime
    failures: int = 0
    """How often in a row it could not do what was due."""
    error: str | None = None
    """Why, the last time; `None` while all goes well."""
    retry_at: datetime | None = None
    """Before it, what failed is not tried again."""
    checked_at: datetime | None = None
    """Original preset: when the trigger last saw no drop."""


@dataclass(frozen=True, kw_only=True)
class EventRecord:
    """Something that happened to a skill. The same happening always has the same id."""

    id: str
    skill: str
    kind: str
    said: str
    """In one sentence."""
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    told_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NoticeRecord:
    """What is to be said to people of an event, on one channel."""

    event_id: str
    channel: str
    skill: str
    kind: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    """Numbers only: nothing of users or prompts."""
    message_id: str | None = None
    """The message that it was last put into; `None`: none so far."""
    tried_at: datetime | None = None
    sent_at: datetime | None = None
