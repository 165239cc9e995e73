"""Why an output does not get the best score, where the scorer can say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tinyarms.core.text import one_line
from tinyarms.skills.example import Example
from tinyarms.skills.scorers import (
    Scorer,
    f1,
    forbidden_words_in,
    keywords,
    last_number,
    number,
    required_words_missing,
    words_of,
)

Explain = Callable[[Example, str], str]


def why_wrong(scorer: Scorer, example: Example, output: str) -> str:
    """One line; empty if the scorer cannot say why.

    `keywords`, `number` and `f1` can, and any scorer with an attribute `explain`: a function
    (example, output) → text. An error in such a function counts as no reason.

    Examples
    --------
    >>> from tinyarms.skills.example import Example
    >>> from tinyarms.skills.score_reasons import why_wrong
    >>> from tinyarms.skills.scorers import keywords
    >>> example = Example("e1", {}, "", "search", required={"red": 1.0}, forbidden=("img",))
    >>> why_wrong(keywords, example, "img-bridge")
    'It lacks red. It must not have img.'
    """
    explain = _EXPLAIN.get(scorer) or getattr(scorer, "explain", None)
    if not callable(explain):
        return ""
    try:
        return one_line(str(explain(example, output) or ""))
    except (
        Exception,
        SystemExit,
    ):  # It may be a person's own code, and the search does without it.
        return ""


def _of_keywords(example: Example, output: str) -> str:
    missing = required_words_missing(example, output)
    unwanted = forbidden_words_in(example, output)
    parts = [
        *([f"It lacks {', '.join(missing)}."] if missing else []),
        *([f"It must not have {', '.join(unwanted)}."] if unwanted else []),
    ]
    return " ".join(parts)


def _of_number(example: Example, output: str) -> str:
    actual, expected = last_number(output), last_number(example.expected)
    if actual is None:
        return "It has no number."
    return f"Its last number is {actual}, not {expected}." if actual != expected else ""


def _of_f1(example: Example, output: str) -> str:
    actual, expected = words_of(output), words_of(example.expected)
    missing = [word for word in dict.fromkeys(expected) if word not in actual]
    unwanted = [word for word in dict.fromkeys(actual) if word not in expected]
    parts = [
        *([f"It lacks the words {', '.join(missing)}."] if missing else []),
        *([f"It need not have the words {', '.join(unwanted)}."] if unwanted else []),
    ]
    return " ".join(parts)


_EXPLAIN: Mapping[Scorer, Explain] = {keywords: _of_keywords, number: _of_number, f1: _of_f1}
