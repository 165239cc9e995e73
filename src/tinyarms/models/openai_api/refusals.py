"""Which feature a server has refused, and what to ask for without it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tinyarms.models.openai_api.server_limits import Feature, ServerLimits
from tinyarms.skills.contract import Constraint

TOO_LONG = re.compile(
    r"context.{0,20}(size|length|window)|(prompt|input|request)[^.]{0,40} too (long|large)"
    r"|(exceeds?|reduce)[^.]{0,60}(tokens|length)|too many (input )?tokens",
    re.IGNORECASE,
)
"""How servers say that a request does not fit into the model's context."""
_NAMING = frozenset({400, 403, 415, 422, 501})
"""Statuses of an answer that may name the feature it refuses."""
_GUESSING = frozenset({400, 422})
"""Statuses after which features are left out that the answer does not name."""
_NO_ENDPOINT = frozenset({404, 405, 410, 501})
"""Statuses of an endpoint that the server does not have."""
REFUSALS = _NAMING | _NO_ENDPOINT
"""Statuses of an answer that may refuse a feature."""

_NAMES: Mapping[Feature, str] = {
    "completions": r"chat model|v1/completions|completions? (operation|endpoint|api)"
    r"|(not|n't) support (text |raw |legacy )?completions?\b",
    "grammar": r"\bgrammar\b|structured_outputs|guided_|\bjson_schema\b",
    "json_schema": r"response_?format|json_schema|structured outputs?",
    "json_object": r"response_?format|json_object|json mode",
    "logprobs": r"log_?probs?\b|log.?probabilit",
    "seed": r"\bseed\b",
    "temperature": r"\btemperature\b",
    "max_tokens": r"\bmax_tokens\b",
    "max_completion_tokens": r"\bmax_completion_tokens\b",
    "stop": r"\bstop\b",
    "system_role": r"\bsystem\W{1,3}(role|message|prompt|instruction)|\brole\b.{0,40}\bsystem\b"
    r"|\bsystem\b.{0,40}\brole\b|developer instruction|messages\W+\d+\W+role",
    "cache_prompt": r"\bcache_prompt\b",
    "images": r"image_url|\bimages?\b|\bvision\b|multi-?modal",
}
"""How an answer names a feature."""
_BAD_SCHEMA = re.compile(
    r"(invalid|unsupported|bad|malformed)[^.]{0,20} (schema|grammar)\b"
    r"|(parse|compile|convert)\w* [^.]{0,20}(schema|grammar)"
    r"|schema[^.]{0,80}(keyword|not permitted)",
    re.IGNORECASE,
)
"""How servers say that they take schemas or grammars, but not this one."""
_UNRELATED = re.compile(
    r"\bmodel\b[^.]{0,60}\b(not found|not exist|unknown|invalid|unavailable|not available)"
    r"|(no such|unknown|invalid|unexpected) model\b|api[ _]?key|quota|billing|credit"
    r"|content (policy|filter|management)|\bsafety\b",
    re.IGNORECASE,
)
"""Refusals that no left-out feature would change."""
_GUESSES: tuple[tuple[Feature, ...], ...] = (
    ("completions",),
    ("grammar",),
    ("grammar", "json_schema"),
    ("grammar", "json_schema", "json_object"),
    ("json_schema",),
    ("json_schema", "json_object"),
    ("json_object",),
    ("logprobs",),
    ("seed",),
    ("max_tokens",),
    ("max_tokens", "max_completion_tokens"),
    ("max_completion_tokens",),
    ("temperature",),
    ("stop",),
    ("system_role",),
    ("cache_prompt",),
)
"""What is left out, in this order, where a refusal names nothing and the first of them was sent.
The others would be sent in its place."""
_OTHER_PARAMETERS = frozenset({"model", "messages", "prompt", "input"})
"""Parameters that every request has."""


@dataclass(frozen=True)
class Refusal:
    """An answer with one of the statuses in `REFUSALS`."""

    status: int
    body: str
    """The answer's text."""


class Narrowing:
    """What one call does without: more after each refusal, until it comes through.

    A refusal that names a feature of the request costs it that feature. After one that names none,
    the suspects are left out in turn, and at last all of them together.
    """

    def __init__(self, limits: ServerLimits, constraint: Constraint | None) -> None:
        self._limits = limits
        self._constraint = constraint
        self._start = self._base = self.lacks = limits.lacking(constraint)
        self.guesses: Iterator[frozenset[Feature]] | None = None
        """What to leave out next on suspicion; `None` while there is none."""
        self.is_bad_schema = False
        """Whether a refusal was about the schema or grammar itself."""

    def refused(self, refusal: Refusal, sent: Collection[Feature]) -> bool:
        """Whether to ask again, without `lacks`. `sent`: the features of the refused request."""
        named = next(iter(self._limits.droppable(_named(refusal, sent))), None)
        if named is not None:
            self._base = self.lacks = self._base | {named}
            self.guesses = None
            self.is_bad_schema = self.is_bad_schema or _BAD_SCHEMA.search(refusal.body) is not None
            return True
        if refusal.status not in _GUESSING or _concerns_no_feature(refusal):
            return False
        if self.guesses is None:
            self.guesses = _guesses(self._limits.suspects(sent))
        guess = next(self.guesses, None)
        if guess is None:
            self._limits.guessed_in_vain()
            return False
        self.lacks = self._base | guess
        return True

    def accepted(self, sent: Collection[Feature]) -> None:
        """The call came through."""
        learned = self.lacks - self._start
        self._limits.learn(learned, sent, self._constraint, self.is_bad_schema)


def _named(refusal: Refusal, sent: Collection[Feature]) -> list[Feature]:
    """The features of the request that the refusal names, those named first at the beginning."""
    if "completions" in sent and refusal.status in _NO_ENDPOINT:
        return ["completions"]
    if refusal.status not in _NAMING or TOO_LONG.search(refusal.body):
        return []
    parameter = _parameter(refusal.body)
    by_parameter = _in_order(parameter, sent)
    if by_parameter or parameter in _OTHER_PARAMETERS:
        return by_parameter
    return _in_order(refusal.body, sent)


def _in_order(text: str, sent: Collection[Feature]) -> list[Feature]:
    """The features that the text names, in its order."""
    places = {
        feature: match.start()
        for feature in sent
        if (match := re.search(_NAMES[feature], text, re.IGNORECASE))
    }
    return sorted(places, key=lambda feature: places[feature])


def _parameter(body: str) -> str:
    """The field that an answer points to (`param` of OpenAI, `loc` of FastAPI); else nothing."""
    try:
        data: Any = json.loads(body)
        error = data.get("error", data)
        if isinstance(error, dict) and isinstance(error.get("param"), str):
            return str(error["param"])
        return " ".join(".".join(map(str, item["loc"])) for item in data["detail"])
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return ""


def _concerns_no_feature(refusal: Refusal) -> bool:
    body = refusal.body
    return bool(
        TOO_LONG.search(body) or _UNRELATED.search(body) or _parameter(body) in _OTHER_PARAMETERS
    )


def _guesses(suspects: Collection[Feature]) -> Iterator[frozenset[Feature]]:
    """What to leave out in turn, at last all of it."""
    guesses = [frozenset(guess) for guess in _GUESSES if guess[0] in suspects]
    yield from guesses
    if len(suspects) > 1:
        yield frozenset().union(*guesses)
