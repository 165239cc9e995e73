"""The standings of a live test: both gates in words, and where they are drawn."""

from __future__ import annotations

from tinyarms.cli.output import percent, say
from tinyarms.core.text import counted
from tinyarms.loop.reporting.result_variants import ResultVariant
from tinyarms.loop.reporting.results import ResultsView

_EXCLUDED = {
    "late": "after the end",
    "over_cap": "of users too far ahead of the others",
    "new_name": "of users with too few tasks",
}


def posterior_text(variant: ResultVariant, rate: str = "picked") -> str:
    """A variant's votes in words: `picked 60% (95% interval 36% to 80%), lead +3 …`.

    `rate`: the name of the rate.
    """
    parts = []
    if variant.mean is not None and variant.interval is not None:
        low, high = variant.interval
        parts.append(
            f"{rate} {percent(variant.mean)} (95% interval {percent(low)} to {percent(high)})"
        )
    if variant.p_best is not None:
        parts.append(f"P(best) {percent(variant.p_best)}")
    if variant.lead is not None:
        parts.append(f"lead {variant.lead:+d}")
    return ", ".join(parts)


def allocation_text(variant: ResultVariant) -> str:
    """How often the variant was shown, and how often the allocation chose it."""
    ballots = [f"on {counted(variant.asked, 'ballot')}"] if variant.asked else []
    if variant.asked or variant.assigned:
        ballots.append(f"given {counted(variant.assigned, 'task')}")
    return ", ".join(ballots)


def say_gates(view: ResultsView) -> None:
    """Print the state of both gates, and what would end the test."""
    if view.standings is None:
        return
    challengers = [variant for variant in view.variants if variant.role == "challenger"]
    if all(variant.gate is None for variant in challengers):
        say("Offline gate: did not run; users alone decide.")
    for variant in challengers:
        if variant.gate is not None:
            say(f"Offline gate, variant {variant.letter}: {variant.gate}")
    say(f"Live gate ({(view.rule or '').replace('_', ' ')}): {_statistic(view)}")
    if view.skips or view.none_of_these:
        say(
            f"Answers that are no vote: {counted(view.skips, 'skip')}, "
            f"{view.none_of_these} none of these"
        )
    if view.agreed:
        say(f"No difference: {counted(view.agreed, 'task')} with the same output of all options")
    unit = "outcome" if view.rule == "single_mode" else "vote"
    for why, n in view.excluded.items():
        say(f"Not counted: {counted(n, unit)} {_EXCLUDED.get(why, why)}")
    if view.standings.ends:
        say("What would end it:")
        for end in view.standings.ends:
            say(f"  {end}")


def _statistic(view: ResultsView) -> str:
    """The live gate's present statistic, or its verdict once the test is over."""
    if view.stage != "testing" or view.standings is None:
        return view.evidence
    leads = view.standings.leads.items()
    now = [f"variant {letter} leads by {path[-1]:+d}" for letter, path in leads if path]
    return f"{', '.join(now)}." if now else view.evidence


def say_where_drawn(view: ResultsView) -> None:
    """Say where the leads and the rates are drawn vote by vote, if there are any."""
    if view.standings is None or not any(view.standings.leads.values()):
        return
    unit = "outcome" if view.rule == "single_mode" else "vote"
    say(
        f"Drawn {unit} by {unit} on the page /skills/{view.skill}/test of tinyarms serve, and in a "
        "file: --html FILE.html"
    )
