"""Shorten an instruction without a model: remove what it most likely does not need."""

from __future__ import annotations

import re

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import OperatorInput, PlainOperator
from tinyarms.evolution.operators.sentences import split_sentences
from tinyarms.evolution.problem import Problem

_FILLERS = re.compile(
    r"(?:\b(?:please|kindly|carefully|simply|very|really|basically|essentially|of course"
    r"|(?:your (?:task|job|goal|objective|responsibility)|the task) is to(?! not\b)"
    r"|you (?:will be|are) (?:asked|required) to(?! not\b)"
    r"|you (?:should|must|need to|have to)(?! not\b)|i (?:want|would like) you to(?! not\b)"
    r"|in this task|make sure to|be sure to|in order(?= to\b)|as well as possible"
    r"|to the best of your ability|with great care)\b,?[ \t]*)+(?P<next>\w?)",
    re.IGNORECASE,
)
"""Words that an English instruction does not need. Whole sentences are removed in any language."""
_ASIDE = re.compile(r"[ \t]*\([^(){}]*\)")


class Trim(PlainOperator):
    """Remove the sentence least related to the task, or filler words.

    A sentence is needed for the words that it shares with the description and the contract. The
    less a sentence is needed and the longer it is, the likelier it is removed; a single sentence
    stays.
    """

    name = "trim"

    def draft(self, inputs: OperatorInput) -> Draft | None:
        instruction, rng = inputs.instruction, inputs.rng
        needed = _words(_task(inputs.problem))
        sentences = split_sentences(instruction)
        brief = _without_fillers(instruction, needed)
        shortened = [brief] if brief != instruction and _words(brief) else []
        if len(sentences) > 1:
            chances = [len(s) / (1 + len(needed & _words(s))) ** 2 for s in sentences]
            dropped = rng.choices(sentences, chances)[0]
            shortened.append(_tidy(instruction.replace(dropped, "", 1)))
        if not shortened:
            return None
        prompt = inputs.with_instruction(rng.choice(shortened))
        return Draft(prompt, inputs.parent.mutation_prompt)


def _without_fillers(text: str, needed: set[str]) -> str:
    def aside(match: re.Match[str]) -> str:
        return match.group() if needed & _words(match.group()) else ""

    def filler(match: re.Match[str]) -> str:
        following = match["next"]
        return following.upper() if match.group()[0].isupper() else following

    return _tidy(_FILLERS.sub(filler, _ASIDE.sub(aside, text)))


def _tidy(text: str) -> str:
    """Remove the spaces and commas that a removal left behind."""
    text = re.sub(r"[ \t]+", " ", text)
    text = re.sub(r"[ ,]+(?=[.!?](?:\s|$))", "", text)
    lines = [line.strip() for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _task(problem: Problem) -> str:
    return f"{problem.description} {problem.contract.wording()}"


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 2}
