"""Shares in words."""

from __future__ import annotations

from collections.abc import Sequence


def percent(share: float | None) -> str:
    """A share in [0, 1] in words.

    >>> percent(0.8333), percent(None)
    ('83%', 'not known')
    """
    return "not known" if share is None else f"{share:.0%}"


def between(interval: Sequence[float] | None) -> str:
    """An interval of shares in words.

    >>> between((0.76, 0.894))
    '76% to 89%'
    """
    return "" if interval is None else f"{interval[0]:.0%} to {interval[1]:.0%}"
