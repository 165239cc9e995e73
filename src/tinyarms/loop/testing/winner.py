"""The release that puts the winner of a session into production."""

from __future__ import annotations

from tinyarms.loop.project.accuracy import known_accuracy
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_intent import Release
from tinyarms.release.plan import ReleaseCause
from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.records import SessionRecord, VariantRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

MANUAL = "manual"
"""The `optimizer` of a session whose variants people wrote."""

_REASONS = {
    "accuracy_drop": "Accuracy drop",
    "drift": "Drift",
    "manual": "Asked for by hand",
    "scheduled": "Scheduled",
}


def release_of(
    context: Context,
    work: UnitOfWork,
    session: SessionRecord,
    winner: VariantRecord,
    replaced: PromptVersion,
    evidence: str,
    cause: ReleaseCause = "promotion",
) -> Release:
    """The release that puts a variant of the session into production, and replaces `replaced`."""
    return Release(
        skill=session.skill,
        prompt=winner.prompt,
        cause=cause,
        expected_version=replaced.number,
        reason=_REASONS.get(session.trigger_reason, session.trigger_reason),
        source=_author(context, session),
        previous_accuracy=_accuracy_before(context, work, session, replaced),
        current_accuracy=winner.accuracy if winner.id in session.findings.gate else None,
        variant=winner,
        evidence=evidence,
    )


def _accuracy_before(
    context: Context, work: UnitOfWork, session: SessionRecord, replaced: PromptVersion
) -> float | None:
    """The accuracy on held-out examples, if the offline gate measured it; otherwise on its
    tasks."""
    gate_ran = bool(session.findings.gate)
    for variant in work.experiments.variants(session.id) if gate_ran else ():
        is_same = variant.role == "incumbent" and variant.prompt.hash == replaced.prompt.hash
        if is_same and variant.accuracy is not None:
            return variant.accuracy
    return known_accuracy(work, session.skill, replaced.number, context.clock())


def _author(context: Context, session: SessionRecord) -> str:
    """Who wrote the variants: a model, or people."""
    if session.search is None:
        return MANUAL
    writer = context.model(session.search.writer).name
    return "SmolLM2" if "smollm2" in writer.casefold() else writer
