"""What a server does not take: found out by its refusals, and remembered for a day.

It belongs to a server's address and a model, because one server may have models of many kinds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from tinyarms.core.ids import content_hash
from tinyarms.core.settings import Capabilities
from tinyarms.models.openai_api.dialects import Dialect
from tinyarms.models.openai_api.server_memory import Findings, ServerMemory, shared_memory
from tinyarms.skills.contract import Constraint

Feature = Literal[
    "completions",
    "grammar",
    "json_schema",
    "json_object",
    "logprobs",
    "seed",
    "temperature",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "system_role",
    "cache_prompt",
    "images",
]
"""What a request may use or do without: the keys of `capabilities:` but `images`, since a request
without its picture asks something else."""
FEATURES: tuple[Feature, ...] = get_args(Feature)

_MAX_VAIN = 3
"""As many requests whose refusal no left-out feature explains end the guessing. Higher: requests
that are refused for other reasons cost more calls."""
_BY_SCHEMA: frozenset[Feature] = frozenset({"grammar", "json_schema"})
"""A server that takes these may still refuse one schema or grammar."""


@dataclass(frozen=True)
class KnownFeature:
    """What is known about a feature of a model's server."""

    name: Feature
    is_taken: bool | None
    """`None`: not known, because it was not needed yet."""
    source: Literal["by_hand", "found_out", "not_known"]
    age_s: float | None
    """Seconds since it was found out."""


class ServerLimits:
    """What one model of one server does not take. Safe to use from several threads."""

    def __init__(
        self,
        base_url: str,
        model: str,
        by_hand: Capabilities,
        memory: ServerMemory | None = None,
    ) -> None:
        self._place = (base_url, model)
        self._memory = memory or shared_memory(None)
        self._parallel_calls = by_hand.parallel_calls
        said = {feature: getattr(by_hand, feature) for feature in FEATURES}
        self._never = frozenset(f for f, value in said.items() if value is False)
        self._always = frozenset(f for f, value in said.items() if value is True)

    def lacking(self, constraint: Constraint | None) -> frozenset[Feature]:
        """What a request with this constraint has to do without."""
        schemas = {"", _schema_key(constraint)}
        with self._memory.lock:
            refused = self._findings.lacks.items()
            lacks = {f for f in FEATURES for name, by in refused if name == f and schemas & {*by}}
        return (self._never | lacks) - self._always

    def droppable(self, features: Iterable[Feature]) -> list[Feature]:
        """Those that may be left out after a refusal."""
        return [feature for feature in features if feature not in self._always]

    def suspects(self, features: Iterable[Feature]) -> list[Feature]:
        """Those that may be the reason of a refusal that names none.

        A feature that the server has taken before is no suspect. Empty after several refusals that
        no feature explained.
        """
        with self._memory.lock:
            found = self._findings
            accepted = {*FEATURES} if found.vain >= _MAX_VAIN else {*found.accepted}
        return [feature for feature in self.droppable(features) if feature not in accepted]

    def learn(
        self,
        lacks: Collection[Feature],
        accepted: Collection[Feature],
        constraint: Constraint | None,
        this_schema_only: bool,
    ) -> None:
        """A request came through without `lacks` and with `accepted`.

        `this_schema_only`: the server has said that the schema or grammar itself is wrong.
        """
        with self._memory.lock:
            found, now = self._findings, self._memory.now()
            is_new = bool(lacks) or not found.accepted.keys() >= {*accepted}
            for feature in lacks:
                by_schema = this_schema_only or feature in found.accepted
                schema = _schema_key(constraint) if by_schema and feature in _BY_SCHEMA else ""
                found.lacks.setdefault(feature, {})[schema] = now
            for feature in accepted:
                found.accepted.setdefault(feature, now)
            if is_new:
                self._memory.keep(*self._place)

    def context_tokens(self, read: Callable[[], int | None]) -> int | None:
        """The server's context in tokens, read once a day; `None`: it does not say."""
        with self._memory.lock:
            if self._findings.context_read_at:
                return self._findings.context_tokens
        tokens = read()
        with self._memory.lock:
            found = self._findings
            found.context_tokens, found.context_read_at = tokens, self._memory.now()
            self._memory.keep(*self._place)
        return tokens

    def calls_at_once(self, read: Callable[[], int | None]) -> int | None:
        """Most calls that the server takes at once, read once a day; `None`: it does not say."""
        with self._memory.lock:
            if self._parallel_calls is not None or self._findings.calls_read_at:
                return self.known_calls_at_once()
        self._keep_calls_at_once(read())
        return self.known_calls_at_once()

    def known_calls_at_once(self) -> int | None:
        """The same, if it is known without a question: set by hand, or found out in a day."""
        with self._memory.lock:
            return self._parallel_calls or self._findings.calls_at_once

    def learn_calls_at_once(self, number: int) -> None:
        """The server has refused a call beside this number of others."""
        known = self.known_calls_at_once()
        if known is None or number < known:
            self._keep_calls_at_once(number)

    def _keep_calls_at_once(self, number: int | None) -> None:
        with self._memory.lock:
            found = self._findings
            found.calls_at_once, found.calls_read_at = number, self._memory.now()
            self._memory.keep(*self._place)

    @property
    def dialect(self) -> Dialect | None:
        """The dialect that the server's replies have shown; `None`: none yet."""
        with self._memory.lock:
            return self._findings.dialect

    def learn_dialect(self, dialect: Dialect) -> None:
        """The server's replies show that it is to be asked in this dialect."""
        with self._memory.lock:
            found = self._findings
            found.dialect, found.dialect_shown_at = dialect, self._memory.now()
            self._memory.keep(*self._place)

    def known(self) -> tuple[KnownFeature, ...]:
        """All features, with what was set by hand or found out."""
        with self._memory.lock:
            now, found = self._memory.now(), self._findings
            return tuple(self._known(feature, found, now) for feature in FEATURES)

    def _known(self, feature: Feature, found: Findings, now: float) -> KnownFeature:
        if feature in self._never | self._always:
            return KnownFeature(feature, feature in self._always, "by_hand", None)
        refused = found.lacks.get(feature, {})
        if refused:
            takes_some = feature in found.accepted and "" not in refused
            at = max(refused.values())
            return KnownFeature(feature, takes_some, "found_out", now - at)
        if feature in found.accepted:
            return KnownFeature(feature, True, "found_out", now - found.accepted[feature])
        return KnownFeature(feature, None, "not_known", None)

    def guessed_in_vain(self) -> None:
        """No left-out feature explained a refusal."""
        with self._memory.lock:
            self._findings.vain += 1

    @property
    def _findings(self) -> Findings:
        """Under the lock."""
        return self._memory.of(*self._place)


def _schema_key(constraint: Constraint | None) -> str:
    """A name of the schema; none for no constraint."""
    if constraint is None:
        return "none"
    return content_hash(json.dumps([constraint.grammar, constraint.schema], default=str))
