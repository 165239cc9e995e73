"""Why an output does not get the best score, where the scorer can say it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from tinyarms.core.text import one_line, shorten
from tinyarms.skills.comparison import composed
from tinyarms.skills.example import Example
from tinyarms.skills.scorers import (
    Scorer,
    edit,
    exact,
    f1,
    forbidden_words_in,
    keywords,
    labels,
    last_number,
    number,
    required_words_missing,
    words_of,
)

Explain = Callable[[Example, str], str]
_MOST_PARTS = 4
"""Most differences that a reason names. Higher: longer reasons."""
_SHOWN_LETTERS = 60
"""Most characters of a value that a reason quotes. Higher: longer reasons."""
_LONG = 2
"""An output with more words than this times those of the right answer is called too long."""


def why_wrong(scorer: Scorer, example: Example, output: str) -> str:
    """One line; empty if the scorer cannot say why.

    All scorers but `judge` can: `exact`, `labels` and `edit` for JSON and where only the form
    differs. So can any scorer with an attribute `explain`: a function (example, output) → text. An
    error in such a function counts as no reason.

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


def _of_text(example: Example, output: str) -> str:
    """What differs besides the words: the keys and values of JSON, the form, the length."""
    actual, expected = composed(output).strip(), composed(example.expected).strip()
    if not expected or actual == expected:
        return ""
    objects = _json_object(actual), _json_object(expected)
    if objects[1] is not None:
        return (
            "It is no JSON object." if objects[0] is None else _of_objects(objects[0], objects[1])
        )
    if actual.casefold() == expected.casefold():
        return "Only capital and small letters differ."
    ours, theirs = words_of(actual), words_of(expected)
    if ours == theirs:
        return "Only punctuation, spaces or capital letters differ." if ours else ""
    if expected.casefold() in actual.casefold():
        return "It has the right answer and something else."
    if theirs and len(ours) > _LONG * len(theirs):
        return f"It is too long: {len(ours)} words, not {len(theirs)}."
    return ""


def _json_object(text: str) -> dict[str, object] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _of_objects(actual: Mapping[str, object], expected: Mapping[str, object]) -> str:
    parts = list(_differences(actual, expected))
    more = len(parts) - _MOST_PARTS
    return " ".join(parts[:_MOST_PARTS]) + (f" And {more} more." if more > 0 else "")


def _differences(actual: Mapping[str, object], expected: Mapping[str, object]) -> Iterator[str]:
    missing = [key for key in expected if key not in actual]
    unwanted = [key for key in actual if key not in expected]
    if missing:
        yield f"It lacks the keys {', '.join(missing)}."
    if unwanted:
        yield f"It must not have the keys {', '.join(unwanted)}."
    for key, right in expected.items():
        if key in actual and actual[key] != right:
            yield f"{key} is {_value(actual[key])}, not {_value(right)}."


def _value(value: object) -> str:
    return shorten(json.dumps(value, ensure_ascii=False), _SHOWN_LETTERS)


_EXPLAIN: Mapping[Scorer, Explain] = {
    exact: _of_text,
    labels: _of_text,
    edit: _of_text,
    keywords: _of_keywords,
    number: _of_number,
    f1: _of_f1,
}
