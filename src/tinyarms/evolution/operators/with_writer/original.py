"""The five mutation operators of the original design, template by template, as chat requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import Material, Writing
from tinyarms.skills.example import Example
from tinyarms.skills.execution import Message, ModelRequest
from tinyarms.skills.template import split_frame

FIRST_MUTATION_PROMPT = (
    "Generate an improved prompt that fixes these failures.\nMake it more specific and structured."
)
DIRECT = (
    "Current prompt: {prompt}\n\nRecent failures:\n{failure_examples}\n\n"
    "Task: {mutation_prompt}\n\nNew prompt:"
)
FIRST_ORDER = (
    "Current prompt: {prompt}\nSuccess rate: {accuracy}%\n\n"
    "Refine this prompt to improve clarity and task alignment.\n"
    "Keep the core idea but add structure or examples.\n\nRefined prompt:"
)
CROSSOVER = (
    "Prompt A: {prompt_a}\nPrompt B: {prompt_b}\n\n"
    "Combine the best elements of both prompts into one.\n\nCombined prompt:"
)
ZERO_ORDER = (
    "Task: {skill_description}\n\nGenerate a fresh prompt for this task from scratch.\n"
    "Ignore previous prompts.\n\nNew prompt:"
)
HYPERMUTATION = (
    "Current mutation strategy: {mutation_prompt}\n\n"
    "Improve this mutation strategy to generate better prompt variants.\n\nImproved strategy:"
)

_MOST_FAILURES = 20
_LONGEST_FAILURE = 160
_TEMPERATURE = 0.8


@dataclass(frozen=True)
class Direct:
    """Fix the recent failures, by the candidate's own mutation prompt."""

    failures: Sequence[Example]
    name: str = "direct"

    def __call__(self, material: Material) -> Writing:
        strategy = material.parent.mutation_prompt or FIRST_MUTATION_PROMPT
        text = yield _request(material, _direct(material, self.failures, strategy))
        return _draft(material, text, strategy)


@dataclass(frozen=True)
class FirstOrder:
    """Refine the prompt, knowing its success rate."""

    accuracy: float
    """Of the parent, in [0, 1]."""
    name: str = "first_order"

    def __call__(self, material: Material) -> Writing:
        ask = FIRST_ORDER.format(prompt=material.instruction, accuracy=round(100 * self.accuracy))
        text = yield _request(material, ask)
        return _draft(material, text, material.parent.mutation_prompt)


@dataclass(frozen=True)
class Crossover:
    """One prompt from two."""

    name: str = "crossover"

    def __call__(self, material: Material) -> Writing:
        mate = split_frame(material.mate.prompt.text)[0]
        ask = CROSSOVER.format(prompt_a=material.instruction, prompt_b=mate)
        text = yield _request(material, ask)
        return replace(_draft(material, text, material.parent.mutation_prompt), crossed=True)


@dataclass(frozen=True)
class ZeroOrder:
    """A prompt from the skill's description alone."""

    name: str = "zero_order"

    def __call__(self, material: Material) -> Writing:
        ask = ZERO_ORDER.format(skill_description=material.problem.description)
        text = yield _request(material, ask)
        return _draft(material, text, FIRST_MUTATION_PROMPT)


@dataclass(frozen=True)
class Hypermutation:
    """A better mutation prompt, applied at once (as the paper does)."""

    failures: Sequence[Example]
    name: str = "hypermutation"

    def __call__(self, material: Material) -> Writing:
        strategy = material.parent.mutation_prompt or FIRST_MUTATION_PROMPT
        improved = yield _request(material, HYPERMUTATION.format(mutation_prompt=strategy))
        improved = improved.strip() or strategy
        text = yield _request(material, _direct(material, self.failures, improved))
        return _draft(material, text, improved)


def _direct(material: Material, failures: Sequence[Example], strategy: str) -> str:
    return DIRECT.format(
        prompt=material.instruction,
        failure_examples="\n".join(_line(example) for example in failures[:_MOST_FAILURES]),
        mutation_prompt=strategy,
    )


def _line(example: Example) -> str:
    inputs = "; ".join(" ".join(value.split()) for value in example.inputs.values())
    return f"- {inputs[:_LONGEST_FAILURE]} → {example.expected}"


def _request(material: Material, text: str) -> ModelRequest:
    return ModelRequest(
        messages=(Message("user", text),),
        max_tokens=256,
        temperature=_TEMPERATURE,
        seed=material.rng.randrange(2**31),
    )


def _draft(material: Material, text: str, mutation_prompt: str) -> Draft:
    return Draft(material.with_instruction(text.strip()), mutation_prompt)
