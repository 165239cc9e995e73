"""`tinyarms prompt results`: the latest evolution session."""

from __future__ import annotations

import textwrap
from pathlib import Path

import click

from tinyarms.cli.money_text import money_text
from tinyarms.cli.output import accuracy_over, day, emit, say
from tinyarms.cli.prompt.gate_text import say_counts
from tinyarms.cli.prompt.search_text import probe_text, say_operators, spent_text
from tinyarms.cli.prompt.standings_text import (
    allocation_text,
    posterior_text,
    say_gates,
    say_where_drawn,
)
from tinyarms.cli.shared import json_option, project, skill_argument
from tinyarms.core.errors import UsageError
from tinyarms.core.text import counted
from tinyarms.loop.api import TinyArms
from tinyarms.loop.project.files import write_file
from tinyarms.loop.reporting.result_variants import ResultVariant
from tinyarms.loop.reporting.results import ResultsView


@click.command(short_help="Show the latest evolution session.")
@skill_argument
@click.option("--html", metavar="FILE.html", help="Write a page that opens without a network.")
@json_option
def results(skill: str, html: str | None, as_json: bool) -> None:
    """Show the latest evolution session of SKILL: variants, votes and both gates."""
    with project() as arms:
        view = arms.results(skill)
        if html is not None:
            _write_page(arms, view, html)
    if as_json:
        emit("prompt results", view)
        return
    _say_session(view)
    leader = _leader(view)
    for variant in view.variants:
        say(_line(variant, variant is leader, _unit(view)))
        rate = "picked" if _unit(view) == "vote" else "succeeded"
        for text in filter(None, (posterior_text(variant, rate), allocation_text(variant))):
            say(f"  {text}")
    _say_rest(view)
    say_counts(view.counts)
    say_gates(view)
    if view.test_set_reuse is not None:
        say(view.test_set_reuse.sentence)
    for variant in view.variants:
        if variant.role == "challenger":
            _say_details(variant)
    say()
    _say_search(view)
    if html is None:
        say_where_drawn(view)
    else:
        say(f"The page is in {html}.")


def _write_page(arms: TinyArms, view: ResultsView, file: str) -> None:
    """Write the session as a page. Raises `UsageError`, `StoreError`."""
    if not file.lower().endswith((".html", ".htm")):
        raise UsageError(f"{file}: the page is HTML.", "Name a file that ends in .html.")
    try:
        from tinyarms.web.assets.offline import results_page
    except ModuleNotFoundError as error:
        raise UsageError(
            f"A page needs a package that is not installed. ({error.name})",
            "Run: pip install 'tinyarms[server]'",
        ) from error
    write_file(Path(file), results_page(arms, view))


def _say_session(view: ResultsView) -> None:
    say(f"Evolution session: {view.session_id[:8]}")
    say(f"Skill: {view.skill}")
    state = view.stage if view.status == "active" else view.result or view.status
    say(f"Status: {state.replace('_', ' ')}")
    if view.waiting_release is not None:
        say(f"Release: {view.waiting_release}")
    say(f"Began: {day(view.triggered_at)} ({view.trigger_reason.replace('_', ' ')})")
    say(f"Optimizer: {view.optimizer}")
    if view.probe is not None:
        say(probe_text(view.probe))
    if view.judge is not None:
        say(view.judge.summary)


def _say_search(view: ResultsView) -> None:
    """Print the cost and the operators of the search; details come last."""
    if any(view.spent.values()):
        say(f"Spent: {spent_text(view.spent)}")
    if cost := money_text(view.money):
        say(f"Cost: {cost}")
    if view.learned_from:
        say(f"Learned from: {', '.join(view.learned_from)}")
    say_operators(view.operators)


_NOT_SHOWN = {
    "cut": "not shown: others did as well or better on the examples",
    "waiting": "waits for a later round",
}
"""What became of a variant that users are not asked about, by its status."""


def _unit(view: ResultsView) -> str:
    return "outcome" if view.rule == "single_mode" else "vote"


def _line(variant: ResultVariant, leads: bool, unit: str) -> str:
    name = "Incumbent" if variant.role == "incumbent" else f"Variant {variant.letter}"
    found = accuracy_over(variant.accuracy, variant.accuracy_n)
    text = ", ".join((f"{name}: {counted(variant.votes, unit)}", found, *_cost(variant)))
    if variant.status == "won":
        return f"{text} <- PROMOTED"
    if leads:
        return f"{text} <- LEADING"
    return text if variant.shown else f"{text} ({_NOT_SHOWN.get(variant.status, 'not shown')})"


def _cost(variant: ResultVariant) -> list[str]:
    if variant.prompt_tokens is None or variant.seconds is None:
        return []
    return [f"{variant.prompt_tokens:.0f} prompt tokens and {variant.seconds:.2f} s a task"]


def _leader(view: ResultsView) -> ResultVariant | None:
    """The variant with the most votes in a running test; `None` if two share the lead.

    `None` in single mode, where the number of outcomes says nothing.
    """
    if view.stage != "testing" or not view.votes or _unit(view) != "vote":
        return None
    first, *others = sorted(view.variants, key=lambda each: -each.votes)
    return None if others and others[0].votes == first.votes else first


def _say_rest(view: ResultsView) -> None:
    if view.stage == "testing":
        unit = _unit(view)
        parts = [f"{counted(view.votes, unit)} so far"]
        if view.votes_needed is not None:
            parts.append(f"{counted(view.votes_needed, unit)} remaining at most")
        if view.days_left is not None:
            parts.append(f"{view.days_left:.1f} days left")
        if unit == "vote":
            parts.append(f"{counted(view.waiting, 'ballot')} waiting")
        say(", ".join(parts))
    elif view.standings is None and view.evidence:
        say(f"Evidence: {view.evidence}")


def _say_details(variant: ResultVariant) -> None:
    say()
    say(f"Variant {variant.letter}. {variant.reasoning}".rstrip())
    if variant.demonstrations:
        say(f"With {counted(variant.demonstrations, 'demonstration')}.")
    say(textwrap.indent(variant.prompt.strip(), "  | ", lambda line: True))
