"""Guards: rules that reject a proposed prompt, with its demonstrations. They never repair one.

Each guard checks only new text: anything that the incumbent contains may stay. A prompt that
names answers outside the contract passes, because a word proves nothing (`good` describes
`positive`), code enforces the contract, and a misleading prompt loses its races.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rapidfuzz import fuzz

from tinyarms.core.privacy.finder import MaskKind
from tinyarms.core.privacy.masking import private_parts
from tinyarms.core.unicode import hidden_characters, plain
from tinyarms.evolution.candidate import Quote
from tinyarms.evolution.constants import (
    COPIED_WORDS,
    MAX_LENGTH_FACTOR,
    MAX_RUN_REPEATS,
    MAX_SHOWN_CHARACTERS,
    MAX_STUTTER_WORDS,
    MAX_TEXT_CHARACTERS,
    MIN_COPIED_WORDS,
    MIN_DISTINCT_RUNS,
    MIN_QUOTE_CHARACTERS,
    RUN_WORDS,
    SIMILAR_AT,
    STUTTER_REPEATS,
)
from tinyarms.evolution.guards.injections import dictations, injections
from tinyarms.evolution.guards.patterns import ADDRESS, KEY, NAME_OF_A_FIRM
from tinyarms.skills.example import Example
from tinyarms.skills.picture import in_words
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.template import split_frame

_OPEN_BRACES = re.compile(r"\{\{\s*(\w*)")
_SAME_CHARACTER = re.compile(r"(\S)\1{11,}")
_SECRETS: frozenset[MaskKind] = frozenset({"secrets"})
_PERSONAL: frozenset[MaskKind] = frozenset({"contact", "financial", "ids"})
_SPACELESS = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, Khmer, Japanese and Chinese put no spaces between words."""


@dataclass(frozen=True)
class GuardContext:
    """Everything that guards compare a proposal with."""

    incumbent: Prompt
    living: Sequence[Prompt]
    """The prompts of the population."""
    examples: Sequence[Example]
    """All examples that operators and the writer may see. Their text must not leak into an
    instruction. Demonstrations must come from them, the incumbent or another prompt of the
    population."""
    similar_at: float = SIMILAR_AT
    """Similarity (rapidfuzz ratio, 0 to 100) from which two instructions count as the same."""


def variable_changed(prompt: Prompt, context: GuardContext) -> bool:
    """A variable is missing, new or repeated, or a brace is left open."""
    return _variables(prompt) != _variables(context.incumbent)


def empty(prompt: Prompt, context: GuardContext) -> bool:
    """No instruction is left: fewer than two words, where the incumbent has two or more."""
    new, old = (len(_words(_instruction(p))) for p in (prompt, context.incumbent))
    return new < min(2, old)


def control_characters(prompt: Prompt, context: GuardContext) -> bool:
    """Invisible characters, such as ones that reverse or hide text, or �."""
    old = "".join(_texts(context.incumbent))
    return any(hidden_characters(text) - set(old) for text in _texts(prompt))


def too_long(prompt: Prompt, context: GuardContext) -> bool:
    """Text longer than both three times the incumbent's and 1,200 characters, or demonstrations
    longer than both the incumbent's and 4,000 characters."""
    incumbent = context.incumbent
    max_text = max(MAX_LENGTH_FACTOR * len(incumbent.text), MAX_TEXT_CHARACTERS)
    max_shown = max(_demonstration_length(incumbent), MAX_SHOWN_CHARACTERS)
    return len(prompt.text) > max_text or _demonstration_length(prompt) > max_shown


def address(prompt: Prompt, context: GuardContext) -> bool:
    """An address of a web page, mailbox or machine, or an absolute path."""
    return bool(_addresses(prompt) - _addresses(context.incumbent))


def key(prompt: Prompt, context: GuardContext) -> bool:
    """Something that looks like a secret."""
    return bool(_keys(prompt) - _keys(context.incumbent))


def personal_data(prompt: Prompt, context: GuardContext) -> bool:
    """Contact data, a card, an account, a document's number, or a date of birth."""
    return bool(_private(prompt, _PERSONAL) - _private(context.incumbent, _PERSONAL))


def injection(prompt: Prompt, context: GuardContext) -> bool:
    """An attempt to override instructions, or a demonstration whose input orders its output."""
    return bool(_injections(prompt) - _injections(context.incumbent))


def repetition(prompt: Prompt, context: GuardContext) -> bool:
    """Text of a looping writer, which repeats words or characters.

    It has 2 to 12 words three times in succession or one word four times, a run of three words
    more than five times, fewer than half of these runs distinct, or one character twelve times in
    succession; and more often than the incumbent's text. Rules that begin alike (`If the text is
    about …`) pass.
    """
    words, old_words = _words(prompt.text), _words(context.incumbent.text)
    runs, old_runs = Counter(_runs(words, RUN_WORDS)), Counter(_runs(old_words, RUN_WORDS))
    return (
        any(times > max(MAX_RUN_REPEATS, old_runs[run]) for run, times in runs.items())
        or _stutters(words) > max(STUTTER_REPEATS - 1, _stutters(old_words))
        or _distinct(runs) < min(MIN_DISTINCT_RUNS, _distinct(old_runs))
        or bool(
            {m.group() for m in _SAME_CHARACTER.finditer(prompt.text)}
            - {m.group() for m in _SAME_CHARACTER.finditer(context.incumbent.text)}
        )
    )


def copied_example(prompt: Prompt, context: GuardContext) -> bool:
    """The instruction contains text of an example: eight words in a row, or all of it.

    All of it means a whole input of five words or more, or a whole expected output of that length
    that no other example has (otherwise it is a label).
    """
    words, old_words = _words(prompt.text), _words(context.incumbent.text)
    new_runs = set(_runs(words, COPIED_WORDS)) - set(_runs(old_words, COPIED_WORDS))
    parts = [_spaced(run) for run in new_runs]
    new_text, old_text = _spaced(words), _spaced(old_words)
    outputs = Counter(example.expected for example in context.examples)
    for example in context.examples:
        alone = [example.expected] if outputs[example.expected] == 1 else []
        for text in (*map(in_words, example.inputs.values()), *alone):
            whole = _plain_words(text)
            if any(part in whole for part in parts):
                return True
            if whole in new_text and whole not in old_text and _is_long(text):
                return True
    return False


def unknown_demonstration(prompt: Prompt, context: GuardContext) -> bool:
    """A demonstration that does not come from the examples."""
    allowed = [d for p in (context.incumbent, *context.living) for d in p.demonstrations]
    return any(
        demonstration not in allowed
        and not any(
            example.inputs == demonstration.inputs and example.expected == demonstration.output
            for example in context.examples
        )
        for demonstration in prompt.demonstrations
    )


def too_similar(prompt: Prompt, context: GuardContext) -> bool:
    """Nearly the instruction of a candidate in the population, with the same frame,
    demonstrations and memory.

    Case and spaces are ignored. So is calibration, which is fitted to each candidate later.
    """
    instruction, frame = split_frame(prompt.text)
    return any(
        prompt.demonstrations == other.demonstrations
        and prompt.retrieve == other.retrieve
        and prompt.words_from == other.words_from
        and frame == split_frame(other.text)[1]
        and fuzz.ratio(_plain(instruction), _plain(_instruction(other))) >= context.similar_at
        for other in (context.incumbent, *context.living)
    )


Guard = Callable[[Prompt, GuardContext], bool]
GUARDS: tuple[Guard, ...] = (
    variable_changed,
    empty,
    control_characters,
    too_long,
    address,
    key,
    personal_data,
    injection,
    repetition,
    copied_example,
    unknown_demonstration,
    too_similar,
)
_FOR_MUTATION_PROMPTS = tuple(g for g in GUARDS if g not in {empty, too_similar})
ACCEPTED = "accepted"
"""The verdict on a draft that no guard rejects."""
MUTATION_PROMPT = "mutation_prompt"
"""The verdict on a draft whose prompt passes and whose mutation prompt does not."""
UNFOUNDED = "unfounded"
"""The verdict on a draft that quotes no row, or a row that does not exist."""


def bad_mutation_prompt(text: str, context: GuardContext) -> bool:
    """A forbidden text in a mutation prompt, which children and other skills inherit."""
    bare = replace(context, incumbent=Prompt(""))
    return any(guard(Prompt(text), bare) for guard in _FOR_MUTATION_PROMPTS)


def unfounded(quotes: Sequence[Quote]) -> bool:
    """There is no quote, or one that is too short to mean a row or is not in the row it names.

    Case and spaces are ignored. A quote has at least 8 characters, or is the whole row.
    """
    return not quotes or not all(_is_quoted(_plain(q.words), _plain(q.row)) for q in quotes)


def _is_quoted(words: str, row: str) -> bool:
    return words in row and len(words) >= min(MIN_QUOTE_CHARACTERS, max(1, len(row)))


def verdict(
    prompt: Prompt,
    context: GuardContext,
    mutation_prompt: str = "",
    quotes: Sequence[Quote] | None = None,
) -> str:
    """`accepted`, or the name of the first guard that rejects the prompt.

    `mutation_prompt`: the one that comes with the prompt; empty if there is none. `quotes`: the
    rows that the prompt is grounded in; `None` if it needs none.
    """
    if quotes is not None and unfounded(quotes):
        return UNFOUNDED
    for guard in GUARDS:
        if guard(prompt, context):
            return guard.__name__
    return MUTATION_PROMPT if bad_mutation_prompt(mutation_prompt, context) else ACCEPTED


def _instruction(prompt: Prompt) -> str:
    return split_frame(prompt.text)[0]


def _variables(prompt: Prompt) -> Counter[str]:
    return Counter(_OPEN_BRACES.findall(prompt.text))


def _demonstration_length(prompt: Prompt) -> int:
    return sum(map(len, _shown(prompt)))


def _shown(prompt: Prompt) -> Iterator[str]:
    """The texts of the demonstrations."""
    for demonstration in prompt.demonstrations:
        yield from (*map(in_words, demonstration.inputs.values()), demonstration.output)


def _texts(prompt: Prompt) -> Iterator[str]:
    yield prompt.text
    yield from _shown(prompt)


def _addresses(prompt: Prompt) -> set[str]:
    shown = {m for text in _shown(prompt) for m in _matches(ADDRESS, text)}
    firms = {m for m in shown if NAME_OF_A_FIRM.fullmatch(m)}
    return {m.casefold() for m in (shown - firms) | _matches(ADDRESS, prompt.text)}


def _keys(prompt: Prompt) -> set[str]:
    found = {m.casefold() for text in _texts(prompt) for m in _matches(KEY, text)}
    return found | _private(prompt, _SECRETS)


def _private(prompt: Prompt, kinds: frozenset[MaskKind]) -> set[str]:
    return {
        plain(text[part.start : part.end]).casefold()
        for text in _texts(prompt)
        for part in private_parts(text, kinds)
    }


def _injections(prompt: Prompt) -> set[str]:
    orders = {found for text in _texts(prompt) for found in injections(text)}
    return orders | {
        found
        for demonstration in prompt.demonstrations
        for text in demonstration.inputs.values()
        for found in dictations(in_words(text), demonstration.output)
    }


@lru_cache(maxsize=4096)
def _matches(pattern: re.Pattern[str], text: str) -> frozenset[str]:
    """The matches in the text's plain form, without final punctuation."""
    return frozenset(m.group().rstrip(".,;:!?") for m in pattern.finditer(plain(text)))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


@lru_cache(maxsize=2048)
def _words(text: str) -> tuple[str, ...]:
    """Words without case and punctuation; single characters in scripts without spaces."""
    letters = "".join(
        char if unicodedata.category(char)[0] in "LMN" else " " for char in text.casefold()
    )
    return tuple(_SPACELESS.sub(r" \g<0> ", letters).split())


def _runs(words: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    """All runs of `length` words; of twice as many characters in scripts without spaces."""
    for start, word in enumerate(words):
        end = start + (2 * length if _SPACELESS.match(word) else length)
        if end <= len(words):
            yield tuple(words[start:end])


def _distinct(runs: Counter[tuple[str, ...]]) -> float:
    return len(runs) / runs.total() if runs else 1.0


def _stutters(words: Sequence[str]) -> int:
    """The largest number of immediate repetitions of a passage; a single word counts one less."""
    most = 0
    for length in range(1, MAX_STUTTER_WORDS + 1):
        same = 0
        for here, there in zip(words, words[length:], strict=False):
            same = same + 1 if here == there else 0
            most = max(most, same // length + (length > 1))
    return most


def _is_long(text: str) -> bool:
    return next(_runs(_words(text), MIN_COPIED_WORDS), None) is not None


@lru_cache(maxsize=2048)
def _plain_words(text: str) -> str:
    return _spaced(_words(text))


def _spaced(words: Sequence[str]) -> str:
    """The words in a form in which one sequence contains another only at word boundaries."""
    return f" {' '.join(words)} "
