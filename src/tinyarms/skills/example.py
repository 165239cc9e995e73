"""Examples: inputs with the expected output, each in a split that never changes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from tinyarms.core.errors import ExampleError
from tinyarms.core.ids import content_hash

Split = Literal["search", "selection", "test"]
"""Optimisers see `search` examples; `selection` chooses the finalists; gates read `test`."""
Origin = Literal["gold", "collected"]
"""`gold`: written by people; `collected`: from tasks."""


@dataclass(frozen=True)
class Example:
    """One example of a skill.

    Only the `keywords` scorer reads `required` (a word, or alternatives such as `a|b` → weight)
    and `forbidden`; the other scorers read `expected` only.
    """

    id: str
    """Its own id; the hash of its inputs if left out."""
    inputs: Mapping[str, str]
    """Every input of the skill and its text."""
    expected: str
    """The right output: text, or a JSON value for a `json_schema` contract."""
    split: Split
    """What it is used for: `search`, `selection` (of finalists) or `test` (the offline gate).
    Left out: chosen for ever by the hash of its inputs, 30, 20 and 50 %."""
    origin: Origin = "gold"
    """`gold`: written by a person. `collected`: made from a user's correction."""
    kind: str = ""
    """A kind of example; searches draw evenly from all kinds."""
    required: Mapping[str, float] = field(default_factory=dict)
    """Scorer `keywords`: words, or alternatives such as `card|visa`, and their weights."""
    forbidden: tuple[str, ...] = ()
    """Scorer `keywords`: words that an output must not have."""


def assign_split(inputs: Mapping[str, str]) -> Split:
    """The split of an example that declares none, by the hash of its inputs, so it never changes.

    On average 30 % of examples are for search, 20 % for selection and 50 % for test.

    Examples
    --------
    >>> from tinyarms.skills.example import assign_split
    >>> assign_split({"content": "A red bridge in fog"})
    'selection'
    """
    position = int(content_hash(dict(inputs))[:8], 16) / 0x1_0000_0000
    if position < 0.3:
        return "search"
    return "selection" if position < 0.5 else "test"


def parse_examples(lines: Iterable[str], inputs: tuple[str, ...], where: str) -> list[Example]:
    """Read examples in JSONL.

    Raises `ExampleError`, with the line, if a row is broken, has other inputs than the skill or an
    id that occurred before, or if there are no rows.

    Parameters
    ----------
    inputs
        The names of the skill's inputs; every row has exactly these.
    where
        The name of the file, for messages.

    Examples
    --------
    >>> from tinyarms.skills.example import parse_examples
    >>> row = '{"id": "e1", "inputs": {"text": "Lovely!"}, "expected": "good", "split": "test"}'
    >>> [example] = parse_examples([row], inputs=("text",), where="reviews.jsonl")
    >>> example.id, example.split, example.expected
    ('e1', 'test', 'good')
    >>> parse_examples([row, row], ("text",), "reviews.jsonl")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tinyarms.core.errors.ExampleError: reviews.jsonl, line 2: the id e1 occurs twice. ...
    """
    examples: list[Example] = []
    ids: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        example = _parse_row(line, inputs, f"{where}, line {number}")
        if example.id in ids:
            raise ExampleError(
                f"{where}, line {number}: the id {example.id} occurs twice.",
                "Give each example its own id; examples without ids must have different inputs.",
            )
        ids.add(example.id)
        examples.append(example)
    if not examples:
        raise ExampleError(
            f"{where}: there are no examples in it.",
            'Write one JSON object per line: {"inputs": {…}, "expected": "…"}.',
        )
    return examples


def line_of(lines: Iterable[str], inputs: tuple[str, ...], example_id: str) -> int | None:
    """The line, from 1, of the example with this id in a JSONL file; `None` if it is not there.

    Raises `ExampleError` for a broken row before it.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip() and _parse_row(line, inputs, f"line {number}").id == example_id:
            return number
    return None


def _parse_row(line: str, inputs: tuple[str, ...], where: str) -> Example:
    try:
        row: dict[str, Any] = json.loads(line)
        row_inputs = _texts(row["inputs"])
        expected = row["expected"]
        example = Example(
            id=str(row.get("id") or content_hash(row_inputs)[:16]),
            inputs=row_inputs,
            # A JSON value takes the form in which a `json_schema` contract gives outputs.
            expected=expected
            if isinstance(expected, str)
            else json.dumps(expected, ensure_ascii=False, sort_keys=True),
            split=row.get("split") or assign_split(row_inputs),
            origin=row.get("origin", "gold"),
            kind=str(row.get("kind", "")),
            required={k: _weight(v) for k, v in row.get("required", {}).items()},
            forbidden=tuple(_words(row.get("forbidden", []))),
        )
    except (json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ExampleError(
            f"{where}: not an example ({type(error).__name__}: {error}).",
            'Write {"inputs": {"name": "text"}, "expected": "text"}.',
        ) from error
    if example.split not in get_args(Split) or example.origin not in get_args(Origin):
        raise ExampleError(
            f"{where}: split {example.split!r} or origin {example.origin!r} is unknown.",
            f"Splits: {', '.join(get_args(Split))}; origins: {', '.join(get_args(Origin))}.",
        )
    if set(row_inputs) != set(inputs):
        raise ExampleError(
            f"{where}: its inputs are {', '.join(row_inputs) or 'none'}.",
            f"The skill's inputs are {', '.join(inputs)}.",
        )
    # In the order of the skill's inputs: a prompt without variables shows them in this order.
    return replace(example, inputs={name: row_inputs[name] for name in inputs})


def _texts(inputs: Any) -> dict[str, str]:
    for name, value in inputs.items():
        if not isinstance(value, str):
            raise TypeError(f"the input {name} is not text")
    return dict(inputs)


def _words(forbidden: Any) -> list[str]:
    if not isinstance(forbidden, list) or not all(isinstance(word, str) for word in forbidden):
        raise TypeError("forbidden is not a list of words")
    return forbidden


def _weight(value: Any) -> float:
    weight = float(value)
    if not 0 < weight < math.inf:
        raise ValueError(f"{value!r} is not a weight")
    return weight


def format_example(example: Example) -> str:
    """One JSONL row, without the line end: the inverse of `parse_examples`."""
    row: dict[str, Any] = {"id": example.id}
    if example.kind:
        row["kind"] = example.kind
    row |= {"inputs": dict(example.inputs), "expected": example.expected}
    if example.required:
        row["required"] = dict(example.required)
    if example.forbidden:
        row["forbidden"] = list(example.forbidden)
    row |= {"split": example.split, "origin": example.origin}
    return json.dumps(row, ensure_ascii=False)
