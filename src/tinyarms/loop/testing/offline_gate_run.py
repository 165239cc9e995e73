"""Run the offline gate: ask the model about every test example, and weigh the answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tinyarms.core.errors import ExperimentError
from tinyarms.core.ids import content_hash, derived_id
from tinyarms.core.settings import EvolutionSettings
from tinyarms.experiments.arms import Arm
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.experiments.gate_power import advised_examples, blindness
from tinyarms.experiments.offline_gate import MIN_TEST_EXAMPLES, gate_applies, paired_gate
from tinyarms.experiments.registry import make_rule
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener, Progress
from tinyarms.skills.example import Example
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import SessionRecord, VariantRecord


@dataclass(frozen=True)
class GateLine:
    """One challenger before the live test."""

    letter: str
    accuracy: float | None
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


_UNREACHED = "The budget ended before it was measured."


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
class Gate:
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


def run_gate(
    context: Context,
    session: SessionRecord,
    variants: Sequence[VariantRecord],
    caller: Caller | None,
    listener: Listener,
) -> Gate:
    """All model calls; nothing is stored but the calls."""
    skill, settings = context.skill(session.skill).skill, context.project.settings
    preset = session.preset
    incumbent, challengers = _roles(session, variants)
    scorer = context.scorer(skill)
    example_ids = None if session.search is None else session.search.example_ids
    examples = held_out_examples(context, skill, example_ids)
    ran = gate_applies(preset, scorer is not None, len(examples))
    evidence: dict[str, GateEvidence] = {}
    measured: list[VariantRecord] = [incumbent, *challengers]
    reached = True
    out: dict[str, str] = {}
    if ran and scorer is not None:
        caller = caller or Caller(context, session.id, skill, scorer)
        correct = _correct_on_test(context, caller, measured, examples, listener)
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
    return Gate(
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
    listener: Listener,
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
            listener.progress(Progress(f"Offline gate: {label}", done, total))
    return correct


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
