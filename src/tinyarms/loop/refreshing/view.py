"""The answer of a refresh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinyarms.experiments.evidence import GateEvidence

RefreshResult = Literal[
    "refreshed",
    "not_refreshed",
    "confirmation_wanted",
    "approval_wanted",
    "nothing_new",
    "no_memory",
]


@dataclass(frozen=True, kw_only=True)
class RefreshView:
    """The result of a refresh."""

    skill: str
    result: RefreshResult
    """`refreshed`: the new memory is in production. `not_refreshed`: the gate did not exclude that
    it is worse. `confirmation_wanted`: too few rows for the gate, so a person decides.
    `approval_wanted`: it waits for `tinyarms prompt approve`, as each prompt of the skill does.
    `nothing_new`: the prompt remembers the present examples already. `no_memory`: the prompt has
    none. Only `refreshed` changes anything."""
    sentence: str
    """The result in one sentence, with its numbers."""
    version: int
    """The number of the version in production."""
    path: str
    """Its file, relative to the project's folder."""
    remembered: int = 0
    """The number of examples in the new memory."""
    added: int = 0
    """Examples that only the new memory has."""
    removed: int = 0
    """Examples that only the old memory has."""
    changed: int = 0
    """Examples of both whose inputs or answer differ."""
    gate: GateEvidence | None = None
    """The prompt with the new memory against itself with the old one; `None`: not compared."""
    session_id: str | None = None
    """The session of its calls; `None`: it made none."""
    calls: int = 0
    """Model calls that were made; stored replies cost none."""
