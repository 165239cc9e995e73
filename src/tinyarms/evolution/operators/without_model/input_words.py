"""Hold the answer to words of the inputs, or let it go."""

from __future__ import annotations

from dataclasses import replace

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import OperatorInput, PlainOperator


class LimitWords(PlainOperator):
    """Hold the answer to words of the inputs that right answers take their words from; if the
    parent does, let it use any words."""

    name = "limit_words"

    def draft(self, inputs: OperatorInput) -> Draft | None:
        names, parent = inputs.problem.copied_inputs, inputs.parent
        if not names:
            return None
        words_from = () if parent.prompt.words_from else names
        return Draft(replace(parent.prompt, words_from=words_from), parent.mutation_prompt)
