"""The scorer `checks`: each example says itself what an output must be, and must not be.

A check is an entry of the example's `required`, as `kind:value` with `not-` before it for the
opposite; the entry's number is its weight. A rubric holds from a grade of 0.5, or from that which
its entry names: `judge>=0.8:RUBRIC`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from tinyarms.core.errors import CheckTimeout, ContractViolation, NotScored
from tinyarms.core.text import one_line, shorten
from tinyarms.skills.comparison import composed
from tinyarms.skills.contract import JsonSchema
from tinyarms.skills.example import Example
from tinyarms.skills.json_schemas import check_schema
from tinyarms.skills.patterns import check_pattern, found_in

Judge = Callable[[str, Example, str], float]
"""(rubric, example, output) → grade in [0, 1]. It calls a model, so the caller provides it."""
_OPPOSITE = "not-"
_GOOD_GRADE = 0.5
"""Lowest grade of a judge, in [0, 1], at which a check by a rubric holds."""
_AT_LEAST = ">="
_SHOWN = 60


def _equals(output: str, value: str) -> bool:
    return composed(output) == composed(value)


def _contains(output: str, value: str) -> bool:
    return composed(value) in composed(output)


def _icontains(output: str, value: str) -> bool:
    return composed(value).casefold() in composed(output).casefold()


def _starts_with(output: str, value: str) -> bool:
    return composed(output).startswith(composed(value))


def _regex(output: str, value: str) -> bool:
    return found_in(value, output)


def _is_json(output: str, value: str) -> bool:
    try:
        JsonSchema(json.loads(value) if value else {}).parse(output)
    except CheckTimeout:
        raise
    except ContractViolation:
        return False
    return True


def _of_all(holds: Callable[[str, str], bool]) -> Callable[[str, str], bool]:
    return lambda output, value: all(holds(output, each) for each in json.loads(value))


def _of_any(holds: Callable[[str, str], bool]) -> Callable[[str, str], bool]:
    return lambda output, value: any(holds(output, each) for each in json.loads(value))


_HOLDS: Mapping[str, Callable[[str, str], bool]] = {
    "equals": _equals,
    "contains": _contains,
    "icontains": _icontains,
    "contains-all": _of_all(_contains),
    "contains-any": _of_any(_contains),
    "icontains-all": _of_all(_icontains),
    "icontains-any": _of_any(_icontains),
    "starts-with": _starts_with,
    "regex": _regex,
    "is-json": _is_json,
}
JUDGE = "judge"
KINDS = (*_HOLDS, JUDGE)
"""`equals` alone compares with the expected output, and `is-json` alone accepts any JSON; with a
value, that of `is-json` is a schema. Those with `-all` and `-any` have a JSON list of texts. The
value of `judge` is a rubric."""


def check_entry(
    kind: str, value: Any = None, *, negated: bool = False, at_least: float | None = None
) -> str:
    """The entry of `required` for a check. `value`: a text, or for some kinds a JSON value.

    `at_least`: the lowest grade, in [0, 1], at which a rubric holds; `None`: 0.5. Raises
    `ValueError`, with the reason, if there is no such check.

    Examples
    --------
    >>> from tinyarms.skills.checks import check_entry
    >>> check_entry("contains", "red"), check_entry("icontains-any", ["a", "b"], negated=True)
    ('contains:red', 'not-icontains-any:["a", "b"]')
    >>> check_entry("judge", "Is it kind?", at_least=0.8)
    'judge>=0.8:Is it kind?'
    """
    if kind == JUDGE and at_least not in (None, _GOOD_GRADE):
        kind = f"{JUDGE}{_AT_LEAST}{at_least:g}"
    text = value if isinstance(value, str | None) else json.dumps(value, ensure_ascii=False)
    entry = f"{_OPPOSITE if negated else ''}{kind}{'' if text is None else f':{text}'}"
    problem = _problem(kind, text)
    if problem is not None:
        raise ValueError(problem)
    return entry


def _problem(kind: str, value: str | None) -> str | None:
    name, at_least, grade = kind.partition(_AT_LEAST)
    if name == JUDGE and at_least:
        if _grade(grade) is None:
            return f"the grade of the check {shorten(kind, _SHOWN)!r} is no number from 0 to 1"
    elif kind not in KINDS:
        close = get_close_matches(kind, KINDS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(KINDS)}"
        return f"there is no check {shorten(one_line(kind), _SHOWN)!r}; {hint}"
    if not value and kind not in ("equals", "is-json"):
        return f"the check {kind!r} has no value"
    try:
        if kind.endswith(("-all", "-any")):
            texts = json.loads(value or "")
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                return f"the check {kind!r} needs a JSON list of texts"
        elif kind == "is-json" and value:
            _check_schema(value)
        elif kind == "regex":
            check_pattern(value or "")
    except (ValueError, RecursionError) as error:
        reason = shorten(one_line(str(error)), _SHOWN)
        return f"the value of the check {kind!r} cannot be used ({reason})"
    return None


@lru_cache(maxsize=256)
def _check_schema(text: str) -> None:
    schema = json.loads(text)
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        raise ValueError("a JSON schema is an object, true or false")
    check_schema(schema)


@dataclass(frozen=True)
class Checks:
    """A scorer: the share of an example's checks that an output passes, by weight.

    An example without checks is compared with its expected output; if it has none either, nothing
    can be wrong, and every output gets 1. Raises `NotScored` for a check that does not exist.

    Examples
    --------
    >>> from tinyarms.skills.checks import Checks
    >>> from tinyarms.skills.example import Example
    >>> required = {"icontains:red": 1.0, "not-contains:sorry": 1.0}
    >>> example = Example("e1", {}, "", "test", required=required)
    >>> Checks()(example, "A Red bridge"), Checks()(example, "sorry, a red one")
    (1.0, 0.5)
    """

    judge: Judge | None = None
    """Grades by a rubric; `None`: examples with a check `judge` cannot be scored."""

    def __call__(self, example: Example, output: str) -> float:
        checks = example.required or ({"equals": 1.0} if example.expected else {})
        passed = [w for entry, w in checks.items() if self._holds(entry, example, output)]
        return sum(passed) / sum(checks.values()) if checks else 1.0

    def explain(self, example: Example, output: str) -> str:
        """Which checks the output does not pass. Rubrics are not asked again."""
        failed = [
            shorten(one_line(entry), _SHOWN)
            for entry in example.required
            if grade_needed(split_entry(entry)[1]) is None
            and not self._holds(entry, example, output)
        ]
        return f"It does not pass {', '.join(failed)}." if failed else ""

    def _holds(self, entry: str, example: Example, output: str) -> bool:
        negated, kind, value = split_entry(entry)
        problem = _problem(kind, value)
        if problem is not None:
            raise NotScored(f"{problem[0].upper()}{problem[1:]}.")
        needed = grade_needed(kind)
        if needed is not None:
            if self.judge is None:
                raise NotScored("There is no judge model for the check 'judge'.")
            holds = self.judge(value or "", example, output) >= needed
        elif kind == "equals" and value is None:
            holds = _equals(output, example.expected)
        else:
            holds = _HOLDS[kind](output, value or "")
        return holds != negated


def asks_a_judge(example: Example) -> bool:
    """Whether one of the example's checks asks a model."""
    return bool(rubrics_of(example))


def rubrics_of(example: Example) -> list[str]:
    """The rubrics by which the example's checks ask a model, one call each."""
    entries = map(split_entry, example.required)
    return [value or "" for _, kind, value in entries if grade_needed(kind) is not None]


def grade_needed(kind: str) -> float | None:
    """The lowest grade, in [0, 1], at which a check by a rubric holds; `None`: it asks no judge."""
    name, at_least, grade = kind.partition(_AT_LEAST)
    if name != JUDGE:
        return None
    return _grade(grade) if at_least else _GOOD_GRADE


def _grade(text: str) -> float | None:
    try:
        grade = float(text)
    except ValueError:
        return None
    return grade if 0 <= grade <= 1 else None


def split_entry(entry: str) -> tuple[bool, str, str | None]:
    """Whether it is the opposite, its kind, and its value if it has one."""
    kind, colon, value = entry.removeprefix(_OPPOSITE).partition(":")
    return entry.startswith(_OPPOSITE), kind, value if colon else None
