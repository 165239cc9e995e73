"""Run the offline gate: run the prompts on every held-out example, and compare their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tinyarms.core.errors import ExperimentError
from tinyarms.core.settings import EvolutionSettings
from tinyarms.experiments.arms import Arm
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.experiments.gate_power import power_in_words
from tinyarms.experiments.offline_gate import gate_applies, paired_gate, pairs_needed
from tinyarms.experiments.registry import make_rule
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener
from tinyarms.loop.testing.gate_answers import GateAnswers, gate_answers, interrupted
from tinyarms.loop.testing.held_out import held_out_examples
from tinyarms.store.db.records import SessionRecord, VariantRecord

_NOT_MEASURED = "The budget ended before it was measured."

_Successes = Mapping[str, Mapping[str, bool]]
"""Variant id → example id → success."""


@dataclass(frozen=True)
class Gate:
    """The result of the offline gate, with which the live test begins."""

    preset: Literal["default", "original"]
    rule: str
    """Name of the live test's rule."""
    ran: bool
    reached: bool
    """False: the budget ended before the incumbent and one challenger were measured."""
    examples: int
    """The number of held-out examples."""
    power_in_words: str
    """Which gains the gate can find, in words; empty if it did not run."""
    variants: tuple[VariantRecord, ...]
    """The variants with their accuracies, the incumbent first."""
    evidence: Mapping[str, GateEvidence]
    """The id of each measured challenger → its evidence."""
    rejected: Mapping[str, str]
    """The id of each challenger that does not pass → the reason."""
    shown: tuple[str, ...]
    """Ids of the challengers that users are asked about."""

    @property
    def arms(self) -> list[VariantRecord]:
        """The incumbent and the challengers that pass."""
        return [variant for variant in self.variants if variant.id not in self.rejected]


def run_gate(
    context: Context,
    session: SessionRecord,
    variants: Sequence[VariantRecord],
    caller: Caller | None,
    listener: Listener,
    rounds: int = 1,
) -> Gate:
    """Make all model calls of the gate. Stores only the calls.

    An example counts for a challenger only if both it and the incumbent have answered. `rounds`:
    the number of consecutive tests that share the bound on false promotions. Raises
    `ExperimentError` without one incumbent and a challenger, `GateInterrupted` if too many calls
    fail, and `NotScored` if too many outputs get no score.
    """
    skill, settings = context.skill(session.skill).skill, context.project.settings
    incumbent, challengers = _roles(session, variants)
    scorer = context.scorer(skill)
    ids = None if session.search is None else session.search.example_ids
    examples = held_out_examples(context, skill, ids)
    applies = gate_applies(session.preset, scorer is not None, len(examples))
    successes: _Successes = {}
    if applies and scorer is not None:
        caller = caller or Caller(context, session.id, skill, scorer)
        variants = [incumbent, *challengers]
        answers = gate_answers(caller, variants, examples, session.seed, listener)
        successes = answers.successes
    ran = incumbent.id in successes and len(successes) > 1
    evidence: dict[str, GateEvidence] = {}
    rejected: dict[str, str] = {}
    if ran:
        _require_pairs(session, answers, incumbent, challengers, len(examples))
        needed = pairs_needed(len(examples))
        evidence, rejected = _compare(successes, incumbent, challengers, settings, needed, rounds)
    measured = [incumbent, *challengers]
    if ran:
        measured = [_with_accuracy(variant, successes.get(variant.id)) for variant in measured]
    rule = make_rule(
        session.preset,
        settings.ab_testing,
        offline_gate=ran,
        seed=session.seed,
        open_ended=settings.experiment.open_ended,
        mode=settings.experiment.mode,
        rounds=rounds,
    )
    arms = [
        Arm(v.id, v.variant_letter, v.role, v.accuracy) for v in measured if v.id not in rejected
    ]
    shown = rule.arms_shown(arms) if len(arms) > 1 else ()
    return Gate(
        preset=session.preset,
        rule=rule.name,
        ran=ran,
        reached=ran or not applies,
        examples=len(examples),
        power_in_words=_power_in_words(settings, len(examples), len(challengers), rounds)
        if ran
        else "",
        variants=tuple(measured),
        evidence=evidence,
        rejected=rejected,
        shown=tuple(arm.id for arm in shown),
    )


def _require_pairs(
    session: SessionRecord,
    answers: GateAnswers,
    incumbent: VariantRecord,
    challengers: Sequence[VariantRecord],
    examples: int,
) -> None:
    """Raise `GateInterrupted` if a challenger lacks pairs that another attempt may bring."""
    needed, possible = pairs_needed(examples), examples - len(answers.left_out)
    for challenger in challengers:
        if challenger.id not in answers.successes:
            continue
        successes = answers.successes
        pairs = len(successes[incumbent.id].keys() & successes[challenger.id].keys())
        if pairs < needed <= possible:
            details = (
                f"with {pairs} of {examples} held-out examples answered by both the incumbent and "
                f"variant {challenger.variant_letter}; it needs {needed}."
            )
            raise interrupted(session.skill, details)


def _compare(
    successes: _Successes,
    incumbent: VariantRecord,
    challengers: Sequence[VariantRecord],
    settings: EvolutionSettings,
    needed: int,
    rounds: int,
) -> tuple[dict[str, GateEvidence], dict[str, str]]:
    """The evidence on each measured challenger, and why others do not pass, both by id.

    `needed`: how many examples must have been answered by both prompts.
    """
    least_gain = settings.learning.min_accuracy_improvement
    evidence: dict[str, GateEvidence] = {}
    rejected: dict[str, str] = {}
    for challenger in challengers:
        if challenger.id not in successes:
            rejected[challenger.id] = _NOT_MEASURED
            continue
        gate = paired_gate(
            successes[incumbent.id],
            successes[challenger.id],
            len(challengers),
            settings.alpha / rounds,
            needed,
        )
        evidence[challenger.id] = gate
        if (reason := _why_rejected(gate, least_gain)) is not None:
            rejected[challenger.id] = reason
    return evidence, rejected


def _why_rejected(evidence: GateEvidence, least_gain: float) -> str | None:
    """Why a challenger does not pass, because it could not be promoted; `None`: it passes."""
    if not evidence.passed:
        return evidence.reason
    if evidence.gain is None or evidence.gain < least_gain:
        return f"{evidence.reason} Its gain is below {least_gain:.1%}."
    return None


def _power_in_words(
    settings: EvolutionSettings, examples: int, challengers: int, rounds: int
) -> str:
    least_gain = settings.learning.min_accuracy_improvement
    return power_in_words(examples, challengers, settings.alpha / rounds, least_gain)


def _with_accuracy(variant: VariantRecord, successes: Mapping[str, bool] | None) -> VariantRecord:
    """The variant with its accuracy; unchanged if it was not measured."""
    if not successes:
        return variant
    share = sum(successes.values()) / len(successes)
    return replace(variant, accuracy=share, accuracy_n=len(successes))


def _roles(
    session: SessionRecord, variants: Sequence[VariantRecord]
) -> tuple[VariantRecord, list[VariantRecord]]:
    """The incumbent and the challengers."""
    incumbents = [variant for variant in variants if variant.role == "incumbent"]
    challengers = [variant for variant in variants if variant.role == "challenger"]
    if len(incumbents) != 1 or not challengers:
        raise ExperimentError(
            f"The session {session.id[:8]} has {len(incumbents)} incumbents and "
            f"{len(challengers)} challengers.",
            "A live test needs one incumbent and at least one challenger.",
        )
    return incumbents[0], challengers
