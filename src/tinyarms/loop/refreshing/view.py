"""The answer of a refresh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinyarms.experiments.evidence import GateEvidence
from tinyarms.loop.refreshing.planned import PlannedRefresh
from tinyarms.skills.prompt import PromptVersion

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


def unchanged(version: PromptVersion, planned: PlannedRefresh | None) -> RefreshView:
    """The answer if nothing is to be done."""
    name, number = version.skill, version.number
    sentence = (
        f"{name}: version {number} has no memory. To give it one that shows the four nearest "
        f"examples: tinyarms prompt refresh {name} --demonstrations 4"
    )
    if planned is None:
        return RefreshView(
            skill=name, result="no_memory", sentence=sentence, version=number, path=version.path
        )
    return RefreshView(
        skill=name,
        result="nothing_new",
        sentence=f"{name}: version {number} remembers the present examples already.",
        version=number,
        path=version.path,
        **vars(planned.change),
    )


def fitted_in_words(planned: PlannedRefresh) -> str:
    """What was fitted on the gate's replies, to follow "a memory of 300 examples"."""
    old, new = planned.old, planned.new
    parts = ["calibrated labels"] if new.calibration != old.calibration else []
    if new.verbalizer is not None and new.verbalizer != old.verbalizer:
        parts.append(f"weights of {len(new.verbalizer.words)} words of the model")
    return f" and {' and '.join(parts)}" if parts else ""
