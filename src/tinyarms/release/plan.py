"""The plan of a release: everything that it will write, computed before it writes anything.

The loop stores the plan as an intent, writes the files from it, and marks it done. After a crash
the stored plan writes the same bytes again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from tinyarms.core.clock import iso
from tinyarms.core.errors import ConflictError
from tinyarms.release.period import Period
from tinyarms.skills.prompt import Prompt, PromptVersion, Source
from tinyarms.skills.prompt_file import format_prompt_file, prompt_path

Kind = Literal["promote", "rollback", "manual", "refresh"]
_SOURCES: Mapping[Kind, Source] = {
    "promote": "evolution",
    "rollback": "rollback",
    "manual": "manual",
    "refresh": "refresh",
}


ReleaseCause = Literal[
    "promotion",
    "promotion_by_hand",
    "rollback_by_hand",
    "reset_by_hand",
    "periodic_reset",
    "rollback",
    "hand_edit",
    "refresh",
]
"""Why a prompt goes into production.

`promotion`: the evidence of a live test. `periodic_reset`: the setting `reset_after_days`.
`rollback`: the promoted prompt was worse than the one before it. `hand_edit`: a person edited the
prompt file. `refresh`: the same prompt remembers the present examples. The others: a person asked
for it.
"""
BY_HAND: frozenset[ReleaseCause] = frozenset(
    {"promotion_by_hand", "rollback_by_hand", "reset_by_hand", "hand_edit"}
)
"""The causes that are a person's decision."""
KINDS: Mapping[ReleaseCause, Kind] = {
    "promotion": "promote",
    "promotion_by_hand": "promote",
    "rollback_by_hand": "rollback",
    "reset_by_hand": "rollback",
    "periodic_reset": "rollback",
    "rollback": "rollback",
    "hand_edit": "manual",
    "refresh": "refresh",
}


@dataclass(frozen=True)
class HistoryEntry:
    """A version under `evolution_history:`. The keys that are `None` are not written."""

    version: int
    active_period: str | None = None
    """Its first and last day; `None` for the version that goes into production now."""
    active_since: str | None = None
    """The day on which the version goes into production; `None` for earlier ones."""
    accuracy: float | None = None
    """In [0, 1]."""
    reason: str | None = None
    """Why its period ended."""
    source: str | None = None
    """Who or what wrote it."""


@dataclass(frozen=True)
class ConfigKeys:
    """The keys that a release sets under `skills: <skill>:`, in the order to write them."""

    prompt_template: str
    prompt_version: int
    evolved_at: str
    """ISO 8601, UTC."""
    previous_accuracy: float | None
    current_accuracy: float | None
    evolution_history: tuple[HistoryEntry, ...]


@dataclass(frozen=True)
class ReleasePlan:
    """What a release writes: a prompt file, the skill's keys in `config.yaml`, a prompt version."""

    skill: str
    kind: Kind
    from_version: int
    version: int
    prompt: Prompt
    """The prompt as in the new file: label calibration has four decimals."""
    path: str
    """The new prompt file, relative to the project's folder."""
    text: str
    """The whole content of that file."""
    config: ConfigKeys
    at: datetime
    """When the release was planned."""

    @property
    def prompt_version(self) -> PromptVersion:
        """The new version in the stored form."""
        return PromptVersion(
            skill=self.skill,
            number=self.version,
            prompt=self.prompt,
            parent=self.from_version,
            source=_SOURCES[self.kind],
            created_at=self.at,
            path=self.path,
        )


def plan_release(
    from_version: PromptVersion,
    new_number: int,
    prompt: Prompt,
    kind: Kind,
    *,
    history: Sequence[Period],
    previous_accuracy: float | None,
    current_accuracy: float | None,
    reason: str,
    now: datetime,
    variant_letter: str | None = None,
    restored: int | None = None,
    writer: str = "SmolLM2",
) -> ReleasePlan:
    """Plan the step from the active version to a new one. A rollback also makes a new version.

    Raises `ConflictError` if `from_version` is not the active version, or if `new_number` is not
    above all version numbers so far.

    Parameters
    ----------
    history
        All periods of the skill, oldest first. The last one, that of `from_version`, ends now.
    previous_accuracy, current_accuracy
        The accuracy of `from_version` and of the new prompt, in [0, 1]; `None`: not known.
    reason
        Why the last period ends, e.g. "Accuracy drop".
    variant_letter
        The letter of the variant that is promoted.
    restored
        In a rollback, the number of the version whose text returns.
    writer
        The model that wrote an evolved variant.
    """
    if not history or history[-1].version.number != from_version.number:
        raise ConflictError(
            f"{from_version.skill}: version {from_version.number} is no longer the active one.",
            "Look at its history and try again.",
        )
    if new_number <= max(period.version.number for period in history):
        raise ConflictError(
            f"{from_version.skill}: version {new_number} already exists.", "Try again."
        )
    path = prompt_path(from_version.skill, new_number)
    ending = replace(history[-1], until=now, accuracy=previous_accuracy, reason=reason)
    past_entries = [_past_entry(period, now) for period in (*history[:-1], ending)]
    entry = HistoryEntry(
        version=new_number,
        active_since=_day(now),
        accuracy=_rounded(current_accuracy),
        source=_source(kind, variant_letter, restored, writer),
    )
    return ReleasePlan(
        skill=from_version.skill,
        kind=kind,
        from_version=from_version.number,
        version=new_number,
        prompt=Prompt.from_dict(prompt.to_dict()),
        path=path,
        text=format_prompt_file(prompt),
        config=ConfigKeys(
            prompt_template=path,
            prompt_version=new_number,
            evolved_at=iso(now),
            previous_accuracy=_rounded(previous_accuracy),
            current_accuracy=_rounded(current_accuracy),
            evolution_history=(*past_entries, entry),
        ),
        at=now.astimezone(UTC),
    )


def _past_entry(period: Period, now: datetime) -> HistoryEntry:
    return HistoryEntry(
        version=period.version.number,
        active_period=f"{_day(period.since)} to {_day(period.until or now)}",
        accuracy=_rounded(period.accuracy),
        reason=period.reason,
    )


def _source(kind: Kind, letter: str | None, restored: int | None, writer: str) -> str:
    name = {
        "promote": f"{writer} evolution",
        "rollback": f"Rollback to version {restored}" if restored else "Rollback",
        "manual": "Manual",
        "refresh": "Refresh of the memory",
    }[kind]
    return f"{name} (variant {letter})" if letter else name


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d")


def _rounded(accuracy: float | None) -> float | None:
    return None if accuracy is None else round(accuracy, 4)
