"""Examples: inputs with the expected output, and the split each belongs to for ever."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from tinyarms.core.errors import ExampleError
from tinyarms.core.ids import content_hash

Split = Literal["search", "selection", "test"]
Origin = Literal["gold", "collected"]


@dataclass(frozen=True)
class Example:
    """One example of a skill.

    `required` (word or `a|b` alternatives → weight) and `forbidden` are read by the
    `keywords` scorer; the other scorers read `expected` only.
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
    """The split of an example that declares none: by the hash of its inputs, so it never moves.

    30 % search, 20 % selection, 50 % test.
    """
    position = int(content_hash(dict(inputs))[:8], 16) / 0x1_0000_0000
    if position < 0.3:
        return "search"
    return "selection" if position < 0.5 else "test"


def parse_examples(lines: Iterable[str], inputs: tuple[str, ...], where: str) -> list[Example]:
    """Read JSONL. Every row needs `inputs` and `expected`; raises `ExampleError` with the line."""
    examples: list[Example] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        example = _parse_row(line, inputs, f"{where}, line {number}")
        if example.id in seen:
            raise ExampleError(
                f"{where}, line {number}: the id {example.id} stands twice.",
                "Give every example an id of its own, or none: then its inputs must be its own.",
            )
        seen.add(example.id)
        examples.append(example)
    if not examples:
        raise ExampleError(
            f"{where}: no examples in it.",
            'One JSON object a line: {"inputs": {…}, "expected": "…"}.',
        )
    return examples


def _parse_row(line: str, inputs: tuple[str, ...], where: str) -> Example:
    try:
        row: dict[str, Any] = json.loads(line)
        given = _texts(row["inputs"])
        expected = row["expected"]
        example = Example(
            id=str(row.get("id") or content_hash(given)[:16]),
            inputs=given,
            # Else a JSON value: in the form in which a `json_schema` contract gives outputs.
            expected=expected
            if isinstance(expected, str)
            else json.dumps(expected, ensure_ascii=False, sort_keys=True),
            split=row.get("split") or assign_split(given),
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
    if set(given) != set(inputs):
        raise ExampleError(
            f"{where}: its inputs are {', '.join(given) or 'none'}.",
            f"The skill's inputs are {', '.join(inputs)}.",
        )
    # In the order of the skill's inputs: a prompt without variables shows them as they come.
    return replace(example, inputs={name: given[name] for name in inputs})


def _texts(inputs: Any) -> dict[str, str]:
    for name, value in inputs.items():
        if not isinstance(value, str):
            raise TypeError(f"the input {name} is no text")
    return dict(inputs)


def _words(forbidden: Any) -> list[str]:
    if not isinstance(forbidden, list) or not all(isinstance(word, str) for word in forbidden):
        raise TypeError("forbidden is no list of words")
    return forbidden


def _weight(value: Any) -> float:
    weight = float(value)
    if not 0 < weight < math.inf:
        raise ValueError(f"{value!r} is no weight")
    return weight


def format_example(example: Example) -> str:
    """One JSONL row, without the line end."""
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
