"""Report how a live test began, or why it did not."""

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
    """Accuracy on the examples it was last measured on, in [0, 1]; `None` if unknown."""
    n: int
    """The number of those examples."""
    shown: bool
    """Whether users will be asked about it."""
    reason: str
    """The result of the offline gate; empty if it did not run."""


@dataclass(frozen=True)
class GateReport:
    """How a live test began, or why it did not."""

    session_id: str
    skill: str
    started: bool
    """Whether a live test began. If not, no variant passed the gate, and the prompt in production
    stays."""
    rule: str | None
    """Rule of the live test; `None` if none was started."""
    gate_ran: bool
    """Whether the offline gate ran. It needs a scorer and enough held-out examples."""
    examples: int
    """The number of held-out examples."""
    incumbent_accuracy: float | None
    """Accuracy of the prompt in production on the held-out examples, in [0, 1]; `None` if
    unknown."""
    incumbent_n: int
    """The number of examples behind that accuracy."""
    challengers: tuple[GateLine, ...]
    """The variants, in the order of their letters."""
    reason: str
    warning: str | None
    """What the operator of the skill should know before users vote; `None`: nothing."""


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
    """A warning: without an offline gate, only users can keep a worse prompt out of production."""
    return (
        "Users alone decide: whoever can run tasks under several names, or without a name, can "
        "decide the test. Where several people with names use the skill, it takes the votes of at "
        f"least two of them. The offline gate, with a scorer and {MIN_TEST_EXAMPLES} held-out "
        "examples, would stop a worse prompt whatever they vote."
    )


def none_passed(gate: Gate) -> str:
    """Why no live test began."""
    return f"No variant passed the offline gate ({gate.power_in_words})."


def _verdict(gate: Gate, variant_id: str) -> str:
    evidence = gate.evidence.get(variant_id)
    return gate.rejected.get(variant_id, evidence.reason if evidence else "")


def _how_it_began(gate: Gate) -> str:
    if gate.rule == SingleMode.name:
        passed = f"They passed the offline gate ({gate.power_in_words})."
        return (
            "Each task is served by one prompt, and outcomes decide. "
            f"{passed if gate.ran else 'No offline gate was run.'}"
        )
    if gate.ran:
        passed = f"the variants that passed the offline gate ({gate.power_in_words})"
        return f"Users choose between {passed}."
    if gate.preset == "original":
        return "The original preset has no offline gate: users decide."
    if not gate.reached:
        return (
            "No offline gate: the budget ended before it was done. Users alone decide, by a "
            "stricter rule."
        )
    return (
        f"No offline gate: it needs a scorer and {MIN_TEST_EXAMPLES} held-out examples, and "
        f"there are {gate.examples}. Users alone decide, by a stricter rule."
    )
