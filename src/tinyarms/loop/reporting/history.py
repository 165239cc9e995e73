"""The ledger: the cost, expected gain and live effect of each prompt version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.approval_of import Approval, approval_of
from tinyarms.loop.reporting.memories import MemoryView, memory_views
from tinyarms.loop.reporting.spent import SpentView, spent_by
from tinyarms.release.holdback import MAX_OUTCOMES
from tinyarms.skills.prompt import PromptVersion
from tinyarms.stats.binomial import difference_interval
from tinyarms.store.db.records import HistoryRecord, HoldbackRecord, IntentRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


def history(context: Context, name: str) -> list[HistoryView]:
    """The versions that were in production, oldest first."""
    active_version(context, name)
    with context.store.read() as work:
        versions = {version.number: version for version in work.versions.all(name)}
        rows = work.history.all(name)
        releases = {row.version: work.intents.get(row.id) for row in rows}
        holdbacks = {holdback.version: holdback for holdback in work.holdbacks.all(name)}
        rolled_back_by = {
            intent.plan.from_version: version
            for version, intent in releases.items()
            if intent is not None and intent.kind == "rollback"
        }
        approvals = work.approvals.all(name)
        memories = memory_views(work, name, [version.prompt for version in versions.values()])
        return [
            _view(
                work,
                row,
                versions[row.version],
                memories.get(versions[row.version].prompt.hash),
                releases[row.version],
                holdbacks.get(row.version),
                rolled_back_by.get(row.version),
                approval_of(row, versions[row.version], approvals),
            )
            for row in rows
        ]


def _view(
    work: UnitOfWork,
    row: HistoryRecord,
    version: PromptVersion,
    memory: MemoryView | None,
    release: IntentRecord | None,
    holdback: HoldbackRecord | None,
    rolled_back_by: int | None,
    approval: Approval | None,
) -> HistoryView:
    session_id = None if release is None else release.session_id
    measured = None if release is None else _measured(work, release)
    return HistoryView(
        version=row.version,
        source=version.source,
        parent=version.parent,
        active_from=row.active_from,
        active_to=row.active_to,
        accuracy_start=row.accuracy_start,
        accuracy_end=row.accuracy_end,
        reason=row.notes or "",
        path=row.prompt_template_path,
        text=version.prompt.text,
        memory=memory,
        by=None if release is None else _by(work, release),
        evidence="" if release is None or release.by_hand else release.evidence,
        session_id=session_id,
        spent=None if session_id is None else spent_by(work, session_id),
        held_out=measured if measured and measured.examples == "test" else None,
        chosen_by=measured if measured and measured.examples != "test" else None,
        live=None if holdback is None else _live(work, holdback),
        restores=None if release is None else release.restored,
        rolled_back_by=rolled_back_by,
        resumed_at=release.done_at if release and release.state == "resumed" else None,
        approved_at=None if approval is None else approval.at,
        approved_by=None if approval is None else approval.by,
        approved_until=None if approval is None else approval.until,
    )


def _by(work: UnitOfWork, release: IntentRecord) -> Literal["evidence", "hand", "setting"]:
    """Who or what decided on the release."""
    if release.cause == "periodic_reset":
        return "setting"
    session = work.sessions.find(release.session_id or "")
    finding = session.findings.refresh if session else None
    by_hand = release.by_hand if finding is None else not finding.gate.passed
    return "hand" if by_hand else "evidence"


def _measured(work: UnitOfWork, release: IntentRecord) -> MeasuredView | None:
    """The offline gate's accuracies; if it did not run, those that the variant was chosen by."""
    session_id = release.session_id
    if session_id is None or release.variant is None:
        return None
    variant_id = release.variant.id
    session = work.sessions.get(session_id)
    gate = session.findings.gate.get(variant_id)
    if gate is not None:
        return MeasuredView("test", gate.before, gate.after, gate.n)
    variants = work.experiments.variants(session_id)
    winner = next(variant for variant in variants if variant.id == variant_id)
    if winner.accuracy is None:
        return None
    incumbent = next((variant for variant in variants if variant.role == "incumbent"), None)
    accuracy = None if incumbent is None else incumbent.accuracy
    examples: Literal["selection", "search and selection"] = (
        "selection" if session.author == "writer" else "search and selection"
    )
    return MeasuredView(examples, accuracy, winner.accuracy, winner.accuracy_n)


def _live(work: UnitOfWork, holdback: HoldbackRecord) -> LiveEffectView | None:
    if holdback.rule.share == 0:
        return None
    new, reference = _counts(work, holdback)
    both = new[1] > 0 and reference[1] > 0
    return LiveEffectView(
        effect=new[0] / new[1] - reference[0] / reference[1] if both else None,
        interval=difference_interval(*new, *reference),
        successes=new[0],
        n=new[1],
        reference=holdback.reference,
        reference_successes=reference[0],
        reference_n=reference[1],
        result=holdback.result,
        reason=holdback.reason or "",
    )


def _counts(work: UnitOfWork, holdback: HoldbackRecord) -> tuple[tuple[int, int], tuple[int, int]]:
    """(successes, outcomes) of the new version and of the reference."""
    if holdback.new_n is not None and holdback.reference_n is not None:
        new = holdback.new_successes or 0, holdback.new_n
        return new, (holdback.reference_successes or 0, holdback.reference_n)
    outcomes = work.holdbacks.outcomes(holdback.id, MAX_OUTCOMES)
    new_successes = [o.success for o in outcomes if not o.reference]
    reference_successes = [o.success for o in outcomes if o.reference]
    return (
        (sum(new_successes), len(new_successes)),
        (sum(reference_successes), len(reference_successes)),
    )


@dataclass(frozen=True)
class MeasuredView:
    """Accuracies of a version and of the one before it on the same kind of examples."""

    examples: Literal["test", "selection", "search and selection"]
    """The splits of these examples. Only `test` examples are held out."""
    before: float | None
    """Accuracy of the version before, in [0, 1]; `None` if not known."""
    after: float | None
    """Accuracy of this version, in [0, 1]; `None` if not known."""
    n: int
    """Number of examples that the accuracy is over."""


@dataclass(frozen=True)
class LiveEffectView:
    """A promoted version compared with the one before it, on tasks assigned at random."""

    effect: float | None
    """Difference of the success rates, in [-1, 1]; `None` while one of the two has no outcome."""
    interval: tuple[float, float] | None
    """95 % interval of the effect, valid for counts fixed in advance. Because the evidence ends the
    comparison, it is a little too wide."""
    successes: int
    """Successes of this version."""
    n: int
    """Outcomes of this version."""
    reference: int
    """Number of the version before it."""
    reference_successes: int
    """Successes of that version."""
    reference_n: int
    """Outcomes of that version."""
    result: Literal["kept", "rolled_back", "replaced"] | None
    """How the comparison ended; `None` while it runs."""
    reason: str


@dataclass(frozen=True)
class HistoryView:
    """A prompt version: its period in production, its cost and its effect."""

    version: int
    """Number of the version."""
    source: str
    """Its source: `initial`, `manual`, `evolution`, `rollback` or `refresh`."""
    parent: int | None
    """Number of the version that it was made from; `None` for the first."""
    active_from: datetime
    """When it went into production."""
    active_to: datetime | None
    """When it left production; `None` if it is still in production."""
    accuracy_start: float | None
    """Accuracy on held-out examples when it went into production, in [0, 1]; `None` if not
    known."""
    accuracy_end: float | None
    """Accuracy on tasks when it left production, in [0, 1]; `None` if not known."""
    reason: str
    """Why it went into production."""
    path: str
    """Its file, relative to the project's folder."""
    text: str
    """Its text."""
    memory: MemoryView | None
    """The examples that it remembers; `None`: none."""
    by: Literal["evidence", "hand", "setting"] | None
    """Who or what put it into production: `evidence` (the gates), `hand` (a person), `setting`
    (`reset_after_days`); `None` for the first."""
    evidence: str
    """The evidence for it at its release, in words; empty for edits and releases by hand."""
    session_id: str | None
    """The session that it won, or that of its refresh; `None` if none made it."""
    spent: SpentView | None
    """The spending of that session; `None` if none made it."""
    held_out: MeasuredView | None
    """Accuracy on held-out examples before and after; `None` if no offline gate measured it."""
    chosen_by: MeasuredView | None
    """Where no offline gate measured it, the accuracy by which it was chosen among candidates. It
    is biased upwards; `None` if there is none."""
    live: LiveEffectView | None
    """Its comparison with the version before it; `None` without a holdback or a session."""
    restores: int | None
    """For a rollback, the version whose text returned; else `None`."""
    rolled_back_by: int | None
    """Number of the version that replaced it in a rollback; `None` if it was not rolled back."""
    resumed_at: datetime | None
    """When its release was finished, if it was interrupted; else `None`."""
    approved_at: datetime | None = None
    """When a person approved its text, or when it began to count as approved; `None`: never."""
    approved_by: str | None = None
    """Who approved it; `None`: nobody has, or it was in production when `approval: required` was
    switched on."""
    approved_until: datetime | None = None
    """When that approval ended, because a person refused the text or a release went back from it;
    `None`: it stands, or there is none."""
