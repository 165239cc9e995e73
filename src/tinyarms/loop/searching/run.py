"""Evolve a skill's prompt: search, then bring the best variants to the live test.

Killed at any moment and run again it gives the same result: every reply is stored before it
counts, and the search is told the stored replies again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyarms.core.errors import NotEvolvable
from tinyarms.core.ids import derived_id, new_id
from tinyarms.core.settings import Budget, EvolutionSettings
from tinyarms.evolution.cross_skill import origin
from tinyarms.evolution.protocol import Finalist
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.calling.speed import SpeedView
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import lease
from tinyarms.loop.project.listener import Estimate, Listener, Silent
from tinyarms.loop.project.model_settings import settings_without_effect
from tinyarms.loop.releasing.release_rows import end_session
from tinyarms.loop.searching.cross_skill import sources_of
from tinyarms.loop.searching.driver import Search
from tinyarms.loop.searching.estimate import estimate_of, gate_calls_of
from tinyarms.loop.searching.manual import read_manual
from tinyarms.loop.searching.operator_stats import OperatorView, operator_views
from tinyarms.loop.searching.screening import passed, screen
from tinyarms.loop.searching.session import open_session
from tinyarms.loop.searching.thread_tuning import tune_first
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.testing.offline_gate_run import GateReport
from tinyarms.loop.testing.start import start_experiment
from tinyarms.loop.testing.variant_counts import VariantCounts, variant_counts
from tinyarms.monitoring.verdict import TriggerNumbers
from tinyarms.skills.example import Example
from tinyarms.skills.scorers import Scorer
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import (
    JudgeGrades,
    ProbeResult,
    SearchPlan,
    SessionRecord,
    SessionState,
    VariantRecord,
)

ONLY_NEW_SEARCHES = (
    "This search goes on with the prompts that it began with; --restart begins anew with the files."
)
KEPT_VARIANTS = "This search goes on with --variants {}, which it began with."
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class VariantView:
    """A variant that a search has found."""

    letter: str
    prompt: str
    """Its text."""
    demonstrations: int
    """How many demonstrations it has."""
    reasoning: str
    """How it was made, in words."""
    accuracy: float
    """Accuracy on `selection` examples (original preset: on `search` examples), in [0, 1]."""
    n: int


@dataclass(frozen=True)
class EvolveView:
    """What came of an evolution session's search."""

    session_id: str
    skill: str
    result: Literal["testing", "nothing_better", "kept", "not_worth_it"]
    """What came of it. `testing`: a live test began. `nothing_better`: no candidate beat the
    prompt in production. `kept`: candidates were found, but none passed the judge or the
    offline gate. `not_worth_it`: the headroom probe saw no room for a better prompt, and there
    was no search."""
    resumed: bool
    """Whether an unfinished session went on."""
    estimate: Estimate
    """What the search would cost at most."""
    spent: Mapping[str, float]
    """What the session has spent: `task_calls` (on search and selection examples), `test_calls`
    (of the offline gate), `writer_calls`, `judge_calls`, `cache_hits` (answers that cost no
    call), `tokens`, and `seconds` of the model's time."""
    incumbent: tuple[float | None, int]
    """Accuracy of the prompt in production on the examples that the variants met, and how many
    those are."""
    variants: tuple[VariantView, ...]
    """What the search found, best first."""
    gate: GateReport | None
    """What the offline gate found; `None` where no variant reached it."""
    probe: ProbeResult | None = None
    """What the headroom probe found; `None` in the original preset."""
    judge: JudgeGrades | None = None
    """What the judge did to the variants; `None` where there is none."""
    operators: tuple[OperatorView, ...] = ()
    """What each operator did."""
    learned_from: tuple[str, ...] = ()
    """The searches of other skills whose findings this one began with."""
    writer: str = ""
    """The model that wrote prompts, by its name under `models:`."""
    speed: SpeedView | None = None
    """How fast the calls of this run were; `None` where it made none."""
    counts: VariantCounts | None = None
    """How many variants were asked for, found and shown; `None` in a dry run."""


def evolve(
    context: Context,
    name: str,
    *,
    variants: int | None = None,
    seed: int = 0,
    optimizer: str | None = None,
    preset: Literal["default", "original"] | None = None,
    writer: str | None = None,
    manual: Sequence[Path] = (),
    budget_calls: int | None = None,
    budget_tokens: int | None = None,
    budget_seconds: float | None = None,
    force: bool = False,
    restart: bool = False,
    dry_run: bool = False,
    trigger_reason: str = "manual",
    trigger_numbers: TriggerNumbers | None = None,
    listener: Listener | None = None,
) -> EvolveView:
    """Search for better prompts and start their live test; go on with an unfinished search.

    `writer`: the model that writes, a name under `models:` (default: what the settings say).
    `manual`: prompt files for the first population, beside earlier versions that people wrote.
    `budget_calls`: the most task calls (default: `evolution.budget.calls`; the original preset
    makes as many as it needs); `budget_tokens` and `budget_seconds` limit all calls together, the
    gate's too. `force` searches even if the headroom probe sees no room. `restart` drops an
    unfinished search; a search that goes on keeps the settings that it began with. Raises
    `NotEvolvable`, `PromptError` and `UsageError` for unusable files, `ConfigError` for an unknown
    writer, `LeaseHeld` while another process works on the skill, `ExperimentError` while a live
    test runs, and `ModelError` if no model answers: what was found is kept, and the next call goes
    on from there.
    """
    settings = context.project.settings
    skill = context.skill(name).skill
    scorer, examples = _means(context, skill)
    manual_prompts = read_manual(manual, skill)
    listener = listener or Silent()
    fresh = SessionRecord(
        id=new_id(),
        skill=name,
        original_prompt_hash="",
        triggered_at=context.clock(),
        trigger_reason=trigger_reason,
        trigger_numbers=trigger_numbers,
        base_version=0,
        preset=preset or settings.preset,
        author="writer",
        optimizer=optimizer or _optimizer(preset or settings.preset, settings),
        seed=seed,
        state=SessionState.SEARCHING,
        search=SearchPlan(
            variants=variants or settings.smollm2.variants_per_evolution,
            writer=writer or context.writer_name(skill),
            budget=_budget(
                settings.evolution.budget,
                calls=budget_calls,
                tokens=budget_tokens,
                seconds=budget_seconds,
            ),
            evolution=settings.evolution,
        ),
    )
    context.model_settings(fresh.search_plan.writer)
    for warning in settings_without_effect(context.project):
        listener.note(warning)
    if dry_run:
        estimate = estimate_of(context, skill, fresh)
        return EvolveView(
            fresh.id, name, "nothing_better", False, estimate, {}, (None, 0), (), None
        )
    with lease(context, name):
        conclude_due(context, name)
        session, resumed = open_session(context, fresh, restart, manual_prompts)
        if resumed and variants not in (None, session.search_plan.variants):
            listener.note(KEPT_VARIANTS.format(session.search_plan.variants))
        if resumed and manual:
            listener.note(ONLY_NEW_SEARCHES)
        plan = session.search_plan
        caller = Caller(context, session.id, skill, scorer, plan.writer)
        gate_calls = gate_calls_of(context, skill, session)
        search = Search(context, session, caller, examples, gate_calls, listener, force)
        listener.estimate(estimate_of(context, skill, session))
        tune_first(context, (skill.model, plan.writer), listener)
        finalists = search.run()
        judged = _judge(context, session, search, finalists)
        if judged is not None:
            listener.note(judged.said)
            finalists = passed(judged, finalists)
        gate = None
        if finalists:
            _store_variants(context, session, search, finalists)
            gate = start_experiment(context, session.id, caller, listener)
        else:
            _end_with_nothing(context, session, search, judged)
    with context.store.read() as work:
        operators = work.operators.all(session.id)
        counts = variant_counts(work, work.sessions.get(session.id))
    return EvolveView(
        session_id=session.id,
        skill=name,
        result=_result(search, gate, judged),
        resumed=resumed,
        estimate=estimate_of(context, skill, session),
        spent=caller.spent.as_view(),
        incumbent=search.before or (None, 0),
        variants=tuple(
            VariantView(
                letter=letter,
                prompt=finalist.prompt.text,
                demonstrations=len(finalist.prompt.demonstrations),
                reasoning=_reasoning(finalist, search),
                accuracy=finalist.accuracy,
                n=finalist.n,
            )
            for letter, finalist in zip(_LETTERS, finalists, strict=False)
        ),
        gate=gate,
        probe=search.probe,
        judge=judged,
        operators=operator_views(operators),
        learned_from=sources_of(plan.inherited),
        writer=plan.writer,
        speed=caller.meter.view(),
        counts=counts,
    )


def _result(
    search: Search, gate: GateReport | None, judged: JudgeGrades | None
) -> Literal["testing", "nothing_better", "kept", "not_worth_it"]:
    if gate is None and judged is not None:
        return "kept"
    if gate is None:
        return "not_worth_it" if search.hopeless else "nothing_better"
    return "testing" if gate.started else "kept"


def _budget(given: Budget, **limits: float | None) -> Budget:
    """The settings' limits, with those that were asked for in their place."""
    asked = {unit: limit for unit, limit in limits.items() if limit is not None}
    return Budget.model_validate({**given.model_dump(), **asked})


def _means(context: Context, skill: Skill) -> tuple[Scorer, Sequence[Example]]:
    """The scorer and the examples. Raises `NotEvolvable` where a search has nothing to go by."""
    if not skill.evolvable:
        raise NotEvolvable(
            f"{skill.name} is not evolvable: {skill.reason or 'its config says so'}.",
            "Set `evolvable: true` in config.yaml if you know better.",
        )
    scorer = context.scorer(skill)
    if scorer is None:
        raise NotEvolvable(
            f"{skill.name} has no scorer, so a search cannot tell good from bad.",
            "Add `scorer:` in config.yaml, or write variants: tinyarms prompt create.",
        )
    examples = context.examples(skill)
    for split in ("search", "selection"):
        if not any(example.split == split for example in examples):
            raise NotEvolvable(
                f"{skill.name} has no `{split}` examples.", "Add examples to its examples file."
            )
    return scorer, examples


def _optimizer(preset: str, settings: EvolutionSettings) -> str:
    return "original" if preset == "original" else settings.evolution.optimizer


def _store_variants(
    context: Context,
    session: SessionRecord,
    search: Search,
    finalists: Sequence[Finalist],
) -> None:
    accuracy, n = search.before or (None, 0)
    records = [
        VariantRecord(
            id=derived_id(session.id, "variant", ""),
            session_id=session.id,
            variant_letter="",
            prompt=search.incumbent,
            role="incumbent",
            accuracy=accuracy,
            accuracy_n=n,
        )
    ]
    for letter, finalist in zip(_LETTERS, finalists, strict=False):
        records.append(
            VariantRecord(
                id=derived_id(session.id, "variant", letter),
                session_id=session.id,
                variant_letter=letter,
                prompt=finalist.prompt,
                reasoning=_reasoning(finalist, search),
                candidate_id=finalist.candidate.id,
                accuracy=finalist.accuracy,
                accuracy_n=finalist.n,
            )
        )
    with context.store.unit_of_work(durable=True) as work:
        work.experiments.add_variants(records)
        work.sessions.make_ready(session.id)


def _judge(
    context: Context, session: SessionRecord, search: Search, finalists: Sequence[Finalist]
) -> JudgeGrades | None:
    """What the judge says of them; once it has said it, it stays said."""
    judge = context.skill(session.skill).judge or context.project.settings.judge
    if judge is None or not finalists:
        return None
    said = session.findings.judge
    if said is None:
        said = screen(search.caller, judge, finalists, search.problem.selection)
        with context.store.unit_of_work(durable=True) as work:
            work.sessions.note_judge(session.id, said)
    return said


def _end_with_nothing(
    context: Context, session: SessionRecord, search: Search, judged: JudgeGrades | None
) -> None:
    why = "Nothing better was found." if judged is None else judged.said
    if search.probe and search.hopeless:
        why = f"A search was not worth it. {search.probe.reason}"
    with context.store.unit_of_work(durable=True) as work:
        end_session(context, work, session.id, SessionState(_result(search, None, judged)), why)


def _reasoning(finalist: Finalist, search: Search) -> str:
    candidate = finalist.candidate
    by_hand = [m.name for m in search.plan.manual if m.prompt.hash == candidate.prompt.hash]
    made = candidate.operator.replace("_", " ")
    shown = len(finalist.prompt.demonstrations)
    learned = origin(candidate, {}, search.problem.inherited)
    parts = [
        f"Written by hand: {by_hand[0]}"
        if candidate.operator == "manual" and by_hand
        else f"Made by {made} in generation {candidate.generation}",
        *([f"{shown} demonstrations"] if shown else []),
        *([f"with what won in {learned}"] if learned else []),
        *(["calibrated labels"] if finalist.prompt.calibration else []),
        f"fixes {finalist.fixes} of the examples the incumbent fails and breaks {finalist.breaks}",
        f"{finalist.accuracy:.0%} right on the last {finalist.n} examples",
    ]
    return "; ".join(parts) + "."
