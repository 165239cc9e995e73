"""Dataset rows of Langfuse, Phoenix, Opik, LangSmith and Braintrust."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from tinyarms.exchange.incoming.chat import answer_of, chat_inputs, turns_of
from tinyarms.exchange.incoming.records import Columns, Imported, Listed, Rewritten, Row
from tinyarms.exchange.incoming.registry import Format
from tinyarms.exchange.incoming.source import Source
from tinyarms.exchange.incoming.split_words import our_split, split_of
from tinyarms.exchange.incoming.table_files import peeked, sample_of, table_of
from tinyarms.exchange.incoming.table_rows import FORMAT as TABLE
from tinyarms.exchange.incoming.table_rows import read_table
from tinyarms.exchange.tables.json_text import json_cell
from tinyarms.exchange.tables.table import BrokenRow, Json, Table, as_text
from tinyarms.exchange.tables.table import Row as TableRow

_SURE = 0.9
_CHARACTERISTIC = 0.7
"""How surely rows are those of a tool, with its own keys or only with a form of its own."""


@dataclass(frozen=True)
class Service:
    """How a tool writes the rows of its datasets."""

    name: str
    input: str
    """The key with the inputs."""
    expected: str
    """The key with the right answer."""
    needed: frozenset[str]
    """Keys that all rows have."""
    own: frozenset[str]
    """Keys of which at least one is there, because only this tool writes them; empty: none."""
    id: str = "id"
    input_prefix: str = ""
    """Where it writes a column for each field: what the names of inputs begin with."""
    expected_prefix: str = ""


LANGFUSE_ITEMS = Service(
    "langfuse",
    "input",
    "expected_output",
    frozenset({"input", "expected_output"}),
    frozenset({"dataset_id", "dataset_name", "source_trace_id", "source_observation_id"}),
)
PHOENIX_ROWS = Service(
    "phoenix",
    "input",
    "output",
    frozenset({"example_id"}),
    frozenset({"output", "metadata"}),
    id="example_id",
    input_prefix="input_",
    expected_prefix="output_",
)
OPIK_ITEMS = Service(
    "opik",
    "input",
    "expected_output",
    frozenset({"source"}),
    frozenset({"expected_output", "data"}),
)
LANGSMITH_EXAMPLES = Service(
    "langsmith",
    "inputs",
    "outputs",
    frozenset({"inputs", "outputs"}),
    frozenset(),
)
BRAINTRUST_ROWS = Service(
    "braintrust",
    "input",
    "expected",
    frozenset({"input", "expected"}),
    frozenset({"_xact_id", "root_span_id", "span_id", "metadata", "tags"}),
)


def _recognises(service: Service, source: Source) -> float:
    found = peeked(source)
    if found is None or not found[1]:
        return 0.0
    keys = set(map(_snake, found[0].columns))
    if not service.needed <= keys:
        return 0.0
    prefix = service.expected_prefix
    if service.own & keys or (prefix and any(key.startswith(prefix) for key in keys)):
        return _SURE
    if service.own:
        return 0.0
    values = [json_cell(_fields(row.cells).get(service.input)) for row in found[1]]
    return _CHARACTERISTIC if all(isinstance(value, Mapping) for value in values) else 0.0


def _read(service: Service, source: Source, columns: Columns) -> Imported:
    """Read a tool's rows; with given columns, as those of any table. Raises `ImportRefused`."""
    if columns.are_given:
        return TABLE.read(source, columns)
    table = table_of(source, columns)
    sample = [_fields(row.cells) for row in sample_of(table)]
    if sample and not service.input_prefix and not any(service.input in row for row in sample):
        # Its rows have fields of any name.
        unwrapped = replace(table, read=partial(_unwrapped, table))
        return replace(read_table(unwrapped, source, columns), format=service.name)
    found = (json_cell(_fields(row.cells).get("metadata")) for row in sample_of(table))
    keys = {str(key) for metadata in found if isinstance(metadata, Mapping) for key in metadata}
    dropped = sorted(keys - {"split", "dataset_split"})
    notes = [f"Metadata that is not carried over: {', '.join(dropped)}."] if dropped else []
    return Imported(
        format=service.name,
        rows=partial(_rows, service, table),
        notes=(*table.remarks, *notes),
    )


def _unwrapped(table: Table) -> Iterator[TableRow | BrokenRow]:
    """The rows with the fields under `data` alone, and their ids."""
    for row in table.read():
        if isinstance(row, BrokenRow):
            yield row
            continue
        data = row.cells.get("data")
        cells = data if isinstance(data, Mapping) else row.cells
        yield replace(row, cells={"id": row.cells.get("id"), **cells})


def _format(service: Service) -> Format:
    return Format(service.name, partial(_recognises, service), partial(_read, service))


LANGFUSE = _format(LANGFUSE_ITEMS)
PHOENIX = _format(PHOENIX_ROWS)
OPIK = _format(OPIK_ITEMS)
LANGSMITH = _format(LANGSMITH_EXAMPLES)
BRAINTRUST = _format(BRAINTRUST_ROWS)


def _rows(service: Service, table: Table) -> Iterator[Row | Listed | Rewritten]:
    for row in table.read():
        place = table.place(row)
        if isinstance(row, BrokenRow):
            yield Listed(place, "the row", row.why, is_row=True)
            continue
        cells = _fields(row.cells)
        status = cells.get("status")
        if isinstance(status, str) and status.casefold() == "archived":
            yield Listed(place, "the row", "it is archived", is_row=True)
            continue
        splits = _splits(cells)
        if len(splits) > 1:
            kept = split_of(splits)
            why = f"an example is in one split here; it is in {kept}, the one held out most"
            yield Listed(place, f"the splits {', '.join(splits)}", why)
        inputs = {n: value for n, value in _inputs(service, cells).items() if value is not None}
        stored = _prefixed(cells, service.expected, service.expected_prefix)
        expected = answer_of(_without_quotes(stored, cells.get(service.input)))
        row_id = as_text(cells.get(service.id))
        yield Row(inputs, place, expected, split_of(splits), row_id or None)


def _fields(cells: Mapping[str, Json]) -> Mapping[str, Json]:
    """The fields of a row by their names in snake case; some answers of an API have them under
    `data`."""
    fields = {_snake(name): value for name, value in cells.items()}
    data = fields.get("data")
    return {**fields, **data} if isinstance(data, Mapping) else fields


@lru_cache(maxsize=10_000)
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _inputs(service: Service, cells: Mapping[str, Json]) -> Mapping[str, Json]:
    value = _called_with(_prefixed(cells, service.input, service.input_prefix))
    turns = turns_of(value)
    if turns:
        return chat_inputs(turns)
    if isinstance(value, Mapping):
        return {str(name): as_text(item) or "" for name, item in value.items()}
    return {"input": as_text(value)}


def _called_with(value: Json) -> Json:
    """The arguments alone, of a call as Langfuse's decorator `observe` writes it."""
    if not isinstance(value, Mapping) or value.keys() != {"args", "kwargs"}:
        return value
    args, named = value["args"], value["kwargs"]
    if not isinstance(args, list) or not isinstance(named, Mapping):
        return value
    if len(args) == 1 and not named:
        return args[0]
    numbered = [f"input_{n}" for n in range(1, len(args) + 1)] if len(args) > 1 else ["input"]
    return {**dict(zip(numbered, args, strict=False)), **named}


def _prefixed(cells: Mapping[str, Json], key: str, prefix: str) -> Json:
    """The value of a key, or the columns whose names begin with the prefix, as one object."""
    if key in cells or not prefix:
        return json_cell(cells.get(key))
    return {
        name[len(prefix) :]: json_cell(value)
        for name, value in cells.items()
        if name.startswith(prefix)
    }


def _without_quotes(expected: Json, given: Json) -> Json:
    """A text that a CSV holds as JSON, as it does its input; other texts may have quotes too."""
    is_json = isinstance(given, str) and given[:1] in ("{", "[", '"')
    if not is_json or not isinstance(expected, str) or expected[:1] != '"':
        return expected
    try:
        return json.loads(expected)
    except ValueError:
        return expected


def _splits(cells: Mapping[str, Json]) -> Sequence[str]:
    """The splits that a row names, in its own field, its metadata or its tags."""
    metadata = json_cell(cells.get("metadata"))
    found: list[Json] = [cells.get("split"), cells.get("splits")]
    if isinstance(metadata, Mapping):
        found += [metadata.get("split"), metadata.get("dataset_split")]
    words = [word for value in found for word in (value if isinstance(value, list) else [value])]
    named = [word for word in words if isinstance(word, str) and word]
    tags = json_cell(cells.get("tags"))
    texts = [tag for tag in (tags if isinstance(tags, list) else []) if isinstance(tag, str)]
    return named or [tag for tag in texts if our_split(tag) is not None]
