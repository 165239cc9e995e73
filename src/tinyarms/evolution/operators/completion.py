"""Operators for a tiny writer: it completes a text of worked examples, cut at the line's end.

Asked as one asks a large model, a model of 135M to 360M parameters writes film reviews. Given
three worked rewrites and the beginning of a fourth, it writes usable instructions.
"""

from __future__ import annotations

from dataclasses import replace

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import Material, Writing
from tinyarms.skills.execution import ModelRequest
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

_TEMPERATURE = 0.9
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


class Rewrite:
    """First-order: the instruction in other words, in the manner of its mutation prompt."""

    name = "rewrite"

    def __call__(self, material: Material) -> Writing:
        manner = material.parent.mutation_prompt or material.rng.choice(MUTATION_PROMPTS)
        return (yield from _rewrite(material, manner))


class Hypermutate:
    """The mutation prompt is changed first, and the new one applied at once (PromptBreeder)."""

    name = "hypermutate"

    def __call__(self, material: Material) -> Writing:
        others = [m for m in MUTATION_PROMPTS if m != material.parent.mutation_prompt]
        return (yield from _rewrite(material, material.rng.choice(others)))


class Combine:
    """Crossover: one instruction from two."""

    name = "combine"

    def __call__(self, material: Material) -> Writing:
        mate = split_frame(material.mate.prompt.text)[0]
        if material.mate is material.parent:
            return None
        shots = "".join(f"First: {a}\nSecond: {b}\nBoth: {c}\n\n" for a, b, c in _COMBINATIONS)
        ask = f"{shots}First: {_line(material.instruction)}\nSecond: {_line(mate)}\nBoth:"
        draft = yield from _written(material, ask, material.parent.mutation_prompt)
        return draft and replace(draft, crossed=True)


class WriteAfresh:
    """Zero-order: an instruction from the skill's description alone."""

    name = "write_afresh"

    def __call__(self, material: Material) -> Writing:
        shots = "".join(f"Task: {task}\nInstruction: {text}\n\n" for task, text in _TASKS)
        ask = f"{shots}Task: {_line(material.problem.description)}\nInstruction:"
        return (yield from _written(material, ask, ""))


def _rewrite(material: Material, manner: str) -> Writing:
    shots = "".join(f"Instruction: {a}\n{manner}: {b}\n\n" for a, b in _REWRITES)
    ask = f"{shots}Instruction: {_line(material.instruction)}\n{manner}:"
    return (yield from _written(material, ask, manner))


def _written(material: Material, ask: str, mutation_prompt: str) -> Writing:
    text = yield ModelRequest(
        completion=ask,
        max_tokens=64,
        temperature=_TEMPERATURE,
        seed=material.rng.randrange(2**31),
        stop=("\n",),
    )
    return Draft(material.with_instruction(text.strip().strip('"')), mutation_prompt)


def _line(text: str) -> str:
    return " ".join(text.split())
