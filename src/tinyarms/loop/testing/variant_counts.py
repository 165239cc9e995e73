"""How many variants a session should have, how many it has and how many it tests, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyarms.experiments.rules.single_mode import SingleMode
from tinyarms.loop.testing.live_session import LiveTest, load_live_test
from tinyarms.store.db.records import SessionRecord, SessionState, VariantRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class CutVariant:
    """A prompt that is not tested, because others did as well or better on the examples."""

    letter: str
    accuracy: float
    """Accuracy, in [0, 1], on the examples of the search and the selection that every prompt has
    answered."""
    n: int
    """The number of those examples."""


@dataclass(frozen=True)
class VariantCounts:
    """How many variants were requested, found and shown, and why the numbers differ."""

    asked: int
    """Variants requested: `--variants`, otherwise `smollm2.variants_per_evolution`; for prompts
    that people wrote, the number of files."""
    found: int
    """Variants that the search found, or that people wrote."""
    shown: int
    """Variants in the live test, which users see or which serve tasks."""
    reason: str
    """Why the three numbers differ, in words; empty if they are the same."""
    cut: tuple[CutVariant, ...] = ()
    """Prompts by people that did worse than others on the examples of the search and the
    selection."""
    waiting: tuple[str, ...] = ()
    """Letters of the prompts by people that wait for a later round."""

    @property
    def sentence(self) -> str:
        """The counts in words: `5 requested, 3 found, 2 in the live test: …`."""
        counts = f"{self.asked} requested, {self.found} found, {self.shown} in the live test"
        return f"{counts}: {self.reason}" if self.reason else f"{counts}."


def variant_counts(work: UnitOfWork, session: SessionRecord) -> VariantCounts | None:
    """The counts of a session; `None` during its search and its offline gate."""
    if session.state in (SessionState.SEARCHING, SessionState.READY):
        return None
    variants = [v for v in work.experiments.variants(session.id) if v.role == "challenger"]
    cut = tuple(
        CutVariant(v.variant_letter, v.accuracy, v.accuracy_n)
        for v in variants
        if v.status == "cut" and v.accuracy is not None
    )
    challengers = [v for v in variants if v.status not in ("cut", "waiting")]
    test = None if session.live_test is None else load_live_test(work, session)
    dropped = 0 if session.findings.judge is None else session.findings.judge.dropped
    found = len(variants) + dropped
    asked = found if session.search is None else session.search.variants
    shown = [] if test is None else [arm.id for arm in test.shown if arm.role == "challenger"]
    reasons = [
        *_fewer_found(session, asked, found),
        *([f"the judge dropped {dropped}"] if dropped else []),
        *_cut_reasons(cut),
        *_fewer_shown(session, test, challengers, shown),
    ]
    waiting = tuple(v.variant_letter for v in variants if v.status == "waiting")
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        reasons.append(f"{_letters(waiting)} {verb} for a later round")
    return VariantCounts(asked, found, len(shown), _sentence(reasons), cut, waiting)


def _cut_reasons(cut: Sequence[CutVariant]) -> list[str]:
    """Which prompts were cut, with their scores."""
    if not cut:
        return []
    scores = [f"{variant.letter} ({variant.accuracy:.1%} of {variant.n})" for variant in cut]
    return [
        f"others did at least as well as {_letters(scores)} on the examples of search and selection"
    ]


def _fewer_found(session: SessionRecord, asked: int, found: int) -> list[str]:
    if found >= asked:
        return []
    if session.state is SessionState.NOT_WORTH_IT:
        return ["there was no search, because the headroom probe saw no room"]
    if session.state is SessionState.CANCELLED and session.live_test is None:
        return ["the session was cancelled"]
    if session.preset == "original":
        return ["no more were measured on all examples and passed the guards"]
    return ["nothing else was probably better than the prompt in production and passed the guards"]


def _fewer_shown(
    session: SessionRecord,
    test: LiveTest | None,
    challengers: Sequence[VariantRecord],
    shown: Sequence[str],
) -> list[str]:
    if test is None:
        return (
            ["no variant passed the offline gate"] if session.findings.gate and challengers else []
        )
    not_tested = [v for v in challengers if v.id not in test.variants]
    # The gate reads all prompts of a search. Prompts by people may have been left for later.
    left = [
        v for v in not_tested if session.author == "people" and v.id not in session.findings.gate
    ]
    archived = [v.variant_letter for v in not_tested if v not in left]
    not_shown = [
        v.variant_letter for v in challengers if v.id in test.variants and v.id not in shown
    ]
    reasons = [f"the offline gate archived {_letters(archived)}"] if archived else []
    if left:
        letters = _letters([v.variant_letter for v in left])
        reasons.append(f"{letters} {'was' if len(left) == 1 else 'were'} left for a later round")
    if not_shown:
        single = test.rule.name == SingleMode.name
        how = "tasks are served by" if single else "users choose between"
        reasons.append(
            f"{how} at most {len(shown)} variants and the prompt in production, so "
            f"{_letters(not_shown)} {'is' if len(not_shown) == 1 else 'are'} never tested"
        )
    return reasons


def _letters(letters: Sequence[str]) -> str:
    *others, last = letters
    return f"{', '.join(others)} and {last}" if others else last


def _sentence(reasons: Sequence[str]) -> str:
    return f"{'; '.join(reasons)}." if reasons else ""
