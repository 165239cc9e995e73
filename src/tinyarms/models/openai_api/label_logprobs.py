"""Log-probabilities of labels, read off the alternatives for the generated tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

NOT_LISTED = 1.0
"""A label that is not among the listed tokens counts as this much (nats) below the last one."""


@dataclass(frozen=True)
class Position:
    """A generated token and what could have stood in its place."""

    token: str
    listed: Sequence[tuple[str, float]]
    """The alternatives (token, natural log-probability) that the server names, itself included."""


def label_logprobs(labels: Sequence[str], answer: Sequence[Position]) -> dict[str, float] | None:
    """Natural logarithm of each label's probability; of its several beginnings the likeliest.

    A token speaks for the labels that go on with it. Where those are several, the next position
    tells them apart if the answer went that way; if not, nobody knows, and the token's probability
    is divided evenly. `None` where the first position says nothing about any label.
    """
    return _read(labels, answer, "") or None


def unquoted(answer: Sequence[Position], opening: str) -> list[Position]:
    """The positions of a word in JSON, from after its `opening` on, without its closing quote.

    `opening`: what the reply says before the word, the quote included. A token that holds the end
    of the opening and the beginning of the word is cut. Empty if the tokens do not say it.
    """
    begins = "".join(position.token for position in answer).find(opening)
    if begins < 0:
        return []
    left, positions = begins + len(opening), list(answer)
    while positions and len(positions[0].token) <= left:
        left -= len(positions.pop(0).token)
    return [_in_quotes(p, left if p is positions[0] else 0) for p in positions]


def _in_quotes(position: Position, left: int) -> Position:
    """From character `left` on, up to a closing quote: alternatives that begin alike."""
    begin = position.token[:left]
    listed = [(token, value) for token, value in position.listed if token.startswith(begin)]
    return Position(
        _word(position.token[left:]), tuple((_word(token[left:]), value) for token, value in listed)
    )


def _word(token: str) -> str:
    return token.partition('"')[0]


def _read(labels: Sequence[str], answer: Sequence[Position], said: str) -> dict[str, float]:
    """Label → log-probability of going on with it after `said`; empty if nothing is known."""
    if not answer or not answer[0].listed:
        return {}
    here, *later = answer
    known: dict[str, float] = {}
    for token, value in here.listed:
        text = (said + token).lstrip()
        if token:
            spoken = [label for label in labels if text and label.startswith(text)]
        else:  # the end of the answer
            spoken = [label for label in labels if label == text]
        told_apart = len(spoken) > 1 and token == here.token and _read(spoken, later, text)
        shares = told_apart or dict.fromkeys(spoken, -log(max(1, len(spoken))))
        for label, share in shares.items():
            known[label] = max(known.get(label, value + share), value + share)
    floor = min(value for _, value in here.listed) - NOT_LISTED
    return {label: known.get(label, floor) for label in labels} if known else {}
