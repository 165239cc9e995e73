"""What candidates cost for each task, and which of them cost too much to become a finalist."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tinyarms.core.settings import Limits
from tinyarms.evolution.protocol import Evaluated, Finalist

LimitName = Literal["prompt_tokens", "p95_ms"]
EQUAL_ACCURACY = 0.01
"""Finalists whose accuracies differ by at most this are equally accurate, and the cheaper comes
first. Higher: cheaper finalists, which may be worse."""
_PERCENTILE = 0.95


@dataclass
class Costs:
    """The costs of candidates on the examples that they have run on."""

    limits: Limits
    _tokens: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, candidate_id: str, answer: Evaluated) -> None:
        """Count the cost of an answer, as far as it is known."""
        if answer.prompt_tokens is not None:
            self._tokens[candidate_id].append(answer.prompt_tokens)
        if answer.ms is not None:
            self._ms[candidate_id].append(answer.ms)

    def prompt_tokens(self, candidate_id: str) -> float | None:
        """Mean number of prompt tokens of a task, with retrieved demonstrations; `None`: not
        known."""
        tokens = self._tokens.get(candidate_id)
        return sum(tokens) / len(tokens) if tokens else None

    def p95_ms(self, candidate_id: str) -> float | None:
        """The 95th percentile of the time of a call, in milliseconds, by the nearest rank; `None`:
        not known."""
        times = sorted(self._ms.get(candidate_id, ()))
        return times[math.ceil(_PERCENTILE * len(times)) - 1] if times else None

    def exceeded(self, candidate_id: str) -> LimitName | None:
        """The limit that the candidate exceeds; `None`: none so far."""
        most_tokens, most_ms = self.limits.prompt_tokens, self.limits.p95_ms
        if most_tokens is not None and (self.prompt_tokens(candidate_id) or 0) > most_tokens:
            return "prompt_tokens"
        if most_ms is not None and (self.p95_ms(candidate_id) or 0) > most_ms:
            return "p95_ms"
        return None

    def cheaper_first(self, finalists: Sequence[Finalist]) -> list[Finalist]:
        """The finalists in their order, but of equally accurate ones the cheapest in tokens first.

        The first is the cheapest of those that are as accurate as the best, and so on for the rest.
        """
        left, ordered = list(finalists), []
        while left:
            best = left[0]
            equal = [f for f in left if abs(f.accuracy - best.accuracy) <= EQUAL_ACCURACY + 1e-9]
            cheapest = min(equal, key=self._tokens_of)
            if self._tokens_of(best) == math.inf:
                cheapest = best
            left.remove(cheapest)
            ordered.append(cheapest)
        return ordered

    def _tokens_of(self, finalist: Finalist) -> float:
        tokens = self.prompt_tokens(finalist.candidate.id)
        return math.inf if tokens is None else tokens
