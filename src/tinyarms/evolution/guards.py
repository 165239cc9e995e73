"""Guards: what may not become a candidate. They reject and never repair."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.template import split_frame, variables

SIMILAR_AT = 90.0
"""rapidfuzz ratio (0 to 100) from which two instructions count as the same."""
_COPIED_WORDS = 8
_REPEATED_WORDS = 3
_REPEATS = 3

_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]*|\b[\w.+-]+@[\w-]+\.\w+", re.I)
_KEY = re.compile(
    r"\b(?:sk|pk|gh[opsu]|xox[abp]|hf)[-_](?=[-_A-Za-z]*[0-9])[-_A-Za-z0-9]{12,}"
    r"|\bAKIA[A-Z0-9]{12,}|\b[A-Fa-f0-9]{32,}\b"
)
_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,30}\b(?:previous|above|prior|earlier|all)\b"
    r"|\bsystem prompt\b|<\|[a-z_]+\|>|\byou are now\b|\bjailbreak\b",
    re.I | re.S,
)


@dataclass(frozen=True)
class Surroundings:
    """What a proposal is held against."""

    incumbent: Prompt
    living: Sequence[Prompt]
    """The prompts of the population."""
    examples: Sequence[Example]
    """Those whose text must not leak into an instruction."""
    similar_at: float = SIMILAR_AT


def variable_changed(prompt: Prompt, around: Surroundings) -> bool:
    """A variable was lost or invented."""
    return set(variables(prompt.text)) != set(variables(around.incumbent.text))


def empty(prompt: Prompt, around: Surroundings) -> bool:
    """No instruction is left: fewer than two words, where the incumbent has two or more."""
    said, before = (len(split_frame(p.text)[0].split()) for p in (prompt, around.incumbent))
    return said < min(2, before)


def too_long(prompt: Prompt, around: Surroundings) -> bool:
    """Longer than three times the incumbent, and than 1,200 characters."""
    return len(prompt.text) > 3 * max(len(around.incumbent.text), 400)


def address(prompt: Prompt, around: Surroundings) -> bool:
    """A web or mail address that the incumbent does not have."""
    return _is_new(_ADDRESS, prompt, around)


def key(prompt: Prompt, around: Surroundings) -> bool:
    """What looks like a secret."""
    return _is_new(_KEY, prompt, around)


def injection(prompt: Prompt, around: Surroundings) -> bool:
    """An attempt to override instructions."""
    return _is_new(_INJECTION, prompt, around)


def repetition(prompt: Prompt, around: Surroundings) -> bool:
    """Three words in a row stand there three times, and oftener than in the incumbent's text."""
    before = Counter(_runs(around.incumbent.text, _REPEATED_WORDS))
    runs = Counter(_runs(prompt.text, _REPEATED_WORDS))
    return any(times >= _REPEATS and times > before[run] for run, times in runs.items())


def copied_example(prompt: Prompt, around: Surroundings) -> bool:
    """Eight words in a row of an example stand in the instruction, and not in the incumbent's."""
    said = set(_runs(prompt.text, _COPIED_WORDS)) - set(_runs(around.incumbent.text, _COPIED_WORDS))
    return bool(said) and any(
        said & set(_runs(text, _COPIED_WORDS))
        for example in around.examples
        for text in (*example.inputs.values(), example.expected)
    )


def too_similar(prompt: Prompt, around: Surroundings) -> bool:
    """Nearly the text of a living candidate, with the same demonstrations.

    Calibration makes no difference: it is fitted to a candidate later, whatever it came with.
    """
    return any(
        prompt.demonstrations == other.demonstrations
        and fuzz.ratio(prompt.text, other.text) >= around.similar_at
        for other in (around.incumbent, *around.living)
    )


Guard = Callable[[Prompt, Surroundings], bool]
GUARDS: tuple[Guard, ...] = (
    variable_changed,
    empty,
    too_long,
    address,
    key,
    injection,
    repetition,
    copied_example,
    too_similar,
)


def verdict(prompt: Prompt, around: Surroundings) -> str:
    """`accepted`, or the name of the first guard that rejects the prompt."""
    for guard in GUARDS:
        if guard(prompt, around):
            return guard.__name__
    return "accepted"


def _is_new(pattern: re.Pattern[str], prompt: Prompt, around: Surroundings) -> bool:
    return bool(_found(pattern, prompt.text) - _found(pattern, around.incumbent.text))


def _found(pattern: re.Pattern[str], text: str) -> set[str]:
    return {match.group().casefold().rstrip(".,;:!?") for match in pattern.finditer(text)}


def _runs(text: str, length: int) -> list[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return [tuple(words[i : i + length]) for i in range(len(words) - length + 1)]
