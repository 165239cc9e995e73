"""The five mutation operators of the original design, with its templates, as chat requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tinyarms.core.text import one_line
from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.constants import (
    ORIGINAL_FAILURE_CHARACTERS,
    ORIGINAL_FAILURES,
    ORIGINAL_MAX_TOKENS,
    ORIGINAL_TEMPERATURE,
)
from tinyarms.evolution.operators.base import OperatorInput, WriterOperator, Writing
from tinyarms.skills.example import Example
from tinyarms.skills.execution import Message, ModelRequest
from tinyarms.skills.picture import in_words

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


@dataclass(frozen=True)
class Direct(WriterOperator):
    """Fix the recent failures, as the candidate's own mutation prompt says."""

    failures: Sequence[Example]
    name = "direct"

    def write(self, inputs: OperatorInput) -> Writing:
        strategy = inputs.parent.mutation_prompt or FIRST_MUTATION_PROMPT
        text = yield _request(inputs, _direct(inputs, self.failures, strategy))
        return _draft(inputs, text, strategy)


@dataclass(frozen=True)
class FirstOrder(WriterOperator):
    """Refine the prompt, given its success rate."""

    accuracy: float
    """The parent's accuracy, in [0, 1]."""
    name = "first_order"

    def write(self, inputs: OperatorInput) -> Writing:
        request = FIRST_ORDER.format(prompt=inputs.instruction, accuracy=round(100 * self.accuracy))
        text = yield _request(inputs, request)
        return _draft(inputs, text, inputs.parent.mutation_prompt)


@dataclass(frozen=True)
class Crossover(WriterOperator):
    """Combine two prompts into one."""

    name = "crossover"

    def write(self, inputs: OperatorInput) -> Writing:
        request = CROSSOVER.format(
            prompt_a=inputs.instruction, prompt_b=inputs.second_parent.instruction
        )
        text = yield _request(inputs, request)
        return replace(_draft(inputs, text, inputs.parent.mutation_prompt), crossed=True)


@dataclass(frozen=True)
class ZeroOrder(WriterOperator):
    """Write a prompt from the skill's description alone."""

    name = "zero_order"

    def write(self, inputs: OperatorInput) -> Writing:
        request = ZERO_ORDER.format(skill_description=inputs.problem.description)
        text = yield _request(inputs, request)
        return _draft(inputs, text, FIRST_MUTATION_PROMPT)


@dataclass(frozen=True)
class Hypermutation(WriterOperator):
    """Improve the mutation prompt and apply it at once, as the paper does."""

    failures: Sequence[Example]
    name = "hypermutation"

    def write(self, inputs: OperatorInput) -> Writing:
        strategy = inputs.parent.mutation_prompt or FIRST_MUTATION_PROMPT
        improved = yield _request(inputs, HYPERMUTATION.format(mutation_prompt=strategy))
        improved = improved.strip() or strategy
        text = yield _request(inputs, _direct(inputs, self.failures, improved))
        return _draft(inputs, text, improved)


def _direct(inputs: OperatorInput, failures: Sequence[Example], strategy: str) -> str:
    return DIRECT.format(
        prompt=inputs.instruction,
        failure_examples="\n".join(_line(example) for example in failures[:ORIGINAL_FAILURES]),
        mutation_prompt=strategy,
    )


def _line(example: Example) -> str:
    inputs = "; ".join(one_line(in_words(value)) for value in example.inputs.values())
    return f"- {inputs[:ORIGINAL_FAILURE_CHARACTERS]} → {example.expected}"


def _request(inputs: OperatorInput, text: str) -> ModelRequest:
    return ModelRequest(
        messages=(Message("user", text),),
        max_tokens=ORIGINAL_MAX_TOKENS,
        temperature=ORIGINAL_TEMPERATURE,
        seed=inputs.rng.randrange(2**31),
    )


def _draft(inputs: OperatorInput, text: str, mutation_prompt: str) -> Draft:
    return Draft(inputs.with_instruction(text.strip()), mutation_prompt)
