"""The answers of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tinyarms.core.prices import Money
from tinyarms.experiments.paired_check import PairedCheck
from tinyarms.skills.example import Split

LEVEL = 0.95
"""The confidence of the intervals of an evaluation, in (0, 1). Higher: wider intervals."""
MAX_WRONG = 20
"""Most wrong answers, or rows on which two prompts differ, that an answer lists. Higher: longer
answers."""


@dataclass(frozen=True, kw_only=True)
class EvaluatedPrompt:
    """The prompt that was evaluated."""

    name: str
    """`version 3`, or the path of its file."""
    version: int | None
    """Its number; `None`: it comes from a file."""
    hash: str
    """Hash of everything of it that is sent: 64 hexadecimal characters."""


@dataclass(frozen=True, kw_only=True)
class ScoreSpread:
    """The scores of a scorer that gives more than 0 and 1."""

    mean: float
    """In [0, 1]."""
    deviation: float
    """The standard deviation of the scores."""
    interval: tuple[float, float]
    """Student's t interval of the mean at 95 %, in [0, 1]."""
    quartiles: tuple[float, float, float, float, float]
    """The lowest score, the three quartiles, and the highest score."""


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """Which labels were answered in place of which."""

    labels: tuple[str, ...]
    """The labels of the contract."""
    counts: tuple[tuple[int, ...], ...]
    """For each right label, how often each label was answered, and last how often none was."""


@dataclass(frozen=True, kw_only=True)
class WrongAnswer:
    """A row that was not answered right. Long texts are cut."""

    id: str
    """The example's id."""
    inputs: Mapping[str, str]
    """Its inputs, by name."""
    expected: str
    """The right output."""
    raw: str
    """What the model replied."""
    output: str | None
    """What the contract made of it; `None`: it breaks the contract."""
    violation: str | None
    """How it breaks the contract; `None`: it keeps it."""
    score: float
    """In [0, 1]; below the skill's `success_at`."""
    reason: str
    """Why the score is not higher; empty: the scorer does not say."""


@dataclass(frozen=True, kw_only=True)
class LeftOutRow:
    """A row that has no score. It counts neither as right nor as wrong."""

    id: str
    """The example's id."""
    why: str
    """`failed`: no reply came. `refused`: the server refuses this request. `not_scored`: the scorer
    gave no score. `not_reached`: the budget ended before."""
    reason: str
    """One sentence."""


@dataclass(frozen=True, kw_only=True)
class EvalView:
    """How good a prompt is on the examples."""

    skill: str
    prompt: EvaluatedPrompt
    """The prompt that was evaluated."""
    model: str
    """The model that answered, by its name under `models:`."""
    splits: tuple[Split, ...]
    """The splits whose gold examples were asked."""
    rows: int
    """Examples that were asked."""
    available: int
    """Gold examples in these splits."""
    n: int
    """Examples with a score: `rows` without `left_out`."""
    successes: int
    """Examples whose score is at least the skill's `success_at`."""
    accuracy: float | None
    """`successes` / `n`, in [0, 1]; `None` if n = 0."""
    interval: tuple[float, float] | None
    """Wilson's score interval of the accuracy at 95 %, in [0, 1]; `None` if n = 0."""
    scores: ScoreSpread | None
    """The spread of the scores; `None` if they are all 0 or 1, or fewer than 2."""
    confusion: Confusion | None
    """For a contract of labels whose examples name the right label; otherwise `None`."""
    wrong: tuple[WrongAnswer, ...]
    """The first 20 answers that are not right, the lowest scores first."""
    violations: int
    """Answers that break the contract. They count as wrong."""
    left_out: int
    """Examples without a score."""
    left_out_rows: tuple[LeftOutRow, ...]
    """The first 20 of them."""
    calls: int
    """Model calls that were made now for this prompt."""
    stored_replies: int
    """Examples whose reply was stored from an earlier call."""
    prompt_tokens: float | None
    """Mean tokens of a request; `None` without replies."""
    completion_tokens: float | None
    """Mean tokens of a reply; `None` without replies."""
    p50_ms: float | None
    """The median time of a call, in milliseconds, stored replies included."""
    p95_ms: float | None
    """The time that 95 % of the calls kept to, in milliseconds."""
    money: Money
    """US dollars of the calls that were made now for this prompt."""
    dollars_per_1000: float | None
    """US dollars of 1,000 calls with this prompt; `None`: the price is not known."""
    notes: tuple[str, ...] = ()
    """What to know about these numbers, such as a read of `test`."""
    needs: tuple[str, ...] = ()
    """What `prompt evolve` and the offline gate need on top."""


@dataclass(frozen=True, kw_only=True)
class ChangedRow:
    """A row that only one of two prompts got right. Long texts are cut."""

    id: str
    """The example's id."""
    inputs: Mapping[str, str]
    """Its inputs, by name."""
    expected: str
    """The right output."""
    before: str
    """The answer of the first prompt; where it broke the contract, what the model replied."""
    after: str
    """That of the second one."""
    gained: bool
    """Whether the second prompt got it right, and not the first."""


@dataclass(frozen=True, kw_only=True)
class ComparedView:
    """Two prompts of a skill on the same examples."""

    skill: str
    before: EvalView
    """The first prompt."""
    after: EvalView
    """The second prompt."""
    check: PairedCheck
    """The second prompt against the first, on the rows that both answered."""
    score_difference: tuple[float, float, float] | None = None
    """The mean difference of the scores with its t interval at 1 − 2 · `check.threshold`; `None`:
    all scores are 0 or 1."""
    changed: tuple[ChangedRow, ...] = field(default=())
    """The first 20 rows that only one of them got right, lost ones first."""
