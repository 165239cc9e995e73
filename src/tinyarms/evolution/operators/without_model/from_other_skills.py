"""An operator without a model: use a sentence that won in another skill."""

from __future__ import annotations

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.constants import MAX_INHERITED_SENTENCES, REPLACE_CHANCE
from tinyarms.evolution.operators.base import OperatorInput, PlainOperator
from tinyarms.evolution.operators.sentences import join_sentences, split_sentences


class Inherit(PlainOperator):
    """Insert a sentence that won in another skill, or use it as the instruction."""

    name = "inherit"

    def draft(self, inputs: OperatorInput) -> Draft | None:
        winners = [s for learned in inputs.problem.inherited for s in learned.sentences]
        sentences = split_sentences(inputs.instruction)
        unused = [s for s in dict.fromkeys(winners) if s not in sentences]
        if not unused:
            return None
        sentence = inputs.rng.choice(unused[:MAX_INHERITED_SENTENCES])
        replaces = inputs.rng.random() < REPLACE_CHANCE
        changed = [sentence] if replaces else [*sentences, sentence]
        return Draft(
            inputs.with_instruction(join_sentences(changed)), inputs.parent.mutation_prompt
        )
