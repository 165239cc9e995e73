"""Length trimming, without a model: what an instruction can most likely do without goes."""

from __future__ import annotations

import re

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import Material, Writing
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
"""Words that an English instruction loses nothing without. Sentences go in any language."""
_ASIDE = re.compile(r"[ \t]*\([^(){}]*\)")


class Trim:
    """Without the sentence that has least to do with the task, or without idle words.

    A sentence is needed for the words that it shares with the description and the contract. The
    less it is needed and the longer it is, the likelier it goes; the only one stays.
    """

    name = "trim"

    def __call__(self, material: Material) -> Writing:
        before, rng = material.instruction, material.rng
        needed = _words(_task(material.problem))
        sentences = split_sentences(before)
        brief = _without_idle_words(before, needed)
        shortened = [brief] if brief != before and _words(brief) else []
        if len(sentences) > 1:
            chances = [len(s) / (1 + len(needed & _words(s))) ** 2 for s in sentences]
            dropped = rng.choices(sentences, chances)[0]
            shortened.append(_tidy(before.replace(dropped, "", 1)))
        if not shortened:
            return None
        prompt = material.with_instruction(rng.choice(shortened))
        return Draft(prompt, material.parent.mutation_prompt)
        yield  # an operator is a generator, even one that asks nothing


def _without_idle_words(text: str, needed: set[str]) -> str:
    def aside(found: re.Match[str]) -> str:
        return found.group() if needed & _words(found.group()) else ""

    def filler(found: re.Match[str]) -> str:
        after = found["next"]
        return after.upper() if found.group()[0].isupper() else after

    return _tidy(_FILLERS.sub(filler, _ASIDE.sub(aside, text)))


def _tidy(text: str) -> str:
    """Without the blanks and commas that are left over where something went."""
    text = re.sub(r"[ \t]+", " ", text)
    text = re.sub(r"[ ,]+(?=[.!?](?:\s|$))", "", text)
    lines = [line.strip() for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _task(problem: Problem) -> str:
    return f"{problem.description} {problem.contract.wording()}"


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 2}
