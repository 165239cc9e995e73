"""Log-probabilities of labels, read off the alternatives for the first generated token."""

from __future__ import annotations

from collections.abc import Sequence

NOT_LISTED = 1.0
"""A label that is not among the listed tokens counts as this much (nats) below the last one."""


def label_logprobs(
    labels: Sequence[str], listed: Sequence[tuple[str, float]]
) -> dict[str, float] | None:
    """Natural logarithm of each label's first-token probability.

    `listed` has the alternatives (token, log-probability) that the server names for the first
    token. A token speaks for the one label that starts with it. `None` where the list says
    nothing about any label, or where a token that two labels start with is likelier than one
    of them is known to be, so that they cannot be told apart.
    """
    tokens = [(text.lstrip(), value) for text, value in listed if text.strip()]
    speaks_for = [
        (value, [label for label in labels if label.startswith(text)]) for text, value in tokens
    ]
    if not any(spoken for _, spoken in speaks_for):
        return None
    floor = min(value for _, value in listed) - NOT_LISTED
    known = dict.fromkeys(labels, floor)
    for value, spoken in speaks_for:
        if len(spoken) == 1:
            known[spoken[0]] = max(known[spoken[0]], value)
    for value, spoken in speaks_for:
        if len(spoken) > 1 and any(value > known[label] for label in spoken):
            return None
    return known
