"""Hypermutation: the writer makes a new mutation prompt, which is applied at once.

After Fernando et al. 2023 (arXiv 2309.16797, section 3.2.3), where their children beat their
parents more often than any other operator's.
"""

from __future__ import annotations

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import Material, Writing
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
_MOST_WORDS = 10


class ZeroOrderHyper:
    """The new mutation prompt comes from the skill's description."""

    name = "zero_order_hyper"

    def __call__(self, material: Material) -> Writing:
        labels, given = ("Task", "Manner"), (material.problem.description,)
        return (yield from _applied(material, after_worked(labels, _FROM_TASK, given)))


class FirstOrderHyper:
    """The parent's mutation prompt is rewritten."""

    name = "first_order_hyper"

    def __call__(self, material: Material) -> Writing:
        manner = material.parent.mutation_prompt or material.rng.choice(MUTATION_PROMPTS)
        ask = after_worked(("Manner", "Better"), _BETTER, (manner,))
        return (yield from _applied(material, ask))


def _applied(material: Material, ask: str) -> Writing:
    manner = (yield from completed(material, ask)).rstrip(".:!? ")
    if not 0 < len(manner.split()) <= _MOST_WORDS:
        return Draft(material.with_instruction(""))  # for the guards to reject, and to be counted
    return (yield from rewritten(material, manner))
