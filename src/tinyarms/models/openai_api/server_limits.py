"""What a server does not take: found out by its refusals, and remembered in this process.

It belongs to a server's address and a model, because one server may have models of many kinds.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from tinyarms.core.ids import content_hash
from tinyarms.core.settings import Capabilities
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
"""What a request may use and a server may refuse: the keys of `capabilities:`."""
FEATURES: tuple[Feature, ...] = get_args(Feature)

_REMEMBERED_S = 24 * 3600.0
"""Seconds until a refused feature is tried again. Higher: a server that has been updated is used
fully later. Lower: refused calls come more often."""
_MAX_VAIN = 3
"""As many requests whose refusal no left-out feature explains end the guessing. Higher: requests
that are refused for other reasons cost more calls."""
_BY_SCHEMA: frozenset[Feature] = frozenset({"grammar", "json_schema"})
"""A server that takes these may still refuse one schema or grammar."""


@dataclass
class _Known:
    lacks: dict[tuple[Feature, str], float] = field(default_factory=dict)
    """Feature and schema (empty: any) → when it was refused, in seconds of the clock."""
    accepted: set[Feature] = field(default_factory=set)
    vain: int = 0


_KNOWN: dict[tuple[str, str], _Known] = {}
_LOCK = threading.Lock()


def forget_servers() -> None:
    """Forget what was found out about all servers."""
    with _LOCK:
        _KNOWN.clear()


class ServerLimits:
    """What one model of one server does not take. Safe to use from several threads."""

    def __init__(
        self,
        base_url: str,
        model: str,
        by_hand: Capabilities,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place = (base_url, model)
        self._now = now
        said = {feature: getattr(by_hand, feature) for feature in FEATURES}
        self._never = frozenset(f for f, value in said.items() if value is False)
        self._always = frozenset(f for f, value in said.items() if value is True)

    def lacking(self, constraint: Constraint | None) -> frozenset[Feature]:
        """What a request with this constraint has to do without."""
        since, schemas = self._now() - _REMEMBERED_S, ("", _schema_key(constraint))
        with _LOCK:
            refused = self._known.lacks.items()
            lacks = {f for (f, schema), at in refused if at > since and schema in schemas}
        return (self._never | lacks) - self._always

    def droppable(self, features: Iterable[Feature]) -> list[Feature]:
        """Those that may be left out after a refusal."""
        return [feature for feature in features if feature not in self._always]

    def suspects(self, features: Iterable[Feature]) -> list[Feature]:
        """Those that may be the reason of a refusal that names none.

        A feature that the server has taken before is no suspect. Empty after several refusals that
        no feature explained.
        """
        with _LOCK:
            known = self._known
            accepted = set(FEATURES) if known.vain >= _MAX_VAIN else set(known.accepted)
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
        with _LOCK:
            known = self._known
            for feature in lacks:
                by_schema = this_schema_only or feature in known.accepted
                schema = _schema_key(constraint) if by_schema and feature in _BY_SCHEMA else ""
                known.lacks[feature, schema] = self._now()
            known.accepted.update(accepted)

    def guessed_in_vain(self) -> None:
        """No left-out feature explained a refusal."""
        with _LOCK:
            self._known.vain += 1

    @property
    def _known(self) -> _Known:
        return _KNOWN.setdefault(self._place, _Known())


def _schema_key(constraint: Constraint | None) -> str:
    """A name of the schema; none for no constraint."""
    if constraint is None:
        return "none"
    return content_hash(json.dumps([constraint.grammar, constraint.schema], default=str))
