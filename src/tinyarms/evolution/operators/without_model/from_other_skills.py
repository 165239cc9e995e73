"""An operator without a model: sentences that have won in other skills."""

from __future__ import annotations

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import Material, Writing
from tinyarms.evolution.operators.sentences import join_sentences, split_sentences

_BEST = 6


class Inherit:
    """One of the best sentences of other skills' searches goes in, or is the instruction."""

    name = "inherit"

    def __call__(self, material: Material) -> Writing:
        told = [s for each in material.problem.inherited for s in each.sentences]
        sentences = split_sentences(material.instruction)
        fresh = [s for s in dict.fromkeys(told) if s not in sentences][:_BEST]
        if not fresh:
            return None
        said = material.rng.choice(fresh)
        alone = material.rng.random() < 0.5
        changed = [said] if alone else [*sentences, said]
        return Draft(
            material.with_instruction(join_sentences(changed)), material.parent.mutation_prompt
        )
        yield  # an operator is a generator, even one that asks nothing
