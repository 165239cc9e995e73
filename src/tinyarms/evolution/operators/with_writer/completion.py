"""Operators that have a tiny writer say an instruction again: the basic ones of PromptBreeder.

First-order, zero-order, crossover and a mutation prompt drawn afresh, after Fernando et al. 2023
(arXiv 2309.16797).
"""

from __future__ import annotations

from dataclasses import replace

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import Material, Writing
from tinyarms.evolution.operators.with_writer.prompting import after_worked, completed
from tinyarms.skills.contract import Labels
from tinyarms.skills.template import split_frame

MUTATION_PROMPTS = (
    "Rewritten",
    "Said more clearly",
    "Said in other words",
    "With more detail",
    "Shorter",
    "As a request to an assistant",
    "As rules to follow",
)
"""How a rewrite is announced. They are the mutation prompts that evolve with the candidates."""

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
"""Ways to think of a task (the paper's thinking styles)."""

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


class Rewrite:
    """First-order: the instruction in other words, in the manner of its mutation prompt."""

    name = "rewrite"

    def __call__(self, material: Material) -> Writing:
        known = (*MUTATION_PROMPTS, *material.mutation_prompts)
        manner = material.parent.mutation_prompt or material.rng.choice(known)
        return (yield from rewritten(material, manner))


class Hypermutate:
    """Another mutation prompt is drawn, and applied at once."""

    name = "hypermutate"

    def __call__(self, material: Material) -> Writing:
        known = dict.fromkeys((*MUTATION_PROMPTS, *material.mutation_prompts))
        others = [m for m in known if m != material.parent.mutation_prompt]
        return (yield from rewritten(material, material.rng.choice(others)))


class Combine:
    """Crossover: one instruction from two."""

    name = "combine"

    def __call__(self, material: Material) -> Writing:
        mate = split_frame(material.mate.prompt.text)[0]
        if material.mate is material.parent:
            return None
        labels = ("First", "Second", "Both")
        ask = after_worked(labels, _COMBINATIONS, (material.instruction, mate))
        draft = yield from written(material, ask, material.parent.mutation_prompt)
        return draft and replace(draft, crossed=True)


class WriteAfresh:
    """Zero-order: an instruction from the skill's description alone."""

    name = "write_afresh"

    def __call__(self, material: Material) -> Writing:
        given = (material.problem.description,)
        return (yield from written(material, after_worked(("Task", "Instruction"), _TASKS, given)))


class WriteInStyle:
    """Zero-order with a thinking style; where the answers are labels, these are told too."""

    name = "write_in_style"

    def __call__(self, material: Material) -> Writing:
        contract, style = material.problem.contract, material.rng.choice(STYLES)
        description = material.problem.description
        if isinstance(contract, Labels):
            labels: tuple[str, ...] = ("Task", "Answers", "Thinking", "Instruction")
            given = [description, ", ".join(contract.labels), style]
            return (yield from written(material, after_worked(labels, _STYLED, given)))
        labels = ("Task", "Thinking", "Instruction")
        worked = [(task, thinking, text) for task, _, thinking, text in _STYLED]
        return (yield from written(material, after_worked(labels, worked, (description, style))))


def rewritten(material: Material, manner: str) -> Writing:
    """The parent's instruction in a manner, which becomes the draft's mutation prompt."""
    ask = after_worked(("Instruction", manner), _REWRITES, (material.instruction,))
    return (yield from written(material, ask, manner))


def written(material: Material, ask: str, mutation_prompt: str = "") -> Writing:
    """A draft whose instruction is how the writer goes on with the text."""
    text = yield from completed(material, ask)
    return Draft(material.with_instruction(text), mutation_prompt)
