"""Operators that show the writer examples that the parent got wrong or right."""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.evolution.operators.base import OperatorInput, WriterOperator, Writing
from tinyarms.evolution.operators.with_writer.completion import written
from tinyarms.evolution.operators.with_writer.prompting import after_worked, shown_inputs
from tinyarms.skills.example import Example

_FIXES = (
    (
        "Decide if the mail is spam.",
        "Your parcel waits for you, pay the fee here",
        "spam",
        "Decide if the mail is spam; one that wants money or a password is spam.",
    ),
    (
        "Translate the sentence to French.",
        "Break a leg!",
        "Bonne chance !",
        "Say in French what the speaker means, not what the single words mean.",
    ),
    (
        "Sum up the article.",
        "The council met for five hours on Monday and raised the bus fares",
        "Bus fares go up",
        "Say in a few words what happened, not who met and when.",
    ),
)
_WORKINGS = (
    (
        *("You have won a free phone!", "spam"),
        *("See you at lunch tomorrow", "not spam"),
        "Read the mail and answer whether it is spam or not spam.",
    ),
    (
        *("The cat is asleep.", "Le chat dort."),
        *("Where is the station?", "Où est la gare ?"),
        "Give the French translation of the sentence.",
    ),
    (
        *("IMG_0412, a dog that runs on a beach", "dog-on-beach"),
        *("Scan of a bill from the dentist", "dentist-bill"),
        "Give the file a short name of two or three words with hyphens.",
    ),
)


class FixFailure(WriterOperator):
    """Direct: improve the instruction for an example that the parent gets wrong.

    The tiny-model form of the original design's first template, which lists recent failures.
    """

    name = "fix_failure"

    def write(self, inputs: OperatorInput) -> Writing:
        failures = inputs.failures or inputs.problem.failures
        if not failures:
            return None
        failure = inputs.rng.choice(failures)
        given = (inputs.instruction, shown_inputs(failure), failure.expected)
        request = after_worked(("Instruction", "Gone wrong", "Wanted", "Better"), _FIXES, given)
        return (yield from written(inputs, request, inputs.parent.mutation_prompt))


class Lamarckian(WriterOperator):
    """Infer the instruction from one or two inputs and their correct outputs.

    After Fernando et al. 2023 (arXiv 2309.16797, section 3.2.4), where it is inferred from a
    correct working-out. Until the parent gets an example right, `search` examples with their
    expected outputs are used.
    """

    name = "lamarckian"

    def write(self, inputs: OperatorInput) -> Writing:
        solved = inputs.successes or [(e, e.expected) for e in inputs.demonstration_pool]
        pairs = _two(inputs.rng.sample(list(solved), len(solved)))
        if not pairs:
            return None
        labels = (*(("Input", "Output") * len(pairs)), "The instruction was")
        worked = [(*texts[: 2 * len(pairs)], texts[-1]) for texts in _WORKINGS]
        given = [text for example, output in pairs for text in (shown_inputs(example), output)]
        return (yield from written(inputs, after_worked(labels, worked, given)))


def _two(shuffled: Sequence[tuple[Example, str]]) -> list[tuple[Example, str]]:
    """The first pair, and the next one with another output if there is one."""
    first = list(shuffled[:1])
    others = [pair for pair in shuffled[1:] if pair[1] != first[0][1]]
    return first + (others or list(shuffled[1:]))[:1]
