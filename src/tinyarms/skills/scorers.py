"""Scorers: example × output → score in [0, 1]. 1 is best."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tinyarms.core.errors import ConfigError
from tinyarms.skills.example import Example

Scorer = Callable[[Example, str], float]
Judge = Callable[[str, Example, str], float]
"""(rubric, example, output) → score in [0, 1]; asks a model, so it is handed in."""


def exact(example: Example, output: str) -> float:
    """1 if the output is the expected one, letter for letter, else 0."""
    return float(output.strip() == example.expected.strip())


def labels(example: Example, output: str) -> float:
    """1 if the label is the expected one, whatever its case, else 0."""
    return float(output.strip().casefold() == example.expected.strip().casefold())


def number(example: Example, output: str) -> float:
    """1 if the last number of the output equals the last number expected (GSM8K), else 0."""
    said, wanted = _last_number(output), _last_number(example.expected)
    return float(said is not None and said == wanted)


def f1(example: Example, output: str) -> float:
    """Harmonic mean of the precision and recall of the words (SQuAD's F1)."""
    said, wanted = _words(output), _words(example.expected)
    if not said or not wanted:
        return float(said == wanted)
    common = sum(min(said.count(word), wanted.count(word)) for word in set(said))
    return 2 * common / (len(said) + len(wanted))


def keywords(example: Example, output: str) -> float:
    """The share of the required words' weight in the output, less 0.25 a forbidden word.

    A required entry may have alternatives (`card|visa`) and runs of words (`golden-gate`).
    Without required words the expected output's own words are required; if it has none either,
    the output must be `exact`.
    """
    said = _words(output)
    required = example.required or dict.fromkeys(_words(example.expected), 1.0)
    if not required:
        return exact(example, output)
    found = sum(
        weight
        for entry, weight in required.items()
        if any(_has_run(said, _words(alternative)) for alternative in entry.split("|"))
    )
    penalty = 0.25 * sum(_has_run(said, _words(word)) for word in example.forbidden)
    return max(0.0, found / sum(required.values()) - penalty)


def edit(example: Example, output: str) -> float:
    """1 less the normalised edit distance (Indel) to the expected output."""
    from rapidfuzz import fuzz

    return fuzz.ratio(output.strip(), example.expected.strip()) / 100


def regex(pattern: str) -> Scorer:
    """1 if the pattern is found in the output, else 0."""
    compiled = re.compile(pattern)
    return lambda _example, output: float(compiled.search(output) is not None)


_PLAIN: Mapping[str, Scorer] = {
    "exact": exact,
    "labels": labels,
    "number": number,
    "f1": f1,
    "keywords": keywords,
    "edit": edit,
}
# A minus after a word or digit is a dash: "pages 3-5" ends with 5.
_NUMBER = re.compile(r"(?:(?<!\w)-)?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|(?<!\w)\.\d+)")
SCORER_NAMES = (*_PLAIN, "regex", "judge", "module:function")


def make_scorer(
    name: str, options: Mapping[str, Any], where: str, judge: Judge | None = None
) -> Scorer:
    """The scorer that a skill's config names. Raises `ConfigError`.

    `regex` needs `pattern`; `judge` needs `rubric` and a judge model. A scorer `module:function` is
    a Python callable (example, output) → score, which whoever calls this imports.
    """
    if name in _PLAIN:
        return _PLAIN[name]
    if name == "regex" and "pattern" in options:
        return _regex(str(options["pattern"]), where)
    if name == "judge" and "rubric" in options and judge is not None:
        rubric = str(options["rubric"])
        return lambda example, output: judge(rubric, example, output)
    raise ConfigError(
        f"{where}: the scorer {name!r} is unknown or lacks its option.",
        f"Known: {', '.join(SCORER_NAMES)} (regex needs `pattern`, judge needs `rubric`).",
    )


def _regex(pattern: str, where: str) -> Scorer:
    try:
        return regex(pattern)
    except re.error as error:
        raise ConfigError(
            f"{where}: the pattern {pattern!r} is no regular expression: {error}.",
            "Correct it, or escape what is meant literally.",
        ) from error


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold().replace("_", " "))


def _has_run(words: list[str], run: list[str]) -> bool:
    """Whether `run` stands in `words`, unbroken. An empty run does not."""
    return bool(run) and f" {' '.join(run)} " in f" {' '.join(words)} "


def _last_number(text: str) -> Decimal | None:
    found = _NUMBER.findall(text)
    return Decimal(found[-1].replace(",", "")) if found else None
