"""Guards: what may not become a candidate. They reject and never repair.

Each looks for what is new: whatever the incumbent has itself may stay. A prompt that names answers
outside the contract passes. A word is no proof (`good` describes `positive`), the contract is kept
by code, and a prompt that misleads loses its races.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rapidfuzz import fuzz

from tinyarms.evolution.guards.patterns import ADDRESS, INJECTION, KEY
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.template import split_frame

SIMILAR_AT = 90.0
"""rapidfuzz ratio (0 to 100) from which two instructions count as the same."""
_LONGEST = 1200
_LONGEST_SHOWN = 4000
_COPIED_WORDS = 8
_SHORTEST_COPY = 5
_RUN = 3
_MOST_RUNS = 5
_STUTTERS = 3
_LONGEST_STUTTER = 12
_FEWEST_DISTINCT = 0.5
_OPEN_BRACES = re.compile(r"\{\{\s*(\w*)")
_SAME_CHARACTER = re.compile(r"(\S)\1{11,}")
_KEPT_CONTROLS = frozenset("\n\t\u200c\u200d")
"""Line end, tab, and the two joiners that Persian, Hindi and emoji are written with."""
_SPACELESS = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, Khmer, Japanese and Chinese put no spaces between words."""


@dataclass(frozen=True)
class Surroundings:
    """What a proposal is held against."""

    incumbent: Prompt
    living: Sequence[Prompt]
    """The prompts of the population."""
    examples: Sequence[Example]
    """All that operators and writer may see: their text must not leak into an instruction, and
    demonstrations must come from them, the incumbent or a living prompt."""
    similar_at: float = SIMILAR_AT


def variable_changed(prompt: Prompt, around: Surroundings) -> bool:
    """A variable was lost, invented or written once more, or braces were left open."""
    return _variables(prompt) != _variables(around.incumbent)


def empty(prompt: Prompt, around: Surroundings) -> bool:
    """No instruction is left: fewer than two words, where the incumbent has two or more."""
    said, before = (len(_words(_instruction(p))) for p in (prompt, around.incumbent))
    return said < min(2, before)


def control_characters(prompt: Prompt, around: Surroundings) -> bool:
    """Characters that nobody sees, such as those that turn the direction or hide text, or �."""
    before = around.incumbent.text
    return any(_is_invisible(char) and char not in before for char in set(prompt.text))


def too_long(prompt: Prompt, around: Surroundings) -> bool:
    """Longer than three times the incumbent and 1,200 characters; 4,000 for demonstrations."""
    before = around.incumbent
    return len(prompt.text) > max(3 * len(before.text), _LONGEST) or _shown(prompt) > max(
        _shown(before), _LONGEST_SHOWN
    )


def address(prompt: Prompt, around: Surroundings) -> bool:
    """An address on the web or of a mailbox, a machine's number, an absolute path."""
    return bool(_found(ADDRESS, prompt.text) - _found(ADDRESS, around.incumbent.text))


def key(prompt: Prompt, around: Surroundings) -> bool:
    """What looks like a secret, in the text or in a demonstration."""
    return bool(_found(KEY, _whole(prompt)) - _found(KEY, _whole(around.incumbent)))


def injection(prompt: Prompt, around: Surroundings) -> bool:
    """An attempt to override instructions, in the text or in a demonstration."""
    return bool(_found(INJECTION, _whole(prompt)) - _found(INJECTION, _whole(around.incumbent)))


def repetition(prompt: Prompt, around: Surroundings) -> bool:
    """A writer that loops: it stutters, returns to the same words, or holds down a key.

    Two to 12 words three times in succession or one four times, three words in a row more than
    five times, less than half of these rows different, or one character twelve times; and oftener
    than in the incumbent's text. Rules that begin alike (`If the text is about …`) pass.
    """
    words, before = _words(prompt.text), _words(around.incumbent.text)
    runs, known = Counter(_runs(words, _RUN)), Counter(_runs(before, _RUN))
    return (
        any(times > max(_MOST_RUNS, known[run]) for run, times in runs.items())
        or _stutters(words) > max(_STUTTERS - 1, _stutters(before))
        or _distinct(runs) < min(_FEWEST_DISTINCT, _distinct(known))
        or bool(
            {m.group() for m in _SAME_CHARACTER.finditer(prompt.text)}
            - {m.group() for m in _SAME_CHARACTER.finditer(around.incumbent.text)}
        )
    )


def copied_example(prompt: Prompt, around: Surroundings) -> bool:
    """Text of an example stands in the instruction: eight words in a row, or the whole of it.

    The whole: an input of five words or more, and such an expected output if no other example
    has the same (else it is a label).
    """
    said, before = _words(prompt.text), _words(around.incumbent.text)
    new = set(_runs(said, _COPIED_WORDS)) - set(_runs(before, _COPIED_WORDS))
    parts = [_spaced(run) for run in new]
    after_all, before_all = _spaced(said), _spaced(before)
    outputs = Counter(example.expected for example in around.examples)
    for example in around.examples:
        alone = [example.expected] if outputs[example.expected] == 1 else []
        for text in (*example.inputs.values(), *alone):
            whole = _plain_words(text)
            if any(part in whole for part in parts):
                return True
            if whole in after_all and whole not in before_all and _is_long(text):
                return True
    return False


def unknown_demonstration(prompt: Prompt, around: Surroundings) -> bool:
    """A demonstration that nobody has chosen from the examples."""
    known = [d for p in (around.incumbent, *around.living) for d in p.demonstrations]
    return any(
        shown not in known
        and not any(
            e.inputs == shown.inputs and e.expected == shown.output for e in around.examples
        )
        for shown in prompt.demonstrations
    )


def too_similar(prompt: Prompt, around: Surroundings) -> bool:
    """Nearly the instruction of a living candidate, in the same frame, demonstrations the same.

    Case and spaces make no difference, nor does calibration: it is fitted to a candidate later,
    whatever it came with.
    """
    said, frame = split_frame(prompt.text)
    return any(
        prompt.demonstrations == other.demonstrations
        and frame == split_frame(other.text)[1]
        and fuzz.ratio(_plain(said), _plain(_instruction(other))) >= around.similar_at
        for other in (around.incumbent, *around.living)
    )


Guard = Callable[[Prompt, Surroundings], bool]
GUARDS: tuple[Guard, ...] = (
    variable_changed,
    empty,
    control_characters,
    too_long,
    address,
    key,
    injection,
    repetition,
    copied_example,
    unknown_demonstration,
    too_similar,
)
_FOR_MUTATION_PROMPTS = tuple(g for g in GUARDS if g not in {empty, too_similar})


def mutation_prompt(text: str, around: Surroundings) -> bool:
    """What no prompt may say, no mutation prompt may either: it is handed down and on."""
    bare = replace(around, incumbent=Prompt(""))
    return any(guard(Prompt(text), bare) for guard in _FOR_MUTATION_PROMPTS)


def verdict(prompt: Prompt, around: Surroundings, manner: str = "") -> str:
    """`accepted`, or the name of the first guard that rejects the prompt.

    `manner`: the mutation prompt that comes with it.
    """
    for guard in GUARDS:
        if guard(prompt, around):
            return guard.__name__
    return mutation_prompt.__name__ if mutation_prompt(manner, around) else "accepted"


def _instruction(prompt: Prompt) -> str:
    return split_frame(prompt.text)[0]


def _variables(prompt: Prompt) -> Counter[str]:
    return Counter(_OPEN_BRACES.findall(prompt.text))


def _is_invisible(char: str) -> bool:
    return char == "\ufffd" or (unicodedata.category(char)[0] == "C" and char not in _KEPT_CONTROLS)


def _shown(prompt: Prompt) -> int:
    return sum(len(d.output) + sum(map(len, d.inputs.values())) for d in prompt.demonstrations)


def _whole(prompt: Prompt) -> str:
    shown = (text for d in prompt.demonstrations for text in (*d.inputs.values(), d.output))
    return "\n".join([prompt.text, *shown])


def _found(pattern: re.Pattern[str], text: str) -> set[str]:
    """What matches, in the plain form of letters that only look different."""
    plain = unicodedata.normalize("NFKC", text)
    return {match.group().casefold().rstrip(".,;:!?") for match in pattern.finditer(plain)}


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


@lru_cache(maxsize=2048)
def _words(text: str) -> tuple[str, ...]:
    """Words without case and punctuation, in any script; where it has no spaces, characters."""
    letters = "".join(
        char if unicodedata.category(char)[0] in "LMN" else " " for char in text.casefold()
    )
    return tuple(_SPACELESS.sub(r" \g<0> ", letters).split())


def _runs(words: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    """So many words in a row, wherever they begin; twice as many characters of a script that has
    no spaces."""
    for start, word in enumerate(words):
        end = start + (2 * length if _SPACELESS.match(word) else length)
        if end <= len(words):
            yield tuple(words[start:end])


def _distinct(runs: Counter[tuple[str, ...]]) -> float:
    return len(runs) / runs.total() if runs else 1.0


def _stutters(words: Sequence[str]) -> int:
    """The most times that some words stand in immediate succession; of a single word one less."""
    most = 0
    for length in range(1, _LONGEST_STUTTER + 1):
        same = 0
        for here, there in zip(words, words[length:], strict=False):
            same = same + 1 if here == there else 0
            most = max(most, same // length + (length > 1))
    return most


def _is_long(text: str) -> bool:
    return next(_runs(_words(text), _SHORTEST_COPY), None) is not None


@lru_cache(maxsize=2048)
def _plain_words(text: str) -> str:
    return _spaced(_words(text))


def _spaced(words: Sequence[str]) -> str:
    """Such that some words in a row are a part of others only if they stand there."""
    return f" {' '.join(words)} "
