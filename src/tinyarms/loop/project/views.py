"""What the use cases answer: plain values, frozen; `dataclasses.asdict` makes them JSON-able.

Accuracies, shares and probabilities are in [0, 1]; `None` is not known, never 0. Times are aware
datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.experiments.offline_gate import GateEvidence
from tinyarms.monitoring.verdict import Reading


@dataclass(frozen=True)
class TaskResult:
    """One run of a skill."""

    task_id: str
    skill: str
    output: str | None
    """`None` where the model broke the skill's output contract."""
    violation: str | None
    """How it broke it."""
    prompt_version: int | None
    latency_ms: float | None
    model: str | None
    ballot_id: str | None
    """The ballot that is being made of this task for users to vote on."""


@dataclass(frozen=True)
class FeedbackResult:
    """What a piece of feedback did."""

    task_id: str
    known: bool
    """False: the task has not come yet; its outcome is set when it does."""
    success: bool
    """The outcome that this feedback says; a correction says failure."""
    counted: bool | None
    """False: it is kept only, as its user is too far ahead of the others. `None`: not known yet."""


@dataclass(frozen=True)
class Promotion:
    """A new prompt version in production."""

    skill: str
    version: int
    from_version: int
    path: str
    """Its file, relative to the project's folder."""
    previous_accuracy: float | None
    current_accuracy: float | None
    kind: Literal["promote", "rollback", "manual"]
    warning: str | None = None
    """What the evidence says against it."""


@dataclass(frozen=True)
class HoldbackConclusion:
    """What became of a promoted prompt that was compared with the one before it."""

    skill: str
    result: Literal["kept", "rolled_back"]
    version: int
    """The promoted one."""
    restored_as: int | None
    """The new version with the old text; `None` if the promoted one was kept."""
    reason: str


@dataclass(frozen=True)
class GateLine:
    """One challenger before the live test."""

    letter: str
    accuracy: float | None
    n: int
    """Examples that the accuracy is over."""
    shown: bool
    """Whether users will be asked about it."""
    reason: str
    """What the offline gate says; empty where it did not run."""


@dataclass(frozen=True)
class GateReport:
    """How a live test began, or why it did not."""

    session_id: str
    skill: str
    started: bool
    """False: nothing was worth asking users about, and the incumbent is kept."""
    rule: str | None
    """The rule of the live test; `None` if none was started."""
    gate_ran: bool
    """Whether the offline gate ran: there is a scorer and there are enough test examples."""
    examples: int
    """How many test examples there are."""
    incumbent_accuracy: float | None
    incumbent_n: int
    challengers: tuple[GateLine, ...]
    """In the order of their letters."""
    reason: str


@dataclass(frozen=True)
class Created:
    """A live test of variants that people wrote."""

    session_id: str
    skill: str
    letters: tuple[str, ...]
    gate: GateReport


@dataclass(frozen=True)
class OptionView:
    """One option of a ballot. Its letter is its place: it says nothing about the variant."""

    letter: str
    output: str | None
    """`None`: this prompt gave no usable output."""


@dataclass(frozen=True)
class BallotView:
    """A question to a user. It does not say which option leads, nor which variant is which."""

    id: str
    skill: str
    task_id: str
    asked_at: datetime
    inputs: Mapping[str, str]
    options: tuple[OptionView, ...]
    votes_so_far: int
    votes_at_most: int | None
    """`None`: no limit."""


@dataclass(frozen=True)
class Bar:
    """How often users picked what this option stands for."""

    letter: str
    """The option's place on this ballot."""
    share: float | None
    """Of all picks; `None` before the first."""
    votes: int
    interval: tuple[float, float] | None = None
    """95 % interval of the rate that the test's rule looks at."""
    p_best: float | None = None
    """Probability that it is the best."""


@dataclass(frozen=True)
class VoteView:
    """What a vote did."""

    ballot_id: str
    accepted: bool
    """False: this ballot has another vote already."""
    counted: bool
    """False for one that is kept only."""
    excluded: Literal["late", "over_cap"] | None
    """Why it does not count: it came after the end, or its user is too far ahead of the others."""
    standings: tuple[Bar, ...]
    votes: int
    votes_needed: int | None
    """The most votes that could still be needed; `None` if nothing limits them."""
    decision: str | None
    """`promote`, `keep`, `no_difference` or `review`; `None` while the test goes on."""
    reason: str
    promoted_version: int | None


@dataclass(frozen=True)
class Conclusion:
    """Where a live test stands or how it ended."""

    session_id: str
    skill: str
    action: Literal["promote", "keep", "go_on", "no_difference", "review", "cancelled"]
    variant: str | None
    """Letter of the variant promoted, or waiting for review."""
    reason: str
    promoted_version: int | None = None


@dataclass(frozen=True)
class ReviewView:
    """A variant that won its live test and waits for a person."""

    skill: str
    session_id: str
    variant: str
    """Its letter."""
    accuracy: float | None
    accuracy_n: int
    reason: str
    prompt: str
    """Its text."""


@dataclass(frozen=True)
class SkillCheck:
    """What the monitor sees of a skill."""

    skill: str
    triggered: bool
    reason: str | None
    """`accuracy_drop` or `drift`; `None` if not triggered."""
    accuracy: float | None
    n: int
    explanation: str
    would: str
    """What happens next, or did: in plain words."""
    readings: tuple[Reading, ...] = ()
    """What every rule and signal sees, those that are not in use too."""
    rules_in_use: tuple[str, ...] = ()
    """Those that may begin an evolution."""


@dataclass(frozen=True)
class FailureView:
    """A task that failed."""

    task_id: str
    inputs: str
    """The inputs in one short line."""
    output: str | None


@dataclass(frozen=True)
class StatsView:
    """How well a skill does: its active version over the last seven days."""

    skill: str
    accuracy: float | None
    n: int
    """Tasks with a known outcome."""
    interval: tuple[float, float] | None
    successes: int
    down_from: float | None
    """The best accuracy known before, if it was better."""
    prompt_version: int
    active_since: datetime
    tasks: int
    failures: int
    failure_share: float | None
    """Failures among all tasks, whatever their outcome."""
    uncounted: int
    """Feedback that is kept only: its users are too far ahead of the others. At most 1,000."""
    violations: int
    latency_ms: float | None
    """Median of the newest 1,000 tasks."""
    ballots: Mapping[str, int]
    """Answers to ballots: `pick`, `skip`, `none` (of these)."""
    status: str
    next: str
    recent_failures: tuple[FailureView, ...]


@dataclass(frozen=True)
class ProbeView:
    """Whether a search was worth it, said before it."""

    verdict: Literal["worth_it", "not_worth_it", "cannot_tell"]
    reason: str
    """One line with the numbers."""
    calls: int
    """Task calls that it took."""
    numbers: Mapping[str, float]


@dataclass(frozen=True)
class JudgeView:
    """What the judge did to the variants before users saw them."""

    model: str
    threshold: float
    grades: tuple[float | None, ...]
    """Of the finalists, best first, in [0, 1]; `None`: not graded, and so not dropped."""
    dropped: int
    said: str
    """All of it in words."""


@dataclass(frozen=True)
class OperatorView:
    """What one operator did in a search."""

    operator: str
    proposals: int
    accepted: int
    rejected: Mapping[str, int]
    """Guard → how many proposals it rejected."""
    beat_parent: int
    """Children that scored above their parent on the examples both had met by then."""


@dataclass(frozen=True)
class ResultVariant:
    """One arm of a session."""

    id: str
    letter: str
    """Empty for the incumbent."""
    role: Literal["incumbent", "challenger"]
    status: Literal["open", "won", "archived"]
    prompt: str
    """The prompt's text."""
    demonstrations: int
    reasoning: str
    shown: bool
    """Whether users are asked about it."""
    votes: int
    mean: float | None
    interval: tuple[float, float] | None
    p_best: float | None
    lead: int | None
    """Votes ahead of the incumbent (by default) or of the best other arm."""
    accuracy: float | None
    accuracy_n: int
    gate: str | None
    """What the offline gate said."""
    offline: GateEvidence | None
    """The same in numbers."""
    asked: int
    """Ballots that showed it."""
    assigned: int
    """Tasks that allocation gave to it."""


@dataclass(frozen=True)
class StandingsView:
    """The live gate vote by vote. Variants by letter, votes in order of arrival."""

    leads: Mapping[str, tuple[int, ...]]
    """Votes ahead of the incumbent (`thompson`: of the best other arm) after each vote."""
    promote_at: tuple[int | None, ...]
    """For vote 1, 2 … up to the limit, the lead that promotes; `None`: none does yet."""
    keep_below: tuple[int | None, ...]
    """As long: all leads below this keep the incumbent."""
    ends: tuple[str, ...]
    """What would end the test; empty when it is over."""


@dataclass(frozen=True)
class WearView:
    """How worn a skill's test set is."""

    gates: int
    """Offline gates that read it."""
    prompts: int
    luck: float
    """At most this is the chance that it let anything pass by luck, in [0, 1]."""
    flattery: float
    """At most this much too high is, on average, the best accuracy seen on it, in [0, 1]."""
    sentence: str


@dataclass(frozen=True)
class ResultsView:
    """An evolution session, for whoever runs the skill; never shown to voters before a vote."""

    session_id: str
    skill: str
    status: Literal["active", "completed", "cancelled"]
    stage: Literal["searching", "testing", "done"]
    result: str | None
    trigger_reason: str
    optimizer: str
    triggered_at: datetime
    completed_at: datetime | None
    winner: str | None
    """Letter of the variant promoted."""
    spent: Mapping[str, int]
    operators: tuple[OperatorView, ...]
    probe: ProbeView | None
    """What the headroom probe found; `None` where it was not asked."""
    judge: JudgeView | None
    """What the judge did; `None` where there is none."""
    learned_from: tuple[str, ...]
    """The searches of other skills that it began with what they had found."""
    variants: tuple[ResultVariant, ...]
    test_wear: WearView | None
    """`None` where there are no test examples."""
    rule: str | None
    votes: int
    skips: int
    none_of_these: int
    """Answers that want none of the options: counted, but no pick."""
    excluded: Mapping[str, int]
    """Votes, or outcomes, that are kept and do not count, by reason: `late`, `over_cap`."""
    standings: StandingsView | None
    """`None` before the live test."""
    votes_needed: int | None
    waiting: int
    """Ballots that wait for a vote."""
    days_left: float | None
    evidence: str
    """What the votes say so far, or what decided."""


@dataclass(frozen=True)
class SpentView:
    """What the evolution session that made a version has spent, all its calls counted."""

    calls: int
    tokens: int
    seconds: float
    """Of the model."""


@dataclass(frozen=True)
class HeldOutView:
    """Accuracy on held-out examples, before and after."""

    before: float | None
    after: float | None
    n: int


@dataclass(frozen=True)
class LiveEffectView:
    """A promoted version beside the one before it, on tasks dealt to both at random."""

    effect: float | None
    """The difference of the shares of successes; `None` while one of them has no outcome."""
    interval: tuple[float, float] | None
    """95 %, for counts fixed beforehand: evidence that stopped the comparison widens it a bit."""
    successes: int
    n: int
    reference: int
    """The version before it."""
    reference_successes: int
    reference_n: int
    result: Literal["kept", "rolled_back", "replaced"] | None
    """`None` while it goes on."""
    reason: str


@dataclass(frozen=True)
class HistoryView:
    """A prompt version: its time in production, what it cost and what it did."""

    version: int
    source: str
    parent: int | None
    active_from: datetime
    active_to: datetime | None
    accuracy_start: float | None
    accuracy_end: float | None
    reason: str
    """Why it went into production."""
    path: str
    text: str
    by: Literal["evidence", "hand", "setting"] | None
    """Who or what put it there; `None` for the first one."""
    evidence: str
    """What spoke for it when it was put there, in words; empty for edits and releases by hand."""
    session_id: str | None
    """The evolution session that it won."""
    spent: SpentView | None
    """`None` for a version that no evolution session has made, here and in the next two."""
    held_out: HeldOutView | None
    live: LiveEffectView | None
    """`None` also where no task stayed on the version before it."""
    restores: int | None
    """A rollback: the version whose text returned."""
    rolled_back_by: int | None
    """The version that took this one back."""


@dataclass(frozen=True)
class DiffView:
    """Two prompt versions, line by line, as their files have them."""

    skill: str
    old: int
    new: int
    lines: tuple[str, ...]
    """A unified diff; empty where they are the same."""


@dataclass(frozen=True)
class ModelView:
    """A model that the embedded server can run."""

    name: str
    pulled: bool
    size: int | None
    """Bytes; `None`: not known before the download."""
    path: str
