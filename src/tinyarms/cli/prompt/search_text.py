"""Text about a search for `evolve` and `results`: its cost, speed and operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinyarms import ProbeResult
from tinyarms.cli.output import say
from tinyarms.core.text import counted
from tinyarms.loop.calling.speed import SpeedView
from tinyarms.loop.searching.manual_results import ManualStage, ManualView
from tinyarms.loop.searching.operator_stats import OperatorView


def probe_text(probe: ProbeResult) -> str:
    """The headroom probe's result in one line."""
    return f"Headroom: {probe.verdict.replace('_', ' ')}. {probe.reason}"


_STAGES: Mapping[ManualStage, str] = {
    "not_admitted": "not admitted",
    "not_scored": "not scored",
    "screened_out": "screened out after the first examples",
    "raced": "raced, and no finalist",
    "dropped": "a finalist that the judge dropped",
    "finalist": "a finalist",
    "winner": "the best finalist",
}


def manual_text(manual: ManualView) -> str:
    """`By hand: mine.md: score 0.62 (n=40), a finalist (variant B).`"""
    score = "" if manual.score is None else f"score {manual.score:.2f} (n={manual.n}), "
    letter = "" if manual.letter is None else f" (variant {manual.letter})"
    reason = "" if manual.reason is None else f" {manual.reason}"
    return f"By hand: {manual.name}: {score}{_STAGES[manual.stage]}{letter}.{reason}"


def spent_text(spent: Mapping[str, float]) -> str:
    """`120 task calls, 12 writer calls, 30 cache hits, 9,000 tokens`; zeros are left out."""
    parts = [f"{n:,} {name.replace('_', ' ')}" for name, n in spent.items() if n]
    return ", ".join(parts) or "nothing"


def speed_text(speed: SpeedView) -> str:
    """`96 calls in 20.1 s, 52% of the prompts' tokens from the cache, 280 tokens/s`."""
    parts = [f"{counted(speed.calls, 'call')} in {speed.seconds:.1f} s"]
    if speed.cached_share is not None:
        parts.append(f"{speed.cached_share:.0%} of the prompts' tokens from the cache")
    if speed.tokens_per_second is not None:
        parts.append(f"{speed.tokens_per_second:.0f} tokens/s")
    ratio = "" if speed.ratio is None else f", {speed.ratio:.0%} of the model's own speed"
    return ", ".join(parts) + ratio


def say_operators(operators: Sequence[OperatorView]) -> None:
    """Print a line for each operator."""
    for operator in operators:
        rejected = "".join(
            f", {n} rejected ({guard.replace('_', ' ')})" for guard, n in operator.rejected.items()
        )
        name = operator.operator.replace("_", " ")
        say(
            f"Operator {name}: {counted(operator.proposals, 'proposal')}, "
            f"{operator.accepted} accepted{rejected}, {operator.beat_parent} beat the parent"
        )
