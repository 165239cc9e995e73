"""The basic operators of PromptBreeder, as completions of a tiny writer.

First-order, zero-order, crossover and a newly drawn mutation prompt, after Fernando et al. 2023
(arXiv 2309.16797).
"""

from __future__ import annotations

from dataclasses import replace

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import OperatorInput, WriterOperator, Writing
from tinyarms.evolution.operators.with_writer.prompting import after_worked, completed

MUTATION_PROMPTS = (
    "Rewritten",
    "Said more clearly",
    "Said in other words",
    "With more detail",
    "Shorter",
    "As a request to an assistant",
    "As rules to follow",
)
"""Headings before a rewrite: the first mutation prompts, which then evolve."""

STYLES = (
    "Look at single words.",
    "Look at the whole before the parts.",
    "Ask what the writer wants.",
    "Rule out what cannot be.",
    "Go step by step.",
    "Do as an expert does.",
    "Think of the reader.",
    "Say what each answer means.",
)
"""Ways to approach a task (the paper's thinking styles)."""

_REWRITES = (
    (
        "Decide if the mail is spam.",
        "Read the mail below and say whether it is spam or not spam.",
    ),
    (
        "Your task is to translate the sentence to French.",
        "Give the French translation of the following sentence, and nothing else.",
    ),
    (
        "Summarize this article for me.",
        "Write one sentence that says what the article is mainly about.",
    ),
)
_COMBINATIONS = (
    (
        "Decide if the mail is spam.",
        "Look at the sender and the links.",
        "Look at the sender and the links, then decide if the mail is spam.",
    ),
    (
        "Translate to French.",
        "Keep the tone of the speaker.",
        "Translate the sentence to French and keep the tone of the speaker.",
    ),
    (
        "Summarize the article.",
        "Write for a reader who has little time.",
        "Summarize the article in one sentence for a reader who has little time.",
    ),
)
_TASKS = (
    ("Find spam among mails.", "Read the mail and answer whether it is spam or not spam."),
    ("Translate sentences to French.", "Give the French translation of the sentence."),
    ("Say what an article is about.", "Write one sentence that sums up the article."),
)
_STYLED = (
    (
        "Find spam among mails.",
        "spam, not spam",
        "Look at details first.",
        "Look at the sender and the links, and answer whether the mail is spam or not spam.",
    ),
    (
        "Tell the language of a sentence.",
        "French, English, German",
        "Think of how people talk.",
        "Say in which language a person would speak the sentence: French, English or German.",
    ),
    (
        "Sort questions by their subject.",
        "history, science",
        "Ask what one has to know.",
        "Is history or science what one has to know to answer the question?",
    ),
)


class Rewrite(WriterOperator):
    """First-order: rewrite the instruction as its mutation prompt says."""

    name = "rewrite"

    def write(self, inputs: OperatorInput) -> Writing:
        choices = (*MUTATION_PROMPTS, *inputs.mutation_prompts)
        mutation_prompt = inputs.parent.mutation_prompt or inputs.rng.choice(choices)
        return (yield from rewritten(inputs, mutation_prompt))


class Hypermutate(WriterOperator):
    """Draw another mutation prompt and apply it at once."""

    name = "hypermutate"

    def write(self, inputs: OperatorInput) -> Writing:
        choices = dict.fromkeys((*MUTATION_PROMPTS, *inputs.mutation_prompts))
        others = [m for m in choices if m != inputs.parent.mutation_prompt]
        return (yield from rewritten(inputs, inputs.rng.choice(others)))


class Combine(WriterOperator):
    """Crossover: combine two instructions into one."""

    name = "combine"

    def write(self, inputs: OperatorInput) -> Writing:
        if inputs.second_parent is inputs.parent:
            return None
        labels = ("First", "Second", "Both")
        request = after_worked(
            labels, _COMBINATIONS, (inputs.instruction, inputs.second_parent.instruction)
        )
        draft = yield from written(inputs, request, inputs.parent.mutation_prompt)
        return draft and replace(draft, crossed=True)


class WriteAfresh(WriterOperator):
    """Zero-order: write an instruction from the skill's description alone."""

    name = "write_afresh"

    def write(self, inputs: OperatorInput) -> Writing:
        given = (inputs.problem.description,)
        return (yield from written(inputs, after_worked(("Task", "Instruction"), _TASKS, given)))


class WriteInStyle(WriterOperator):
    """Zero-order with a thinking style, and with the contract's labels, if any."""

    name = "write_in_style"

    def write(self, inputs: OperatorInput) -> Writing:
        contract, style = inputs.problem.contract, inputs.rng.choice(STYLES)
        description = inputs.problem.description
        if contract.labels:
            labels: tuple[str, ...] = ("Task", "Answers", "Thinking", "Instruction")
            given = [description, ", ".join(contract.labels), style]
            return (yield from written(inputs, after_worked(labels, _STYLED, given)))
        labels = ("Task", "Thinking", "Instruction")
        worked = [(task, thinking, text) for task, _, thinking, text in _STYLED]
        return (yield from written(inputs, after_worked(labels, worked, (description, style))))


def rewritten(inputs: OperatorInput, mutation_prompt: str) -> Writing:
    """Rewrite the parent's instruction by a mutation prompt, which the draft inherits."""
    request = after_worked(("Instruction", mutation_prompt), _REWRITES, (inputs.instruction,))
    return (yield from written(inputs, request, mutation_prompt))


def written(inputs: OperatorInput, request: str, mutation_prompt: str = "") -> Writing:
    """A draft whose instruction is the writer's continuation of the request."""
    text = yield from completed(inputs, request)
    return Draft(inputs.with_instruction(text), mutation_prompt)
