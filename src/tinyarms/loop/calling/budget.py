"""The budget of an evolution session: limits, and spent calls, tokens and seconds.

Seconds are model time, as the replies report it, and never wall-clock time, so a resumed session
counts the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tinyarms.core.settings import Budget
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.store.db.records import Cost

CallKind = Literal["task", "test", "writer", "judge"]
UNLIMITED = Budget(calls=None)

_COST_MARGIN = 1.25
"""Planned cost of a call, as a multiple of the mean so far, because candidates have longer prompts
than the incumbent and the writer costs too. Higher: fewer calls are planned."""
_MAX_GATE_SHARE = 0.5
"""Largest share of the tokens and of the seconds that is kept for the offline gate, in [0, 1].
Higher: the gate is reached more often, and the search is shorter."""
_TEMPLATE_TOKENS = 64
"""Most tokens that a chat template adds to a request, with its system message and JSON quotes. Too
low: a call may overshoot the budget."""
_TURN_TOKENS = 8
"""Most tokens that a chat template adds to each message."""


@dataclass
class Tally:
    """The calls of one kind."""

    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    """Seconds of the slowest call."""
    estimated: int = 0
    """Calls whose tokens are an estimate."""

    def add(self, reply: ModelReply) -> None:
        """Count a call by its reply."""
        seconds = reply.latency_ms / 1000
        self.calls += 1
        self.tokens += reply.prompt_tokens + reply.completion_tokens
        self.estimated += reply.tokens_estimated
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)

    @property
    def mean(self) -> Cost | None:
        """The mean cost of a call; `None` before the first."""
        if not self.calls:
            return None
        return Cost(self.tokens / self.calls, self.seconds / self.calls)


@dataclass
class Spent:
    """What a session has spent so far, replayed calls included."""

    task: Tally = field(default_factory=Tally)
    test: Tally = field(default_factory=Tally)
    writer: Tally = field(default_factory=Tally)
    judge: Tally = field(default_factory=Tally)
    cache_hits: int = 0

    def of(self, kind: CallKind) -> Tally:
        """The calls of this kind."""
        tallies: dict[CallKind, Tally] = {
            "task": self.task,
            "test": self.test,
            "writer": self.writer,
            "judge": self.judge,
        }
        return tallies[kind]

    @property
    def tokens(self) -> int:
        return sum(tally.tokens for tally in self._all())

    @property
    def seconds(self) -> float:
        return sum(tally.seconds for tally in self._all())

    def as_view(self) -> Mapping[str, float]:
        """For people and programs."""
        return {
            "task_calls": self.task.calls,
            "test_calls": self.test.calls,
            "writer_calls": self.writer.calls,
            "judge_calls": self.judge.calls,
            "cache_hits": self.cache_hits,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 1),
            "calls_with_estimated_tokens": sum(tally.estimated for tally in self._all()),
        }

    def _all(self) -> tuple[Tally, ...]:
        return (self.task, self.test, self.writer, self.judge)


@dataclass
class BudgetTracker:
    """The limits of a session and what it has spent. It allows no call that could overshoot.

    `limits.calls` limits task calls, and separately writer calls to the same number; tokens and
    seconds limit all calls together. Only the offline gate may spend its reserve.
    """

    limits: Budget = UNLIMITED
    spent: Spent = field(default_factory=Spent)
    kept_tokens: float = 0.0
    """Tokens reserved for the offline gate."""
    kept_seconds: float = 0.0
    """Seconds reserved for the offline gate."""

    def allows(
        self, kind: CallKind, request: ModelRequest, beside: Sequence[ModelRequest] = ()
    ) -> bool:
        """Whether this call cannot overshoot the limits, however long its reply.

        `beside`: calls of the same kind that are in flight and not counted yet. A reply's time has
        no bound, so the time of the slowest call so far is used.
        """
        budget, spent = self.limits, self.spent
        kept = (0.0, 0.0) if kind == "test" else (self.kept_tokens, self.kept_seconds)
        if budget.calls is not None:
            limited = {"task": (spent.task,), "writer": (spent.task, spent.writer)}.get(kind, ())
            if any(tally.calls + len(beside) >= budget.calls for tally in limited):
                return False
        if budget.tokens is not None and (
            spent.tokens + sum(map(most_tokens, (request, *beside))) > budget.tokens - kept[0]
        ):
            return False
        slowest = max(spent.of(kind).slowest, spent.task.slowest if kind == "test" else 0.0)
        if budget.seconds is None:
            return True
        if beside and not slowest:  # Wait for the first reply, to know how long a call takes.
            return False
        return spent.seconds + slowest * (1 + len(beside)) <= budget.seconds - kept[1]

    def keep_for_gate(self, calls: int, cost: Cost) -> None:
        """Reserve the cost of `calls` test calls, at most half of the budget. `cost`: of one
        call."""
        planned, limits = calls * _COST_MARGIN, self.limits
        self.kept_tokens = min(planned * (cost.tokens or 0), _MAX_GATE_SHARE * (limits.tokens or 0))
        self.kept_seconds = min(
            planned * (cost.seconds or 0), _MAX_GATE_SHARE * (limits.seconds or 0)
        )

    def task_calls_left(self, cost: Cost | None) -> int | None:
        """The approximate number of remaining task calls; `None`: no limit.

        `cost`: of a call; `None` if not known.
        """
        budget, spent = self.limits, self.spent
        left: list[int] = []
        if budget.calls is not None:
            left.append(budget.calls - spent.task.calls)
        if cost is not None and budget.tokens is not None and cost.tokens:
            tokens = budget.tokens - self.kept_tokens - spent.tokens
            left.append(int(tokens / (cost.tokens * _COST_MARGIN)))
        if cost is not None and budget.seconds is not None and cost.seconds:
            seconds = budget.seconds - self.kept_seconds - spent.seconds
            left.append(int(seconds / (cost.seconds * _COST_MARGIN)))
        return max(0, min(left)) if left else None


def most_tokens(request: ModelRequest) -> int:
    """The most tokens that a call can cost: no token is shorter than a byte of UTF-8."""
    texts = [request.completion or "", *(message.content for message in request.messages)]
    prompt = sum(len(text.encode()) for text in texts) + _TURN_TOKENS * len(texts)
    return prompt + request.max_tokens + _TEMPLATE_TOKENS


def share_of(budget: Budget, calls: int, share: float) -> Budget:
    """`calls` task calls, and the share of tokens and seconds, in [0, 1]."""
    return budget.model_copy(
        update={
            "calls": calls,
            "tokens": None if budget.tokens is None else round(share * budget.tokens),
            "seconds": None if budget.seconds is None else share * budget.seconds,
        }
    )
