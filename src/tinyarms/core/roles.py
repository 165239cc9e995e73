"""What a caller of a remote door may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Role = Literal["view", "vote", "run", "edit", "release", "application"]
"""`view` reads; `vote` answers ballots and reports how tasks went; `run` spends: runs skills,
measures, searches; `edit` changes examples and live tests; `release` puts prompts into production
and takes them back. `application` reads prompts, runs tasks, reports on them and votes for its
users, whom it names, and makes tokens for the widget in its pages."""

ROLES: tuple[Role, ...] = ("view", "vote", "run", "edit", "release", "application")

GRANTS: Mapping[Role, frozenset[Role]] = {
    "view": frozenset({"view"}),
    "vote": frozenset({"vote"}),
    "run": frozenset({"view", "vote", "run"}),
    "edit": frozenset({"view", "vote", "run", "edit"}),
    "release": frozenset({"view", "vote", "run", "edit", "release"}),
    "application": frozenset({"application"}),
}
"""What the holder of a role may do. Each includes those before it, but a voter sees nothing of the
evidence, and an application nothing of other people's tasks."""


def may(role: Role, wanted: frozenset[Role]) -> bool:
    """Whether the holder of `role` may do what any of the `wanted` roles may do.

    Examples
    --------
    >>> from tinyarms.core.roles import may
    >>> may("edit", frozenset({"run"})), may("application", frozenset({"view"}))
    (True, False)
    """
    return not GRANTS[role].isdisjoint(wanted)
