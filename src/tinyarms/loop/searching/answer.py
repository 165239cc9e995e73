"""The answer to a search request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Literal

from tinyarms.core.prices import Money
from tinyarms.evolution.abilities import Ability
from tinyarms.evolution.problem import ManualPrompt
from tinyarms.evolution.protocol import Finalist
from tinyarms.loop.calling.speed import SpeedView
from tinyarms.loop.project.listener import Estimate
from tinyarms.loop.searching.cross_skill import sources_of
from tinyarms.loop.searching.driver import Search
from tinyarms.loop.searching.estimate import estimate_of
from tinyarms.loop.searching.finalists import reasoning
from tinyarms.loop.searching.limits import left_out_by_limits
from tinyarms.loop.searching.manual_results import ManualView, manual_views
from tinyarms.loop.searching.operator_stats import OperatorView, operator_views
from tinyarms.loop.searching.suggestion import Suggestion, suggestion_of
from tinyarms.loop.testing.gate_report import GateReport
from tinyarms.loop.testing.variant_counts import VariantCounts, variant_counts
from tinyarms.skills.example_set import ExampleSet
from tinyarms.store.db.records import JudgeGrades, ProbeResult

SearchResult = Literal["testing", "nothing_better", "kept", "not_worth_it"]


@dataclass(frozen=True)
class VariantView:
    """A variant from a search."""

    letter: str
    prompt: str
    """Its text."""
    demonstrations: int
    """Number of its demonstrations."""
    reasoning: str
    """How it was made, in words."""
    accuracy: float
    """Accuracy on `selection` examples (original preset: on `search` examples), in [0, 1]."""
    n: int
    """Number of examples that the accuracy is over."""


@dataclass(frozen=True)
class EvolveView:
    """The result of an evolution session's search."""

    session_id: str
    skill: str
    result: SearchResult
    """The result. `testing`: a live test began. `nothing_better`: no candidate beat the prompt in
    production. `kept`: candidates were found, but none passed the judge or the offline gate.
    `not_worth_it`: the headroom probe saw no room for a better prompt, so there was no search."""
    resumed: bool
    """Whether an unfinished session was resumed."""
    estimate: Estimate
    """Highest cost of the search."""
    spent: Mapping[str, float]
    """The session's spending: `task_calls` (on `search` and `selection` examples), `test_calls` (of
    the offline gate), `writer_calls`, `judge_calls`, `cache_hits` (answers without a call),
    `tokens`, `seconds` of model time, and `calls_with_estimated_tokens` (the server did not say how
    many, or said something impossible)."""
    money: Money
    """What the session has cost so far, in US dollars, by role."""
    incumbent: tuple[float | None, int]
    """Accuracy of the prompt in production on the variants' examples, and the number of these
    examples."""
    variants: tuple[VariantView, ...]
    """The variants that the search found, best first."""
    gate: GateReport | None
    """The offline gate's result; `None` if no variant reached it."""
    probe: ProbeResult | None = None
    """The headroom probe's report; `None` in the original preset."""
    judge: JudgeGrades | None = None
    """The judge's grades; `None` if there is no judge."""
    manual: tuple[ManualView, ...] = ()
    """How the prompts that people wrote did: those handed to the search, and earlier versions."""
    operators: tuple[OperatorView, ...] = ()
    """The results of each operator."""
    learned_from: tuple[str, ...] = ()
    """The searches of other skills that this one learned from."""
    writer: str = ""
    """The writer: a name under `models:`."""
    writer_abilities: tuple[Ability, ...] | None = None
    """What the writer can do, which decides the operators. `completion`: it continues worked
    examples; every writer can. `reflection`: it learns from the failures that it is shown.
    `merging`: it merges two prompts that are good at different examples. `None`: the search ended
    before this was found out."""
    speed: SpeedView | None = None
    """The speed of this run's calls; `None` if it made none."""
    over_limits: Mapping[str, int] = field(default_factory=dict)
    """Name of a limit under `evolution.limits` → number of candidates that cost more, and so could
    not become variants; empty if none did."""
    counts: VariantCounts | None = None
    """Numbers of variants requested, found and shown; `None` if the session has changed
    meanwhile."""
    suggestion: Suggestion | None = None
    """The next sensible step after a search that found nothing better; else `None`."""


def result_of(search: Search, grades: JudgeGrades | None, gate: GateReport | None) -> SearchResult:
    """The result of a search; `gate` is `None` if no finalist reached the offline gate."""
    if gate is not None:
        return "testing" if gate.started else "kept"
    if grades is not None:
        return "kept"
    return "not_worth_it" if search.hopeless else "nothing_better"


def answer(
    search: Search,
    finalists: Sequence[Finalist],
    grades: JudgeGrades | None,
    gate: GateReport | None,
    examples: ExampleSet,
    *,
    resumed: bool,
    given: Sequence[ManualPrompt] = (),
) -> EvolveView:
    """Assemble the answer. `finalists`: those that the judge did not drop. `given`: the prompts
    handed to this request."""
    context, session, caller = search.context, search.session, search.caller
    with context.store.read() as work:
        operators = work.operators.all(session.id)
        ended = work.sessions.get(session.id)
        counts, suggestion = variant_counts(work, ended), suggestion_of(work, ended)
    return EvolveView(
        session_id=session.id,
        skill=session.skill,
        result=result_of(search, grades, gate),
        resumed=resumed,
        estimate=estimate_of(context, caller.skill, session, examples),
        spent=caller.spent.as_view(),
        money=caller.spent.money,
        incumbent=search.incumbent_accuracy,
        over_limits=left_out_by_limits(search.outcome),
        variants=tuple(
            VariantView(
                letter=letter,
                prompt=finalist.prompt.text,
                demonstrations=len(finalist.prompt.demonstrations),
                reasoning=reasoning(finalist, search),
                accuracy=finalist.accuracy,
                n=finalist.n,
            )
            for letter, finalist in zip(ascii_uppercase, finalists, strict=False)
        ),
        gate=gate,
        probe=search.probe,
        judge=grades,
        manual=manual_views(search, finalists, given),
        operators=operator_views(operators),
        learned_from=sources_of(search.plan.inherited),
        writer=search.plan.writer,
        writer_abilities=search.abilities,
        speed=caller.meter.view(),
        counts=counts,
        suggestion=suggestion,
    )
