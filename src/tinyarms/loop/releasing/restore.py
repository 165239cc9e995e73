"""Put an earlier text into production again, and describe releases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tinyarms.core.errors import ExperimentError, UsageError
from tinyarms.loop.project.accuracy import known_accuracy
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_intent import Release, release
from tinyarms.loop.releasing.unfinished import recover
from tinyarms.loop.releasing.versions import active_version
from tinyarms.release.plan import ReleaseCause
from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Promotion:
    """A new prompt version in production."""

    skill: str
    version: int
    """Number of the new version."""
    from_version: int | None
    """Number of the version before it; `None` for the first."""
    path: str
    """Its file, relative to the project's folder."""
    previous_accuracy: float | None
    """Accuracy of the version before, in [0, 1]; `None` if not known."""
    current_accuracy: float | None
    """Accuracy of the new version on held-out examples, in [0, 1]; `None` if not known."""
    kind: Literal["promote", "rollback", "manual", "refresh"]
    """`promote`: a variant won. `rollback`: an earlier text returned. `manual`: a person edited
    the prompt file. `refresh`: the same text with a new memory."""
    warning: str | None = None
    """What is known against it, in words; `None` if there is nothing."""
    text_of_version: int | None = None
    """Number of the first version with the same text; `None` if the text is new."""
    text_of_variant: str | None = None
    """Letter of the variant with the same text; `None` if none was promoted."""


BY_HAND = "Rolled back by hand"
RESET = "Reset by hand"
"""Why the period of a version ends, in the words of the history."""
_UNWANTED = frozenset[ReleaseCause]({"rollback_by_hand", "reset_by_hand", "rollback"})
"""The causes of releases that say something against the version before."""


def rollback(
    context: Context, name: str, to: int | None = None, reason: str = BY_HAND
) -> Promotion:
    """Put an earlier text into production again, as a new version.

    Without `to`: the text before the one in production. Raises `ExperimentError` if there is
    none, `UsageError` if there is no version `to`.
    """
    return _restore(context, name, to, "rollback_by_hand", reason)


def reset(context: Context, name: str) -> Promotion:
    """Put the text of the first version into production again, as a new version.

    Raises `ExperimentError` if it is already in production.
    """
    active_version(context, name)
    with context.store.read() as work:
        first = work.versions.all(name)[0].number
    return _restore(context, name, first, "reset_by_hand", RESET)


def _restore(
    context: Context, name: str, to: int | None, cause: ReleaseCause, reason: str
) -> Promotion:
    recover(context, name)
    active = active_version(context, name)
    with context.store.read() as work:
        target = _before(work, active) if to is None else work.versions.find(name, to)
        if target is None and to is not None:
            numbers = ", ".join(str(version.number) for version in work.versions.all(name))
            raise UsageError(f"{name} has no version {to}.", f"It has: {numbers}.")
        if target is None or target.prompt.hash == active.prompt.hash:
            raise ExperimentError(
                f"{name}: there is no other prompt to go back to from version {active.number}.",
                f"Look at its history: tinyarms prompt history {name}",
            )
        planned = restoration(context, work, target, active.number, cause, reason)
    return carry_out(context, planned)


def restoration(
    context: Context,
    work: UnitOfWork,
    target: PromptVersion,
    replaced: int,
    cause: ReleaseCause,
    reason: str,
    evidence: str = "",
) -> Release:
    """The release that restores the text of `target`.

    `replaced`: number of the version in production, whose period ends for this `reason`.
    `evidence`: in words.
    """
    name = target.skill
    rows = [row for row in work.history.all(name) if row.version == target.number]
    return Release(
        skill=name,
        prompt=target.prompt,
        cause=cause,
        expected_version=replaced,
        reason=reason,
        source="rollback",
        previous_accuracy=known_accuracy(work, name, replaced, context.clock()),
        current_accuracy=rows[-1].accuracy_end if rows else None,
        restored=target.number,
        evidence=evidence,
    )


def carry_out(context: Context, planned: Release, warning: str | None = None) -> Promotion:
    """Carry out a release. Raises `ConflictError` if another version is in production by now."""
    with release(context, planned.skill) as releasing:
        origin = _same_text(releasing.work, planned)
        warnings = [warning, _rolled_back_earlier(releasing.work, planned)]
        releasing.plan(planned)
    promotion = promotion_by(planned, releasing.version)
    warning = " ".join(filter(None, warnings)) or None
    return replace(promotion, warning=warning, text_of_version=origin[0] if origin else None)


def _same_text(work: UnitOfWork, planned: Release) -> list[int]:
    """The numbers of the versions with the text of the release, lowest first."""
    versions = work.versions.all(planned.skill)
    return sorted(v.number for v in versions if v.prompt.hash == planned.prompt.hash)


def _rolled_back_earlier(work: UnitOfWork, planned: Release) -> str | None:
    """A warning if the newest version with this text was replaced because it was not wanted."""
    same = _same_text(work, planned)
    for row in reversed(work.history.all(planned.skill)):
        earlier = work.intents.get(row.id)
        if earlier is None or earlier.cause not in _UNWANTED:
            continue
        if earlier.plan.from_version in same:
            return (
                f"Version {earlier.plan.from_version}, with the same text, was rolled back on "
                f"{row.active_from:%d %B %Y}: {earlier.reason}."
            )
    return None


def promotion_by(planned: Release, version: PromptVersion) -> Promotion:
    """The description of a release. `version`: the version in production after it."""
    return Promotion(
        skill=planned.skill,
        version=version.number,
        from_version=planned.expected_version,
        path=version.path,
        previous_accuracy=planned.previous_accuracy,
        current_accuracy=planned.current_accuracy,
        kind=planned.kind,
        text_of_version=planned.restored,
        text_of_variant=planned.variant.variant_letter if planned.variant else None,
    )


def _before(work: UnitOfWork, active: PromptVersion) -> PromptVersion | None:
    """The nearest ancestor with another text."""
    version: PromptVersion | None = active
    while version is not None and version.prompt.hash == active.prompt.hash:
        version = (
            None if version.parent is None else work.versions.get(version.skill, version.parent)
        )
    return version
