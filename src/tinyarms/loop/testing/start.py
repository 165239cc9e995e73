"""The beginning of a live test: the offline gate, and what users will be asked about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from tinyarms.core.errors import ConfigError, ConflictError, ExperimentError
from tinyarms.core.ids import content_hash, derived_id
from tinyarms.core.settings import EvolutionSettings
from tinyarms.experiments.arms import Arm
from tinyarms.experiments.offline_gate import (
    GateEvidence,
    advised_examples,
    blindness,
    paired_gate,
)
from tinyarms.experiments.registry import make_rule
from tinyarms.experiments.rules.single_mode import SingleMode
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.views import GateLine, GateReport
from tinyarms.loop.releasing.release_intent import end_session, in_production, settled
from tinyarms.loop.testing.live_session import begin_settings
from tinyarms.skills.example import Example
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import SessionRecord, VariantRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

MIN_TEST_EXAMPLES = 100
"""With fewer the offline gate is blind, and users alone decide, by a stricter rule."""

_UNREACHED = "The budget ended before it was measured."
Progress = Callable[[str, int, int], None]
"""(what is done, calls done, calls in all)."""


def start_experiment(
    context: Context,
    session_id: str,
    caller: Caller | None = None,
    progress: Progress | None = None,
) -> GateReport:
    """Let a session's variants into the live test, as far as the offline gate lets them.

    The session has its incumbent (letter "") and its challengers (A, B …, the most promising
    first) stored. `caller` goes on with the session's calls; without it they begin here. Called
    again after an interruption it takes the stored replies. Raises `ExperimentError` if the
    session is not waiting for its live test, `ConflictError` if its prompt is not in production
    any more, and `ModelError` if no model answers.
    """
    check_mode(context)
    with context.store.read() as work:
        session = _searching(work, session_id)
        variants = work.experiments.variants(session_id)
    gate = _run_gate(context, session, variants, caller, progress or _unheard)
    with settled(context, session.skill) as work:
        session = _searching(work, session_id)
        number = in_production(work, session.skill).number
        moved = number != session.base_version
        if moved:
            reason = f"Version {number} went into production during the search."
            end_session(context, work, session_id, "cancelled", reason)
        else:
            _begin(context, work, session, gate)
    if moved:
        raise ConflictError(f"{session.skill}: {reason}", "Evolve again from there.")
    context.serving.pop(session.skill, None)
    return _report(session, gate)


def check_mode(context: Context) -> None:
    """Raise `ConfigError` for a mode of live tests that the preset does not have."""
    settings = context.project.settings
    if settings.preset == "original" and settings.experiment.mode != "pick":
        raise ConfigError(
            "The original preset has no experiment.mode: single.",
            "Set it to pick in config/constants.yaml.",
        )


def held_out_examples(
    context: Context, skill: Skill, known: Collection[str] | None = None
) -> list[Example]:
    """The `test` examples that the offline gate reads: always the same ones of a skill.

    Their number is fixed before any is read: `experiment.test_examples`, or what the wanted power
    takes.
    `known`: ids of those that were there when the session began; the others are left out.
    """
    held_out = [
        example
        for example in context.examples(skill)
        if example.split == "test" and (known is None or example.id in known)
    ]
    limit = _most_read(context.project.settings)
    return sorted(held_out, key=lambda example: content_hash(example.id))[:limit]


def _most_read(settings: EvolutionSettings) -> int | None:
    if settings.experiment.test_examples is not None:
        return settings.experiment.test_examples
    finalists = settings.smollm2.variants_per_evolution
    least = settings.learning.min_accuracy_improvement
    advised = advised_examples(finalists, settings.alpha, least)
    return None if advised is None else max(MIN_TEST_EXAMPLES, advised)


@dataclass(frozen=True)
class _Gate:
    """What is known when the live test begins."""

    preset: Literal["default", "original"]
    rule: str
    ran: bool
    reached: bool
    """False: the budget ended before the incumbent and one challenger were measured."""
    examples: int
    sees: str
    """What so many examples can find; empty where the gate did not run."""
    variants: tuple[VariantRecord, ...]
    """With their accuracies; the incumbent first."""
    evidence: Mapping[str, GateEvidence]
    out: Mapping[str, str]
    """Challengers that are not let in, by id, and why."""
    shown: tuple[str, ...]
    """Ids of the challengers that users are asked about."""

    @property
    def arms(self) -> list[VariantRecord]:
        """The incumbent and the challengers that are let in."""
        return [variant for variant in self.variants if variant.id not in self.out]


def _run_gate(
    context: Context,
    session: SessionRecord,
    variants: Sequence[VariantRecord],
    caller: Caller | None,
    progress: Progress,
) -> _Gate:
    """All model calls; nothing is stored but the calls."""
    skill, settings = context.skill(session.skill).skill, context.project.settings
    preset = session.settings.get("preset", settings.preset)
    incumbent, challengers = _roles(session, variants)
    scorer = context.scorer(skill)
    examples = held_out_examples(context, skill, session.settings.get("examples"))
    ran = preset == "default" and scorer is not None and len(examples) >= MIN_TEST_EXAMPLES
    evidence: dict[str, GateEvidence] = {}
    measured: list[VariantRecord] = [incumbent, *challengers]
    reached = True
    out: dict[str, str] = {}
    if ran and scorer is not None:
        caller = caller or Caller(context, session.id, skill, scorer)
        correct = _correct_on_test(context, caller, measured, examples, progress)
        ran = reached = incumbent.id in correct and len(correct) > 1
    if ran:
        out = {v.id: _UNREACHED for v in challengers if v.id not in correct}
        challengers = [v for v in challengers if v.id in correct]
        measured = [
            _with_accuracy(variant, correct[variant.id]) if variant.id in correct else variant
            for variant in measured
        ]
        evidence = {
            variant.id: paired_gate(
                correct[incumbent.id],
                correct[variant.id],
                len(measured) - 1,
                settings.alpha,
                MIN_TEST_EXAMPLES,
            )
            for variant in challengers
        }
    least = settings.learning.min_accuracy_improvement
    out |= {i: why for i, found in evidence.items() if (why := _why_out(found, least))}
    rule = make_rule(
        preset,
        settings.ab_testing,
        offline_gate=ran,
        seed=session.seed,
        open_ended=settings.experiment.open_ended,
        mode=settings.experiment.mode,
    )
    arms = [
        Arm(variant.id, variant.variant_letter, variant.role, variant.accuracy)
        for variant in measured
        if variant.id not in out
    ]
    shown = rule.arms_shown(arms) if len(arms) > 1 else ()
    return _Gate(
        preset=preset,
        rule=rule.name,
        ran=ran,
        reached=reached,
        examples=len(examples),
        sees=blindness(len(examples), len(measured) - 1, settings.alpha, least) if ran else "",
        variants=tuple(measured),
        evidence=evidence,
        out=out,
        shown=tuple(arm.id for arm in shown),
    )


def _correct_on_test(
    context: Context,
    caller: Caller,
    variants: Sequence[VariantRecord],
    examples: Sequence[Example],
    progress: Progress,
) -> dict[str, dict[str, bool]]:
    """Variant id → example id → success, on every test example.

    Variants that the budget does not reach are not in it.
    """
    correct: dict[str, dict[str, bool]] = {}
    total, done = len(variants) * len(examples), 0
    for variant in variants:
        label = f"variant {variant.variant_letter}" if variant.variant_letter else "incumbent"
        read_id = derived_id("test read", caller.session_id, variant.id)
        with context.store.unit_of_work() as work:
            work.examples.log_test_read(
                read_id,
                caller.skill.name,
                caller.session_id,
                variant.prompt.hash,
                len(examples),
                context.clock(),
            )
        correct[variant.id] = {}
        records = caller.evaluate_many(((variant.prompt, e) for e in examples), "test")
        for example, record in zip(examples, records, strict=False):
            if record is None:
                del correct[variant.id]
                return correct
            correct[variant.id][example.id] = record.score >= caller.skill.success_at
            done += 1
            progress(f"Offline gate: {label}", done, total)
    return correct


def _begin(context: Context, work: UnitOfWork, session: SessionRecord, gate: _Gate) -> None:
    for variant in gate.variants:
        work.experiments.set_variant(
            variant.id, accuracy=variant.accuracy, accuracy_n=variant.accuracy_n
        )
    found = {variant_id: asdict(evidence) for variant_id, evidence in gate.evidence.items()}
    settings = {**session.settings, "gate": found}
    if not gate.shown:
        work.sessions.update(session.id, settings=settings)
        end_session(context, work, session.id, "keep", _nothing_passed(gate))
        return
    for variant_id in gate.out:
        work.experiments.set_variant(variant_id, status="archived")
    arms = [variant.id for variant in gate.arms]
    settings |= begin_settings(
        context.project.settings, gate.preset, gate.rule, arms, context.clock()
    )
    work.sessions.update(session.id, stage="testing", settings=settings)


def _report(session: SessionRecord, gate: _Gate) -> GateReport:
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
                reason=_said(gate, variant.id),
            )
            for variant in challengers
        ),
        reason=_why_so(gate) if started else _nothing_passed(gate),
    )


def _said(gate: _Gate, variant_id: str) -> str:
    evidence = gate.evidence.get(variant_id)
    return gate.out.get(variant_id, evidence.reason if evidence else "")


def _why_so(gate: _Gate) -> str:
    if gate.rule == SingleMode.name:
        return f"Each task is served by one prompt, and outcomes decide. {_gate_so(gate)}"
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


def _gate_so(gate: _Gate) -> str:
    if gate.ran:
        return f"They passed the offline gate ({gate.sees})."
    return "No offline gate was run."


def _nothing_passed(gate: _Gate) -> str:
    return f"No variant passed the offline gate ({gate.sees})."


def _why_out(evidence: GateEvidence, least_gain: float) -> str | None:
    """Why users are not asked about a challenger that could not be promoted anyway."""
    if not evidence.passed:
        return evidence.reason
    if evidence.gain is None or evidence.gain < least_gain:
        return f"{evidence.reason} Its gain is below {least_gain:.1%}."
    return None


def _with_accuracy(variant: VariantRecord, correct: Mapping[str, bool]) -> VariantRecord:
    share = sum(correct.values()) / len(correct)
    return replace(variant, accuracy=share, accuracy_n=len(correct))


def _roles(
    session: SessionRecord, variants: Sequence[VariantRecord]
) -> tuple[VariantRecord, list[VariantRecord]]:
    incumbents = [variant for variant in variants if variant.role == "incumbent"]
    challengers = [variant for variant in variants if variant.role == "challenger"]
    if len(incumbents) != 1 or not challengers:
        raise ExperimentError(
            f"The session {session.id[:8]} has {len(incumbents)} incumbents and "
            f"{len(challengers)} challengers.",
            "A live test needs one incumbent and at least one challenger.",
        )
    return incumbents[0], challengers


def _searching(work: UnitOfWork, session_id: str) -> SessionRecord:
    session = work.sessions.get(session_id)
    if session is None:
        raise ExperimentError(f"There is no evolution session {session_id}.")
    if session.status != "active" or session.stage != "searching":
        why = session.settings.get("decision", {}).get("reason", "")
        raise ExperimentError(
            f"The session {session_id[:8]} is {session.status} ({session.stage}). {why}".strip(),
            "Only a session that has ended its search can start its live test.",
        )
    return session


def _unheard(label: str, done: int, total: int) -> None:
    pass
