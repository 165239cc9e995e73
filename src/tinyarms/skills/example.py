"""Examples: inputs with the expected output, each in a split that never changes."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from typing import Any, Literal, NamedTuple, get_args

from tinyarms.core.errors import ContractViolation, ExampleError
from tinyarms.core.ids import content_hash
from tinyarms.core.json_words import RefusedJson, json_problem, no_constant
from tinyarms.core.text import counted, one_line, shorten
from tinyarms.skills.comparison import closest_label
from tinyarms.skills.contract import Contract
from tinyarms.skills.picture import identities

MAX_ROW_CHARACTERS = 1_000_000
"""Most characters of a row of an examples file. Higher: longer inputs, if a model accepts them."""
_FORM = 'Write {"inputs": {"name": "text"}, "expected": "text"}.'
_SURROGATE = "\\ud"
"""Begins the escape of each half of a surrogate pair in JSON, in lower case."""
_OWN_IDS = "Give each example its own id."

Split = Literal["search", "selection", "test"]
"""Optimisers see `search` examples; `selection` chooses the finalists; gates read `test`."""
Origin = Literal["gold", "collected"]
"""`gold`: written or reviewed by people; `collected`: from users' corrections, not reviewed."""


@dataclass(frozen=True)
class Example:
    """One example of a skill.

    Only the scorers `keywords` and `checks` read `required`, and only `keywords` reads `forbidden`;
    the other scorers read `expected` only.
    """

    id: str
    """Its own id; the hash of its inputs if left out."""
    inputs: Mapping[str, str]
    """The name of each input of the skill and its text."""
    expected: str
    """The right output: text, or a JSON value for a `json_schema` contract."""
    split: Split
    """What it is used for: `search`, `selection` (of finalists) or `test` (the offline gate). Left
    out: chosen permanently by the hash of its inputs (30, 20 and 50 %)."""
    origin: Origin = "gold"
    """`gold`: written or reviewed by a person. `collected`: made from a user's correction; its
    split is always `search`, so searches may read it and gates never do."""
    kind: str = ""
    """A kind of example; searches draw evenly from all kinds."""
    required: Mapping[str, float] = field(default_factory=dict)
    """Scorer `keywords`: words, or alternatives such as `card|visa`, and their weights. Scorer
    `checks`: checks such as `icontains:visa` or `not-regex:^Sure`, and their weights."""
    forbidden: tuple[str, ...] = ()
    """Scorer `keywords`: words that an output must not have."""
    user: str = field(default="", compare=False)
    """Hash of the user whose correction it is (`tinyarms.core.ids.user_hash`); empty: nobody's. It
    is not part of a row."""


def remembered(
    examples: Sequence[Example], last_split: Literal["search", "selection"]
) -> list[Example]:
    """The examples that a memory may hold: gold ones, never of the split `test`.

    `last_split`: `search` while a search runs; `selection` once its finalists are chosen.
    """
    splits = ("search",) if last_split == "search" else ("search", "selection")
    return [e for e in examples if e.origin == "gold" and e.split in splits]


def id_of_inputs(inputs: Mapping[str, str]) -> str:
    """The id of an example that declares none: 16 hexadecimal characters."""
    return content_hash(identities(inputs))[:16]


def assign_split(
    inputs: Mapping[str, str], *, search: float = 0.3, selection: float = 0.2
) -> Split:
    """The split of an example that declares none, by the hash of its inputs, so it never changes.

    `search`, `selection`: the shares of examples on average; the others are for test.

    Examples
    --------
    >>> from tinyarms.skills.example import assign_split
    >>> assign_split({"content": "A red bridge in fog"})
    'selection'
    """
    position = int(content_hash(identities(inputs))[:8], 16) / 0x1_0000_0000
    if position < search:
        return "search"
    return "selection" if position < search + selection else "test"


def parse_examples(
    lines: Iterable[str],
    inputs: tuple[str, ...],
    where: str,
    contract: Contract | None = None,
    *,
    may_be_empty: bool = True,
    read_inputs: ReadInputs | None = None,
) -> list[Example]:
    """Read examples in JSONL.

    Raises `ExampleError`, with the line number, if a row is broken, does not have the skill's
    inputs, has an answer that breaks the contract or an id that occurred before, or if there are no
    rows. A row without an id whose inputs occurred before gets a new id.

    Parameters
    ----------
    inputs
        The names of the skill's inputs, in their order.
    where
        The name of the file, for messages.
    contract
        The contract of expected outputs; `None`: any text is allowed.
    may_be_empty
        Whether an expected output may be empty because the scorer does not read it.
    read_inputs
        Checks the inputs of a row, and gives them in the form in which they are kept. `None`: every
        row has exactly `inputs`, all of them texts.

    Examples
    --------
    >>> from tinyarms.skills.contract import Labels
    >>> from tinyarms.skills.example import parse_examples
    >>> row = '{"id": "e1", "inputs": {"text": "Lovely!"}, "expected": "good", "split": "test"}'
    >>> [example] = parse_examples([row], inputs=("text",), where="reviews.jsonl")
    >>> example.id, example.split, example.expected
    ('e1', 'test', 'good')
    >>> parse_examples([row, row], ("text",), "reviews.jsonl")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tinyarms.core.errors.ExampleError: reviews.jsonl, line 2: the id e1 occurs twice. ...
    >>> parse_examples([row], ("text",), "reviews.jsonl", Labels(("goods", "bads")))
    Traceback (most recent call last):
    tinyarms.core.errors.ExampleError: reviews.jsonl, line 1: 'good' is none of: goods, bads. Did \
you mean 'goods'?
    """
    examples: list[Example] = []
    wrong: list[ExampleError] = []
    rows = numbered_rows(
        lines, inputs, where, contract, may_be_empty=may_be_empty, read_inputs=read_inputs
    )
    for _, found, _ in rows:
        if isinstance(found, Example):
            examples.append(found)
        elif isinstance(found, WrongAnswer):
            wrong.append(found)
        else:
            raise found
    if wrong:
        raise _all_of(wrong)
    if not examples:
        raise ExampleError(
            f"{where}: there are no examples in it.",
            'Write one JSON object per line: {"inputs": {…}, "expected": "…"}.',
        )
    return examples


class NumberedRow(NamedTuple):
    """A row of an examples file."""

    line: int
    """Its line, from 1."""
    found: Example | ExampleError
    """The example, or why it cannot be used."""
    written: object
    """Its answer as the file has it; `None` if it cannot be read."""


def numbered_rows(
    lines: Iterable[str],
    inputs: tuple[str, ...],
    where: str,
    contract: Contract | None = None,
    *,
    may_be_empty: bool = True,
    read_inputs: ReadInputs | None = None,
) -> Iterator[NumberedRow]:
    """Each row with its line. The parameters are those of `parse_examples`."""
    ids: set[str] = set()
    # Most examples of a skill with labels have the same few answers.
    parse = _unchanged if contract is None else cache(contract.parse)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"{where}, line {number}"
        row: Mapping[str, Any] = {}
        try:
            row = read_row(line, place)
            example = _example(row, inputs, place, contract, parse, may_be_empty, read_inputs)
            if not row.get("id") and example.id in ids:
                example = replace(example, id=_unused(example.id, ids))
            if example.id in ids:
                raise ExampleError(f"{place}: the id {example.id} occurs twice.", _OWN_IDS)
        except ExampleError as error:
            yield NumberedRow(number, error, row.get("expected"))
        else:
            ids.add(example.id)
            yield NumberedRow(number, example, row.get("expected"))


def line_of(lines: Sequence[str], examples: Sequence[Example], example_id: str) -> int | None:
    """The line number, from 1, of the example with this id in a JSONL file; `None` if absent.

    `examples`: those that `parse_examples` read from the lines.
    """
    numbers = [number for number, line in enumerate(lines, start=1) if line.strip()]
    found = zip(numbers, examples, strict=True)
    return next((number for number, example in found if example.id == example_id), None)


ReadInputs = Callable[[Mapping[str, str], str], Mapping[str, str]]
"""From the inputs of a row, and a name of the row's place, to the inputs in the form in which they
are kept. Raises `ExampleError`."""
_Parse = Callable[[str], str]
"""From an answer to its canonical form. Raises `ContractViolation`."""


def _unchanged(text: str) -> str:
    return text


class WrongAnswer(ExampleError):
    """The skill could not give the expected output of a row."""


def _all_of(wrong: Sequence[ExampleError]) -> ExampleError:
    """The first error, with the number of the others in its hint."""
    others = counted(len(wrong) - 1, "more row")
    more = f"The same is wrong in {others}." if len(wrong) > 1 else ""
    return ExampleError(wrong[0].message, f"{wrong[0].hint} {more}".strip())


def _unused(id: str, ids: Collection[str]) -> str:
    """The id, or the first of `id-2`, `id-3` … that is not in use."""
    if id not in ids:
        return id
    return next(f"{id}-{n}" for n in count(2) if f"{id}-{n}" not in ids)


def read_row(line: str, where: str) -> dict[str, Any]:
    """One line of JSONL as a mapping. Raises `ExampleError`, which begins with `where`."""
    if len(line) > MAX_ROW_CHARACTERS:
        raise ExampleError(
            f"{where}: the row has {len(line):,} characters.",
            f"At most {MAX_ROW_CHARACTERS:,} are read; shorten its inputs.",
        )
    try:
        row = json.loads(line, object_pairs_hook=without_repeats, parse_constant=no_constant)
        line.encode()
        if _SURROGATE in line.lower():
            json.dumps(row, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ExampleError(f"{where}: its brackets are nested too deeply.", _FORM) from error
    except UnicodeEncodeError as error:
        raise ExampleError(
            f"{where}: it has half of a surrogate pair, which is no character.", "Remove it."
        ) from error
    except json.JSONDecodeError as error:
        # Its own "line 1" would contradict the file's line in `where`.
        raise ExampleError(f"{where}: not an example ({json_problem(error)}).", _FORM) from error
    except RefusedJson as error:
        raise ExampleError(f"{where}: not an example ({error}).", _FORM) from error
    except ValueError as error:
        what = "a number has thousands of digits"
        raise ExampleError(f"{where}: not an example ({what}).", _FORM) from error
    if not isinstance(row, dict):
        raise ExampleError(f"{where}: not an example, but {shorten(line.strip(), 40)}.", _FORM)
    return row


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs: an `object_pairs_hook`. Raises `RefusedJson` for a key twice.

    Examples
    --------
    >>> import json
    >>> from tinyarms.core.json_words import RefusedJson
    >>> from tinyarms.skills.example import without_repeats
    >>> try:
    ...     json.loads('{"a": 1, "b": 2, "a": 3}', object_pairs_hook=without_repeats)
    ... except RefusedJson as error:
    ...     print(error)
    the key 'a' occurs twice in one object
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        [(repeated, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise RefusedJson(f"the key {shorten(repeated, 40)!r} occurs twice in one object")
    return found


class _WrongRow(RefusedJson):
    """Says in our words what is wrong with a row."""


def _example(
    row: Mapping[str, Any],
    inputs: tuple[str, ...],
    where: str,
    contract: Contract | None,
    parse: _Parse,
    may_be_empty: bool,
    read_inputs: ReadInputs | None,
) -> Example:
    read = _exactly(inputs) if read_inputs is None else read_inputs
    try:
        row_inputs = read(_texts(row["inputs"]), where)
        expected = row["expected"]
        origin = row.get("origin", "gold")
        example = Example(
            id=str(row.get("id") or id_of_inputs(row_inputs)),
            inputs=row_inputs,
            expected="",
            split=_split(row.get("split"), origin, row_inputs),
            origin=origin,
            kind=str(row.get("kind", "")),
            required=_weights(row.get("required", {})),
            forbidden=tuple(_words(row.get("forbidden", []))),
        )
    except KeyError as error:
        raise ExampleError(f"{where}: not an example ({error} is missing).", _FORM) from error
    except _WrongRow as error:
        raise ExampleError(f"{where}: not an example ({error}).", _FORM) from error
    if example.split not in get_args(Split) or example.origin not in get_args(Origin):
        raise ExampleError(
            f"{where}: split {_shown(example.split)} or origin {_shown(example.origin)} is "
            "unknown.",
            f"Splits: {', '.join(get_args(Split))}; origins: {', '.join(get_args(Origin))}.",
        )
    return replace(
        example,
        # In the order of the skill's inputs: a prompt without variables shows them in this order.
        inputs={name: row_inputs[name] for name in inputs if name in row_inputs},
        expected=_answer(expected, where, contract, parse, may_be_empty or bool(example.required)),
    )


def _exactly(names: Sequence[str]) -> ReadInputs:
    def read(inputs: Mapping[str, str], where: str) -> Mapping[str, str]:
        if set(inputs) != set(names):
            raise wrong_inputs(inputs, where, ", ".join(names))
        return inputs

    return read


def wrong_inputs(inputs: Collection[str], where: str, names: str) -> ExampleError:
    """The error for a row that does not have the skill's inputs, which are `names`."""
    return ExampleError(
        f"{where}: its inputs are {', '.join(inputs) or 'none'}.",
        f"The skill's inputs are {names}.",
    )


def _split(declared: Any, origin: Any, inputs: Mapping[str, str]) -> Any:
    """Collected examples are always for searches, whatever the row says: gates read only gold."""
    if origin == "collected" and declared in (None, *get_args(Split)):
        return "search"
    return declared or assign_split(inputs)


def _answer(
    value: Any, where: str, contract: Contract | None, parse: _Parse, may_be_empty: bool
) -> str:
    """The expected output in the contract's canonical form. Raises `WrongAnswer`.

    `parse`: what the contract makes of a text.
    """
    if value == "" and may_be_empty:
        return ""
    is_text = isinstance(value, str)
    written = value if is_text else json.dumps(value, ensure_ascii=False, sort_keys=True)
    if contract is None:
        return str(written)
    if contract.kind != "json_schema" and not is_text:
        hint = f"Write {json.dumps(written)}." if isinstance(value, int | float) else _FORM
        if value is None:
            hint = "Write the right answer, or remove the row."
        found = shorten(written, 60)
        raise WrongAnswer(f"{where}: the expected output is {found}, which is no text.", hint)
    try:
        return parse(written)
    except ContractViolation as error:
        if contract.kind == "json_schema" and is_text:
            with suppress(ContractViolation):  # the JSON value is itself a text
                return parse(json.dumps(value, ensure_ascii=False))
        close = closest_label(written, contract.labels)
        hint = contract.wording() if close is None else f"Did you mean {close!r}?"
        raise WrongAnswer(f"{where}: {error.message}", hint) from error
    except RecursionError as error:
        raise WrongAnswer(f"{where}: its brackets are nested too deeply.", _FORM) from error


def _texts(inputs: Any) -> dict[str, str]:
    if not isinstance(inputs, dict):
        raise _WrongRow(f"inputs is {_shown(inputs)}, and no mapping of names to texts")
    for name, value in inputs.items():
        if not isinstance(value, str):
            raise _WrongRow(f"the input {name} is not text")
    return dict(inputs)


def _words(forbidden: Any) -> list[str]:
    if not isinstance(forbidden, list) or not all(isinstance(word, str) for word in forbidden):
        raise _WrongRow("forbidden is not a list of words")
    return forbidden


def _weights(required: Any) -> dict[str, float]:
    if not isinstance(required, dict):
        raise _WrongRow("required is not a mapping of words to weights")
    return {word: _weight(word, value) for word, value in required.items()}


def _weight(word: str, value: Any) -> float:
    try:
        weight = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        weight = math.nan
    if not 0 < weight < math.inf:
        raise _WrongRow(f"required: {_shown(value)} is not a weight for {shorten(word, 40)!r}")
    return weight


def _shown(value: Any) -> str:
    """A value of a row, for a message."""
    if isinstance(value, str):
        return f"'{shorten(one_line(value), 40)}'"
    return shorten(json.dumps(value, ensure_ascii=False), 40)


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
