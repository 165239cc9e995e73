"""What an evolution session has spent: calls, tokens, seconds and money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tinyarms.core.prices import Money, Price, RolePrices, money
from tinyarms.skills.execution import ModelReply
from tinyarms.store.db.records import Cost

CallKind = Literal["task", "test", "writer", "judge", "scorer"]


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
    completion_tokens: int = 0
    """The part of `tokens` that the replies have."""
    price: Price | None = None
    """`None`: not known."""
    _dollars: float = 0.0

    def add(self, reply: ModelReply) -> None:
        """Count a call by its reply."""
        seconds = reply.latency_ms / 1000
        self.calls += 1
        self.tokens += reply.prompt_tokens + reply.completion_tokens
        self.completion_tokens += reply.completion_tokens
        self.estimated += reply.tokens_estimated
        if self.price is not None:
            self._dollars += self.price.of(
                reply.prompt_tokens, reply.completion_tokens, reply.cached_tokens
            )
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)

    @property
    def mean(self) -> Cost | None:
        """The mean cost of a call; `None` before the first."""
        if not self.calls:
            return None
        return Cost(
            self.tokens / self.calls,
            self.seconds / self.calls,
            self.completion_tokens / self.calls,
        )

    @property
    def money(self) -> float | None:
        """US dollars; `None`: calls were made whose price is not known."""
        return None if self.price is None and self.calls else self._dollars


@dataclass
class Spent:
    """What a session has spent so far, replayed calls included."""

    task: Tally = field(default_factory=Tally)
    test: Tally = field(default_factory=Tally)
    writer: Tally = field(default_factory=Tally)
    judge: Tally = field(default_factory=Tally)
    scorer: Tally = field(default_factory=Tally)
    """The scorer's calls to a judge."""
    cache_hits: int = 0
    scorer_is_paid: bool = False
    """Only of sessions of earlier versions: whether the scorer's calls cost something; they were
    not counted."""

    @classmethod
    def at(cls, prices: RolePrices) -> Spent:
        """Nothing yet, of calls that have these prices."""
        by_kind = (prices.task, prices.task, prices.writer, prices.judge, prices.scorer)
        task, test, writer, judge, scorer = (Tally(price=price) for price in by_kind)
        return cls(task, test, writer, judge, scorer, scorer_is_paid=prices.scorer_is_paid)

    def of(self, kind: CallKind) -> Tally:
        """The calls of this kind."""
        tallies: dict[CallKind, Tally] = {
            "task": self.task,
            "test": self.test,
            "writer": self.writer,
            "judge": self.judge,
            "scorer": self.scorer,
        }
        return tallies[kind]

    @property
    def tokens(self) -> int:
        return sum(tally.tokens for tally in self._all())

    @property
    def seconds(self) -> float:
        return sum(tally.seconds for tally in self._all())

    @property
    def money(self) -> Money:
        """US dollars, by role."""
        task, test = self.task.money, self.test.money
        both = None if task is None or test is None else task + test
        judge, scorer = self.judge.money, self.scorer.money
        unknown = self.scorer_is_paid or judge is None or scorer is None
        return money(both, self.writer.money, None if unknown else (judge or 0) + (scorer or 0))

    @property
    def scoring(self) -> Cost:
        """The mean cost of the scorer's calls for each task call so far."""
        n = max(1, self.task.calls)
        scorer = self.scorer
        return Cost(scorer.tokens / n, scorer.seconds / n, scorer.completion_tokens / n)

    def as_view(self) -> Mapping[str, float]:
        """For people and programs."""
        return {
            "task_calls": self.task.calls,
            "test_calls": self.test.calls,
            "writer_calls": self.writer.calls,
            "judge_calls": self.judge.calls + self.scorer.calls,
            "cache_hits": self.cache_hits,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 1),
            "calls_with_estimated_tokens": sum(tally.estimated for tally in self._all()),
        }

    def _all(self) -> tuple[Tally, ...]:
        return (self.task, self.test, self.writer, self.judge, self.scorer)
