"""Log-probabilities of labels, computed from the alternatives to the generated tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log

from tinyarms.core.text import storable

NOT_LISTED = 1.0
"""Nats below the last listed token that an unlisted label gets as its log-probability. Higher:
unlisted labels count as less likely."""


@dataclass(frozen=True)
class Position:
    """A generated token and its alternatives."""

    token: str
    listed: Sequence[tuple[str, float]]
    """The alternatives (token, natural log-probability) that the server lists, including
    `token`."""


def label_logprobs(labels: Sequence[str], answer: Sequence[Position]) -> dict[str, float] | None:
    """The natural logarithm of each label's probability, from its likeliest first token.

    A token counts for all labels that continue with it. If there are several, the next position
    separates them if the answer continued that way; otherwise the token's probability is divided
    evenly among them. `None` if the first position says nothing about any label.
    """
    return _logprobs_after("", labels, answer) or None


def listed_words(answer: Sequence[Position]) -> dict[str, float]:
    """Word → its natural log-probability at the first position, to 3 decimals; empty: not known.

    What two tokens write alike counts as the likelier. What no database can store is left out.
    """
    words: dict[str, float] = {}
    for word, value in answer[0].listed if answer else ():
        if storable(word) == word:
            words[word] = max(words.get(word, -inf), round(value, 3))
    return words


def unquoted(answer: Sequence[Position], opening: str) -> list[Position]:
    """The positions of a word in JSON, from the end of `opening` to the closing quote.

    `opening`: the text of the reply before the word, with the opening quote. A token that contains
    the end of the opening and the beginning of the word is cut. Empty if the tokens do not contain
    the opening.
    """
    start = "".join(position.token for position in answer).find(opening)
    if start < 0:
        return []
    to_skip, positions = start + len(opening), list(answer)
    while positions and len(positions[0].token) <= to_skip:
        to_skip -= len(positions.pop(0).token)
    return [_within_quotes(p, to_skip if p is positions[0] else 0) for p in positions]


def _within_quotes(position: Position, start: int) -> Position:
    """The position from character `start` to a closing quote; alternatives must begin alike."""
    prefix = position.token[:start]
    listed = [(token, value) for token, value in position.listed if token.startswith(prefix)]
    return Position(
        _before_quote(position.token[start:]),
        tuple((_before_quote(token[start:]), value) for token, value in listed),
    )


def _before_quote(token: str) -> str:
    return token.partition('"')[0]


def _logprobs_after(
    prefix: str, labels: Sequence[str], answer: Sequence[Position]
) -> dict[str, float]:
    """Label → log-probability that it follows once `prefix` is generated; empty if not known."""
    if not answer or not answer[0].listed:
        return {}
    position, *following = answer
    logprobs: dict[str, float] = {}
    for token, value in position.listed:
        text = (prefix + token).lstrip()
        if token:
            matching = [label for label in labels if text and label.startswith(text)]
        else:  # the end of the answer
            matching = [label for label in labels if label == text]
        is_generated = len(matching) > 1 and token == position.token
        shares = is_generated and _logprobs_after(text, matching, following)
        shares = shares or dict.fromkeys(matching, -log(max(1, len(matching))))
        for label, share in shares.items():
            logprobs[label] = max(logprobs.get(label, value + share), value + share)
    floor = min(value for _, value in position.listed) - NOT_LISTED
    return {label: logprobs.get(label, floor) for label in labels} if logprobs else {}
