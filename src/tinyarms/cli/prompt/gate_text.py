"""Text about the start of a live test."""

from __future__ import annotations

from tinyarms.cli.output import accuracy_over, say
from tinyarms.loop.testing.gate_report import GateReport
from tinyarms.loop.testing.variant_counts import VariantCounts


def say_gate(gate: GateReport) -> None:
    """Print the offline gate's result, and whether users will vote."""
    if gate.gate_ran:
        say(f"Offline gate on {gate.examples} held-out examples, which the search has not seen:")
        say(f"  Incumbent: {accuracy_over(gate.incumbent_accuracy, gate.incumbent_n)}")
        for line in gate.challengers:
            status = "goes on" if line.shown else "archived"
            accuracy = accuracy_over(line.accuracy, line.n)
            say(f"  Variant {line.letter}: {accuracy}, {status}. {line.reason}".rstrip())
    say(gate.reason)
    if gate.warning is not None:
        say(f"Warning: {gate.warning}")
    if gate.started and gate.rule == "single_mode":
        say("The live test has begun. Say how tasks went: tinyarms feedback TASK_ID --success")
    elif gate.started:
        say(f"The live test has begun. Vote with: tinyarms prompt vote {gate.skill}")


def say_counts(counts: VariantCounts | None) -> None:
    """Print how many variants are tested, if it differs from the requested number."""
    if counts is not None and counts.reason:
        say(f"Variants: {counts.sentence}")
