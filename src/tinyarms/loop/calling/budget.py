"""The budget of an evolution session: limits of calls, tokens, seconds and money.

Seconds are model time, as the replies report it, and never wall-clock time, so a resumed session
counts the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tinyarms.core.prices import UNKNOWN_PRICES, Price, RolePrices
from tinyarms.core.settings import Budget
from tinyarms.loop.calling.spending import CallKind, Spent
from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.request_size import most_prompt_tokens, most_tokens
from tinyarms.store.db.records import Cost

UNLIMITED = Budget(calls=None)
NO_COST = Cost(0, 0, 0)

_COST_MARGIN = 1.25
"""Planned cost of a call, as a multiple of the mean so far, because candidates have longer prompts
than the incumbent and the writer costs too. Higher: fewer calls are planned."""
_MAX_GATE_SHARE = 0.5
"""Largest share of the tokens, seconds and money that is kept for the offline gate, in [0, 1].
Higher: the gate is reached more often, and the search is shorter."""


@dataclass
class BudgetTracker:
    """The limits of a session and what it has spent. It allows no call that could overshoot.

    `limits.calls` limits task calls, and separately writer calls to the same number; tokens,
    seconds and money limit all calls together. Only the offline gate may spend its reserve.
    """

    limits: Budget = UNLIMITED
    spent: Spent = field(default_factory=Spent)
    kept_tokens: float = 0.0
    """Tokens reserved for the offline gate."""
    kept_seconds: float = 0.0
    """Seconds reserved for the offline gate."""
    kept_money: float = 0.0
    """US dollars reserved for the offline gate."""

    @classmethod
    def at(cls, prices: RolePrices = UNKNOWN_PRICES, limits: Budget = UNLIMITED) -> BudgetTracker:
        """The limits, for calls that have these prices."""
        return cls(limits, Spent.at(prices))

    def allows(
        self,
        kind: CallKind,
        request: ModelRequest,
        beside: Sequence[ModelRequest] = (),
        scoring: Sequence[ModelRequest] = (),
    ) -> bool:
        """Whether this call cannot overshoot the limits, however long its reply.

        `beside`: calls of the same kind that are in flight and not counted yet. `scoring`: the
        largest calls that the scorer may make for all of them. A reply's time has no bound, so the
        time of the slowest call so far is used.
        """
        budget, spent = self.limits, self.spent
        is_test = kind == "test"
        if budget.calls is not None:
            limited = {"task": (spent.task,), "writer": (spent.task, spent.writer)}.get(kind, ())
            if any(tally.calls + len(beside) >= budget.calls for tally in limited):
                return False
        if budget.tokens is not None and (
            spent.tokens + sum(map(most_tokens, (request, *beside, *scoring)))
            > budget.tokens - (0.0 if is_test else self.kept_tokens)
        ):
            return False
        calls: Mapping[CallKind, Sequence[ModelRequest]] = {
            kind: (request, *beside),
            "scorer": scoring,
        }
        if budget.money is not None and not self._pays(kind, calls, budget.money):
            return False
        slowest = max(spent.of(kind).slowest, spent.task.slowest if is_test else 0.0)
        if budget.seconds is None:
            return True
        if beside and not slowest:  # Wait for the first reply, to know how long a call takes.
            return False
        kept_seconds = 0.0 if is_test else self.kept_seconds
        likely = slowest * (1 + len(beside)) + spent.scorer.slowest * len(scoring)
        return spent.seconds + likely <= budget.seconds - kept_seconds

    def _pays(
        self, kind: CallKind, calls: Mapping[CallKind, Sequence[ModelRequest]], limit: float
    ) -> bool:
        """Whether the rest of the money suffices for these calls, however long the replies.

        `kind`: whose reserve they may use. `calls`: by their kind.
        """
        most, spent = 0.0, self.spent.money.total
        for each, requests in calls.items():
            price = self.spent.of(each).price
            if requests and (price is None or spent is None):
                return False
            if price is not None:
                most += sum(price.most(most_prompt_tokens(r), r.max_tokens) for r in requests)
        return (spent or 0.0) + most <= limit - (0.0 if kind == "test" else self.kept_money)

    def keep_for_gate(self, calls: int, cost: Cost, scoring: Cost = NO_COST) -> None:
        """Reserve the cost of `calls` test calls, at most half of the budget.

        `cost`: of one call. `scoring`: of the scorer's calls for its output.
        """
        planned, limits = calls * _COST_MARGIN, self.limits
        tokens = (cost.tokens or 0) + (scoring.tokens or 0)
        self.kept_tokens = min(planned * tokens, _MAX_GATE_SHARE * (limits.tokens or 0))
        seconds = (cost.seconds or 0) + (scoring.seconds or 0)
        self.kept_seconds = min(planned * seconds, _MAX_GATE_SHARE * (limits.seconds or 0))
        if limits.money is not None:
            dollars = dollars_of(cost, self.spent.test.price) or 0.0
            dollars += self._scoring_dollars(scoring)
            self.kept_money = min(planned * dollars, _MAX_GATE_SHARE * limits.money)

    def _scoring_dollars(self, scoring: Cost) -> float:
        if not scoring.tokens:
            return 0.0
        return dollars_of(scoring, self.spent.scorer.price) or 0.0

    def task_calls_left(self, cost: Cost | None, scoring: Cost = NO_COST) -> int | None:
        """The approximate number of remaining task calls; `None`: no limit.

        `cost`: of a call; `None` if not known. `scoring`: of the scorer's calls for its output.
        """
        budget, spent = self.limits, self.spent
        left: list[int] = []
        if budget.calls is not None:
            left.append(budget.calls - spent.task.calls)
        if cost is not None and budget.tokens is not None and cost.tokens:
            tokens = budget.tokens - self.kept_tokens - spent.tokens
            left.append(int(tokens / ((cost.tokens + (scoring.tokens or 0)) * _COST_MARGIN)))
        if cost is not None and budget.seconds is not None and cost.seconds:
            seconds = budget.seconds - self.kept_seconds - spent.seconds
            left.append(int(seconds / ((cost.seconds + (scoring.seconds or 0)) * _COST_MARGIN)))
        if cost is not None and budget.money is not None:
            dollars = dollars_of(cost, spent.task.price)
            if dollars is not None:
                dollars += self._scoring_dollars(scoring)
            if dollars:
                rest = budget.money - self.kept_money - (spent.money.total or 0.0)
                left.append(int(rest / (dollars * _COST_MARGIN)))
        return max(0, min(left)) if left else None


def dollars_of(cost: Cost, price: Price | None) -> float | None:
    """US dollars of a call of this mean cost, if nothing comes from the server's cache.

    `None`: the cost or the price is not known.
    """
    if price is None or cost.tokens is None or cost.completion_tokens is None:
        return 0.0 if price is not None and price.is_free else None
    return price.of(cost.tokens - cost.completion_tokens, cost.completion_tokens)


def share_of(budget: Budget, calls: int, share: float) -> Budget:
    """`calls` task calls, and the share of tokens, seconds and money, in [0, 1]."""
    return budget.model_copy(
        update={
            "calls": calls,
            "tokens": None if budget.tokens is None else round(share * budget.tokens),
            "seconds": None if budget.seconds is None else share * budget.seconds,
            "money": None if budget.money is None else share * budget.money,
        }
    )
