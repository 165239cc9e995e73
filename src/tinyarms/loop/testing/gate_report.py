"""Say how a live test began, or why it did not."""

from __future__ import annotations

from dataclasses import dataclass

from tinyarms.experiments.offline_gate import MIN_TEST_EXAMPLES
from tinyarms.experiments.rules.single_mode import SingleMode
from tinyarms.loop.testing.offline_gate_run import Gate
from tinyarms.store.db.records import SessionRecord


@dataclass(frozen=True)
class GateLine:
    """One challenger before the live test."""

    letter: str
    accuracy: float | None
    """Accuracy on the examples it was last measured on, in [0, 1]; `None` if not known."""
    n: int
    """How many examples the accuracy is over."""
    shown: bool
    """Whether users will be asked about it."""
    reason: str
    """What the offline gate says; empty where it did not run."""


@dataclass(frozen=True)
class GateReport:
    """How a live test began, or why it did not."""

    session_id: str
    skill: str
    started: bool
    """Whether a live test began. If not, no variant was worth asking users about, and the
    prompt in production is kept."""
    rule: str | None
    """Rule of the live test; `None` if none was started."""
    gate_ran: bool
    """Whether the offline gate ran: there is a scorer and there are enough test examples."""
    examples: int
    """How many test examples there are."""
    incumbent_accuracy: float | None
    """Accuracy of the prompt in production on the test examples, in [0, 1]; `None` if not known."""
    incumbent_n: int
    """How many examples that accuracy is over."""
    challengers: tuple[GateLine, ...]
    """The variants, in the order of their letters."""
    reason: str
    warning: str | None
    """What the person who runs the skill should know before users vote; `None` if nothing."""


def gate_report(session: SessionRecord, gate: Gate) -> GateReport:
    """The report on a session whose live test has begun, or which ended at the gate."""
    incumbent, *challengers = gate.variants
    started = bool(gate.shown)
    return GateReport(
        session_id=session.id,
        skill=session.skill,
        started=started,
        rule=gate.rule if started else None,
        gate_ran=gate.ran,
        examples=gate.examples,
        incumbent_accuracy=incumbent.accuracy,
        incumbent_n=incumbent.accuracy_n,
        challengers=tuple(
            GateLine(
                letter=variant.variant_letter,
                accuracy=variant.accuracy,
                n=variant.accuracy_n,
                shown=variant.id in gate.shown,
                reason=_verdict(gate, variant.id),
            )
            for variant in challengers
        ),
        reason=_how_it_began(gate) if started else none_passed(gate),
        warning=_warning(session) if started and not gate.ran else None,
    )


def _warning(session: SessionRecord) -> str | None:
    """Without an offline gate nothing but users stands between a worse prompt and production."""
    return (
        "Users alone decide: whoever can run tasks under several names can decide the test. Where "
        "several people use the skill, it takes the votes of at least two of them. The "
        f"offline gate, with a scorer and {MIN_TEST_EXAMPLES} test examples, would stop a worse "
        "prompt whatever they vote."
    )


def none_passed(gate: Gate) -> str:
    """Why no live test began."""
    return f"No variant passed the offline gate ({gate.sees})."


def _verdict(gate: Gate, variant_id: str) -> str:
    evidence = gate.evidence.get(variant_id)
    return gate.out.get(variant_id, evidence.reason if evidence else "")


def _how_it_began(gate: Gate) -> str:
    if gate.rule == SingleMode.name:
        passed = f"They passed the offline gate ({gate.sees})."
        return (
            "Each task is served by one prompt, and outcomes decide. "
            f"{passed if gate.ran else 'No offline gate was run.'}"
        )
    if gate.ran:
        return f"Users choose between what passed the offline gate ({gate.sees})."
    if gate.preset == "original":
        return "The original preset has no offline gate: users decide."
    if not gate.reached:
        return (
            "No offline gate: the budget ended before it was done. Users alone decide, by a "
            "stricter rule."
        )
    return (
        f"No offline gate: it needs a scorer and {MIN_TEST_EXAMPLES} test examples, and there are "
        f"{gate.examples}. Users alone decide, by a stricter rule."
    )
