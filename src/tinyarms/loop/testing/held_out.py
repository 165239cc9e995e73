"""The held-out examples of a skill: how many the offline gate reads, and whether it runs."""

from __future__ import annotations

from collections.abc import Collection

from tinyarms.core.ids import content_hash
from tinyarms.core.settings import EvolutionSettings
from tinyarms.experiments.gate_power import advised_examples
from tinyarms.experiments.offline_gate import MIN_TEST_EXAMPLES
from tinyarms.loop.project.context import Context
from tinyarms.skills.example import Example
from tinyarms.skills.skill import Skill


def held_out_examples(
    context: Context, skill: Skill, ids: Collection[str] | None = None
) -> list[Example]:
    """The gold `test` examples that the offline gate reads: always the same ones of a skill.

    Their number is fixed before any is read: `experiment.test_examples`, or as many as the wanted
    power takes. `ids`: the examples that were there when the session began; others are left out.
    """
    held_out = [
        example
        for example in context.examples(skill)
        if example.split == "test"
        and example.origin == "gold"
        and (ids is None or example.id in ids)
    ]
    limit = _limit(context.project.settings)
    return sorted(held_out, key=lambda example: content_hash(example.id))[:limit]


def _limit(settings: EvolutionSettings) -> int | None:
    """The most examples that the gate reads; `None`: all of them."""
    if settings.experiment.test_examples is not None:
        return settings.experiment.test_examples
    finalists = settings.smollm2.variants_per_evolution
    least_gain = settings.learning.min_accuracy_improvement
    advised = advised_examples(finalists, settings.alpha, least_gain)
    return None if advised is None else max(MIN_TEST_EXAMPLES, advised)
