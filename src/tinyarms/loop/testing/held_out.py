"""The held-out examples of a skill: how many the offline gate reads, and whether it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from tinyarms.core.ids import content_hash
from tinyarms.core.settings import EvolutionSettings
from tinyarms.experiments.gate_outlook import GateOutlook, SplitSizes, gate_outlook
from tinyarms.experiments.gate_power import advised_examples
from tinyarms.experiments.offline_gate import MIN_TEST_EXAMPLES
from tinyarms.loop.project.context import Context
from tinyarms.skills.example import Example
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import Preset


def held_out_examples(
    context: Context, skill: Skill, ids: Collection[str] | None = None
) -> list[Example]:
    """The gold `test` examples that the offline gate reads: always the same ones for a skill.

    Their number is fixed before any is read: `experiment.test_examples`, or as many as the required
    power needs. `ids`: the examples that existed when the session began; others are left out.
    """
    examples = [e for e in context.examples(skill) if ids is None or e.id in ids]
    return _read_by_gate(examples, context.project.settings)


def outlook(
    context: Context,
    skill: Skill,
    preset: Preset,
    variants: int,
    rounds: int = 1,
) -> GateOutlook:
    """Whether the offline gate will run for this number of variants, and how the examples are
    split.

    `rounds`: the number of consecutive tests that share the bound on false promotions. Calls no
    model.
    """
    return outlook_on(context, skill, context.examples(skill), preset, variants, rounds)


def outlook_on(
    context: Context,
    skill: Skill,
    examples: Sequence[Example],
    preset: Preset,
    variants: int,
    rounds: int = 1,
) -> GateOutlook:
    """The same for `examples`, the ones that a search or a gate may read."""
    settings = context.project.settings
    sizes = Counter(example.split for example in examples)
    return gate_outlook(
        SplitSizes(sizes["search"], sizes["selection"], sizes["test"]),
        len(_read_by_gate(examples, settings)),
        variants,
        preset=preset,
        has_scorer=skill.scorer is not None,
        alpha=settings.alpha / rounds,
        least_gain=settings.learning.min_accuracy_improvement,
    )


def _read_by_gate(examples: Iterable[Example], settings: EvolutionSettings) -> list[Example]:
    held_out = [e for e in examples if e.split == "test" and e.origin == "gold"]
    return sorted(held_out, key=lambda example: content_hash(example.id))[: _limit(settings)]


def _limit(settings: EvolutionSettings) -> int | None:
    """The most examples that the gate reads; `None`: all of them."""
    if settings.experiment.test_examples is not None:
        return settings.experiment.test_examples
    finalists = settings.smollm2.variants_per_evolution
    least_gain = settings.learning.min_accuracy_improvement
    advised = advised_examples(finalists, settings.alpha, least_gain)
    return None if advised is None else max(MIN_TEST_EXAMPLES, advised)
