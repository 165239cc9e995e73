"""Scorers: from an example and an output to a score in [0, 1], where 1 is best."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Self, SupportsFloat

from tinyarms.core.errors import ConfigError, ModelError, NotScored
from tinyarms.core.text import one_line, shorten
from tinyarms.skills.checks import Checks
from tinyarms.skills.comparison import composed, label_key
from tinyarms.skills.example import Example
from tinyarms.skills.patterns import check_pattern, found_in


class Grade(float):
    """A score in [0, 1] that says why it is not higher."""

    reason: str
    """One line; empty: the scorer does not say."""

    def __new__(cls, score: float, reason: str = "") -> Self:
        grade = super().__new__(cls, score)
        grade.reason = reason
        return grade


Scorer = Callable[[Example, str], float]
Judge = Callable[[str, Example, str], Grade]
"""(rubric, example, output) → grade. It calls a model, so the caller provides it."""


def score_of(scorer: Scorer, example: Example, output: str) -> float:
    """The scorer's score of an output, in [0, 1]; a `Grade` if the scorer gave one.

    Raises `NotScored` if the scorer raises, exits, or returns anything but a number in [0, 1], and
    `ModelError` if a scorer that calls a model gets no answer.

    Examples
    --------
    >>> from tinyarms.skills.example import Example
    >>> from tinyarms.skills.scorers import exact, score_of
    >>> example = Example("e1", {}, expected="red", split="test")
    >>> score_of(exact, example, "red")
    1.0
    >>> score_of(lambda example, output: 2, example, "red")
    Traceback (most recent call last):
    tinyarms.core.errors.NotScored: The scorer returned 2, which is not a number from 0 to 1.
    """
    try:
        value: object = scorer(example, output)
        # Comparing with NaN is false, so NaN is refused too.
        if isinstance(value, SupportsFloat) and 0 <= float(value) <= 1:
            return value if isinstance(value, Grade) else float(value)
        shown = shorten(one_line(repr(value)), _SHOWN_LETTERS)
    except (ModelError, NotScored):
        raise
    except (Exception, SystemExit) as error:
        shown = shorten(one_line(str(error)), _SHOWN_LETTERS)
        text = f": {shown}" if shown else ""
        raise NotScored(f"The scorer raised {type(error).__name__}{text}.") from error
    raise NotScored(f"The scorer returned {shown}, which is not a number from 0 to 1.")


def exact(example: Example, output: str) -> float:
    """1 if the output equals the expected output, else 0.

    Outer white space and the Unicode form do not matter.
    """
    return float(composed(output) == composed(example.expected))


def labels(example: Example, output: str) -> float:
    """1 if the output equals the expected label, else 0.

    Case, spaces, enclosing quotes and the Unicode form do not matter.
    """
    return float(label_key(output) == label_key(example.expected))


def number(example: Example, output: str) -> float:
    """1 if the last numbers of the output and of the expected output are equal (GSM8K), else 0.

    Examples
    --------
    >>> from tinyarms.skills.example import Example
    >>> from tinyarms.skills.scorers import number
    >>> number(Example("e1", {}, expected="#### 1,200", split="test"), "It costs 1200 euros.")
    1.0
    """
    actual, expected = last_number(output), last_number(example.expected)
    return float(actual is not None and actual == expected)


def f1(example: Example, output: str) -> float:
    """The harmonic mean of the precision and recall of the words (SQuAD's F1).

    Examples
    --------
    >>> from tinyarms.skills.example import Example
    >>> from tinyarms.skills.scorers import f1
    >>> f1(Example("e1", {}, expected="a red bridge", split="test"), "the red bridge")
    0.6666666666666666
    """
    actual, expected = words_of(output), words_of(example.expected)
    if not actual or not expected:
        return float(actual == expected)
    common = sum(min(actual.count(word), expected.count(word)) for word in set(actual))
    return 2 * common / (len(actual) + len(expected))


def keywords(example: Example, output: str) -> float:
    """The share of the required words' weight in the output, minus 0.25 for each forbidden word.

    A required entry may have alternatives (`card|visa`) and runs of words (`golden-gate`). Without
    required entries the words of the expected output are required; if it has no words either, the
    score is that of `exact`.

    Examples
    --------
    >>> from tinyarms.skills.example import Example
    >>> from tinyarms.skills.scorers import keywords
    >>> required = {"bridge": 2.0, "fog|mist": 1.0, "red": 1.0}
    >>> example = Example("e1", {}, "", "test", required=required, forbidden=("img",))
    >>> keywords(example, "bridge-in-mist"), keywords(example, "img-bridge-in-mist")
    (0.75, 0.5)
    """
    required = _required(example)
    if not required:
        return exact(example, output)
    missing = required_words_missing(example, output)
    weight_found = sum(weight for entry, weight in required.items() if entry not in missing)
    penalty = _PENALTY * len(forbidden_words_in(example, output))
    return max(0.0, weight_found / sum(required.values()) - penalty)


def required_words_missing(example: Example, output: str) -> list[str]:
    """The entries that `keywords` requires and that the output lacks."""
    words = words_of(output)
    return [
        entry
        for entry in _required(example)
        if not any(_has_run(words, words_of(alternative)) for alternative in entry.split("|"))
    ]


def forbidden_words_in(example: Example, output: str) -> list[str]:
    """The entries that `keywords` forbids and that the output has."""
    words = words_of(output)
    return [word for word in example.forbidden if _has_run(words, words_of(word))]


def _required(example: Example) -> Mapping[str, float]:
    return example.required or dict.fromkeys(words_of(example.expected), 1.0)


def edit(example: Example, output: str) -> float:
    """1 minus the normalised edit distance (Indel) to the expected output."""
    from rapidfuzz import fuzz

    return fuzz.ratio(composed(output), composed(example.expected)) / 100


@dataclass(frozen=True)
class _Regex:
    pattern: str

    def __call__(self, example: Example, output: str) -> float:
        return float(found_in(self.pattern, output))

    def explain(self, example: Example, output: str) -> str:
        if found_in(self.pattern, output):
            return ""
        return f"It has no match of {self.pattern}"


def regex(pattern: str) -> Scorer:
    """A scorer: 1 if the output contains a match of the pattern, else 0.

    An output on which the search takes more than a second could not be scored.
    """
    check_pattern(pattern)
    return _Regex(pattern)


_SHOWN_LETTERS = 120
"""Most characters of a value or an error that a message quotes. Higher: longer messages."""
_PENALTY = 0.25
"""Penalty of each forbidden word in the score of `keywords`, in (0, 1]."""
_PLAIN: Mapping[str, Scorer] = {
    "exact": exact,
    "labels": labels,
    "number": number,
    "f1": f1,
    "keywords": keywords,
    "edit": edit,
}
# A minus after a letter or digit is a dash: "pages 3-5" ends with 5.
_NUMBER = re.compile(r"(?:(?<!\w)-)?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|(?<!\w)\.\d+)")
SCORER_NAMES = (*_PLAIN, "checks", "regex", "judge", "module:function")


def make_scorer(
    name: str, options: Mapping[str, Any], where: str, judge: Judge | None = None
) -> Scorer:
    """The scorer with a name from `config.yaml`.

    The caller imports a scorer `module:function`, a Python callable (example, output) → score.
    Raises `ConfigError` if the name is unknown or an option is missing.

    Parameters
    ----------
    options
        `regex` needs `pattern`, `judge` needs `rubric`.
    where
        The place in the configuration, for messages.
    judge
        The judge model; `None`: there is none.

    Examples
    --------
    >>> from tinyarms.skills.example import Example
    >>> from tinyarms.skills.scorers import make_scorer
    >>> scorer = make_scorer("regex", {"pattern": "^[a-z-]+$"}, where="skills.file-naming")
    >>> example = Example("e1", {}, expected="", split="test")
    >>> scorer(example, "red-bridge"), scorer(example, "Red bridge")
    (1.0, 0.0)
    """
    if name in _PLAIN:
        return _PLAIN[name]
    if name == "checks":
        return Checks(judge)
    if name == "regex" and "pattern" in options:
        return _regex(str(options["pattern"]), where)
    if name == "judge" and "rubric" in options and judge is not None:
        rubric = str(options["rubric"])
        return lambda example, output: judge(rubric, example, output)
    if name in SCORER_NAMES:
        needed = "`pattern`" if name == "regex" else "`rubric`"
        if needed.strip("`") in options:
            raise ConfigError(f"{where}: the scorer 'judge' has no judge model.", "Set `judge:`.")
        raise ConfigError(
            f"{where}: the scorer {name!r} lacks its option {needed}.",
            f"Write, for example: scorer: {{name: {name}, {needed.strip('`')}: …}}",
        )
    nearest = get_close_matches(name, SCORER_NAMES, n=1)
    raise ConfigError(
        f"{where}: the scorer {name!r} is unknown.",
        f"{f'Did you mean {nearest[0]}? ' if nearest else ''}Known: {', '.join(SCORER_NAMES)}.",
    )


def _regex(pattern: str, where: str) -> Scorer:
    try:
        return regex(pattern)
    except ValueError as error:
        raise ConfigError(
            f"{where}: the pattern {pattern!r} is not a regular expression: {error}.",
            "Correct it, or escape the literal characters.",
        ) from error


def words_of(text: str) -> list[str]:
    """The words that `f1` and `keywords` compare: without case and punctuation."""
    return re.findall(r"\w+", composed(text).casefold().replace("_", " "))


def _has_run(words: list[str], run: list[str]) -> bool:
    """Whether `words` contains `run` without a gap; an empty run is never contained."""
    return bool(run) and f" {' '.join(run)} " in f" {' '.join(words)} "


def last_number(text: str) -> Decimal | None:
    """The number that `number` compares; `None` if there is none."""
    numbers = _NUMBER.findall(text)
    return Decimal(numbers[-1].replace(",", "")) if numbers else None
