"""Hypermutation: the writer makes a new mutation prompt, which is applied at once.

After Fernando et al. 2023 (arXiv 2309.16797, section 3.2.3), where the children of these operators
beat their parents more often than any other operator's.
"""

from __future__ import annotations

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.constants import MAX_MUTATION_PROMPT_WORDS
from tinyarms.evolution.operators.base import OperatorInput, WriterOperator, Writing
from tinyarms.evolution.operators.with_writer.completion import MUTATION_PROMPTS, rewritten
from tinyarms.evolution.operators.with_writer.prompting import after_worked, completed

_FROM_TASK = (
    ("Find spam among mails.", "With what gives a spammer away"),
    ("Translate sentences to French.", "For a careful translator"),
    ("Say what an article is about.", "In words for a busy reader"),
)
_BETTER = (
    ("Longer", "With an example of what is meant"),
    ("Said politely", "In the words of a friendly teacher"),
    ("Simplified", "In short and simple words"),
)


class ZeroOrderHyper(WriterOperator):
    """Derive the new mutation prompt from the skill's description."""

    name = "zero_order_hyper"

    def write(self, inputs: OperatorInput) -> Writing:
        labels, given = ("Task", "Manner"), (inputs.problem.description,)
        return (yield from _applied(inputs, after_worked(labels, _FROM_TASK, given)))


class FirstOrderHyper(WriterOperator):
    """Rewrite the parent's mutation prompt."""

    name = "first_order_hyper"

    def write(self, inputs: OperatorInput) -> Writing:
        mutation_prompt = inputs.parent.mutation_prompt or inputs.rng.choice(MUTATION_PROMPTS)
        request = after_worked(("Manner", "Better"), _BETTER, (mutation_prompt,))
        return (yield from _applied(inputs, request))


def _applied(inputs: OperatorInput, request: str) -> Writing:
    mutation_prompt = (yield from completed(inputs, request)).rstrip(".:!? ")
    if not 0 < len(mutation_prompt.split()) <= MAX_MUTATION_PROMPT_WORDS:
        return Draft(inputs.with_instruction(""))  # counted, and rejected by the guards
    return (yield from rewritten(inputs, mutation_prompt))
