"""What an evolution session may spend, and what it has spent: calls, tokens and seconds.

Seconds are those of the model, as its replies tell them, never those on the wall: so a session
that is run again counts the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tinyarms.core.settings import Budget
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.store.db.records import Cost

Kind = Literal["task", "test", "writer", "judge"]
UNLIMITED = Budget(calls=None)

_MARGIN = 1.25
"""Candidates have longer prompts than the incumbent, and the writer costs too."""
_MOST_KEPT = 0.5
"""Of tokens or seconds, the largest share that is kept back for the offline gate."""
_TEMPLATE_TOKENS = 64
"""What a chat template puts around a request, its own system message and JSON quotes included."""
_TURN_TOKENS = 8


@dataclass
class Tally:
    """The calls of one kind."""

    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    """Seconds of the slowest."""

    def add(self, reply: ModelReply) -> None:
        seconds = reply.latency_ms / 1000
        self.calls += 1
        self.tokens += reply.prompt_tokens + reply.completion_tokens
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)

    @property
    def mean(self) -> Cost | None:
        """Of one call; `None` before the first."""
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

    def of(self, kind: Kind) -> Tally:
        """The calls of this kind."""
        tallies: dict[Kind, Tally] = {
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
        }

    def _all(self) -> tuple[Tally, ...]:
        return (self.task, self.test, self.writer, self.judge)


@dataclass
class Purse:
    """A budget and what was spent of it. It allows no call that could overshoot.

    `calls` limits task calls, and writer calls by themselves to as many; tokens and seconds limit
    all calls together. What is kept is for the offline gate: no other call may touch it.
    """

    budget: Budget = UNLIMITED
    spent: Spent = field(default_factory=Spent)
    kept_tokens: float = 0.0
    kept_seconds: float = 0.0

    def allows(
        self, kind: Kind, request: ModelRequest, beside: Sequence[ModelRequest] = ()
    ) -> bool:
        """Whether this call cannot overshoot, however long its reply.

        `beside`: calls of the same kind that are in flight and have not been counted yet.
        """
        budget, spent = self.budget, self.spent
        kept = (0.0, 0.0) if kind == "test" else (self.kept_tokens, self.kept_seconds)
        if budget.calls is not None:
            limited = {"task": (spent.task,), "writer": (spent.task, spent.writer)}.get(kind, ())
            if any(tally.calls + len(beside) >= budget.calls for tally in limited):
                return False
        if budget.tokens is not None and (
            spent.tokens + sum(map(most_tokens, (request, *beside))) > budget.tokens - kept[0]
        ):
            return False
        # A reply's time has no bound: the slowest one so far stands for it.
        slowest = max(spent.of(kind).slowest, spent.task.slowest if kind == "test" else 0.0)
        if budget.seconds is None:
            return True
        if beside and not slowest:  # the first reply has to show how long one takes
            return False
        return spent.seconds + slowest * (1 + len(beside)) <= budget.seconds - kept[1]

    def keep_for_gate(self, calls: int, each: Cost) -> None:
        """Keep back what so many test calls will cost, at most half of the budget."""
        wanted = calls * _MARGIN
        self.kept_tokens = min(wanted * (each.tokens or 0), _MOST_KEPT * (self.budget.tokens or 0))
        self.kept_seconds = min(
            wanted * (each.seconds or 0), _MOST_KEPT * (self.budget.seconds or 0)
        )

    def task_calls_left(self, each: Cost | None) -> int | None:
        """About how many more task calls there will be; `None`: nothing limits them."""
        budget, spent = self.budget, self.spent
        left: list[int] = []
        if budget.calls is not None:
            left.append(budget.calls - spent.task.calls)
        if each is not None and budget.tokens is not None and each.tokens:
            tokens = budget.tokens - self.kept_tokens - spent.tokens
            left.append(int(tokens / (each.tokens * _MARGIN)))
        if each is not None and budget.seconds is not None and each.seconds:
            seconds = budget.seconds - self.kept_seconds - spent.seconds
            left.append(int(seconds / (each.seconds * _MARGIN)))
        return max(0, min(left)) if left else None


def most_tokens(request: ModelRequest) -> int:
    """The most tokens that a call can cost: no token is shorter than a byte of UTF-8."""
    texts = [request.completion or "", *(message.content for message in request.messages)]
    prompt = sum(len(text.encode()) for text in texts) + _TURN_TOKENS * len(texts)
    return prompt + request.max_tokens + _TEMPLATE_TOKENS
