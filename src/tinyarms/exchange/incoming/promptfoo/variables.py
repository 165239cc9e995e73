"""The variables of a promptfoo test: from mappings, files and globs; lists multiply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.promptfoo.parts import Part
from tinyarms.exchange.incoming.promptfoo.references import kind_of, path_of
from tinyarms.exchange.incoming.source import Source, is_file
from tinyarms.exchange.incoming.templates import MOST_CHARACTERS, Unfilled, filled, flat
from tinyarms.exchange.incoming.yaml_text import YamlMap
from tinyarms.exchange.tables.table import Json

MAX_COMBINATIONS = 100_000
"""Most rows that the lists of one test may multiply to."""
_STRUCTURED = (".json", ".yaml", ".yml")
_NO_TEXT = (".pdf", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".mp3", ".wav", ".mp4", ".zip")


def variables(part: Part | None) -> dict[str, Part]:
    """The variables of `vars:`: a mapping, or files that have one. Raises `ImportRefused`."""
    if part is None:
        return {}
    if part.is_map:
        return dict(part.items())
    found: dict[str, Part] = {}
    for each in part.each():
        for path in _paths(each):
            root = each.files.root(path)
            if not root.is_map:
                raise ImportRefused(f"{root.where}: must be a mapping of variables.")
            found |= dict(root.items())
    return found


def _paths(part: Part) -> list[Path]:
    """The files of a text that is a path or a glob."""
    source = part.files.source
    if kind_of(part.text, bare_files=("",)) == "glob":
        return source.matching(path_of(part.text), part.folder, part.where)
    return [source.find(path_of(part.text), part.folder, part.where)]


def combinations(
    given: Mapping[str, Part], base: Path, *, multiply: bool = True
) -> Iterator[dict[str, Json]]:
    """The values of the variables, one mapping for each row: lists multiply.

    `base`: the folder of the config, where paths of variables begin. Raises `ImportRefused` for too
    many rows and for files that cannot be read, and `Unfilled` for what needs code.
    """
    choices = {name: _choices(part, base, multiply) for name, part in given.items()}
    n = prod(len(values) for values in choices.values())
    if n > MAX_COMBINATIONS:
        first = next(iter(given.values()))
        raise ImportRefused(
            f"{first.where}: its lists multiply to {n:,} rows.",
            f"At most {MAX_COMBINATIONS:,} are made of one test.",
        )
    for values in product(*choices.values()):
        yield dict(zip(choices, values, strict=True))


def settled(values: Mapping[str, Json]) -> dict[str, Json]:
    """The values by flat names, with those filled in that refer to others.

    Raises `Unfilled`, also if they become too long together.
    """
    found = flat(values)
    made: dict[str, Json] = {}
    length = 0
    for name, value in found.items():
        made[name] = filled(str(value), found) if isinstance(value, str) else value
        length += len(made[name]) if isinstance(value, str) else 0
        if length > MOST_CHARACTERS:
            raise Unfilled(f"it has more than {MOST_CHARACTERS:,} characters")
    return made


def _choices(part: Part, base: Path, multiply: bool) -> list[Json]:
    if part.is_list and multiply:
        return [value for each in part.each() for value in _choices(each, base, False)]
    if not isinstance(part.value, str):
        return [part.value]
    kind = kind_of(part.text) if part.text.startswith("file://") else "text"
    if kind == "code":
        raise Unfilled(f"a variable is made by code ({part.text.strip()}), which is not run")
    if kind == "text":
        return [part.value]
    source = part.files.source
    if kind == "glob":
        paths = source.matching(path_of(part.text), base, part.where)
        if not paths:
            raise ImportRefused(f"{part.where}: no file matches {part.text}.", "Correct it.")
    else:
        paths = [_found(source, part, base)]
    return [_content(part, path) for path in paths]


def _found(source: Source, part: Part, base: Path) -> Path:
    """The file, from the folder of the config, else from that of the test."""
    path = source.below(path_of(part.text), base, part.where)
    if is_file(path) or part.folder == base:
        return source.find(path_of(part.text), base, part.where)
    return source.find(path_of(part.text), part.folder, part.where)


def _content(part: Part, path: Path) -> Json:
    source = part.files.source
    if path.suffix.lower() in _NO_TEXT:
        raise Unfilled(f"a variable is the file {path.name}, which is no text")
    if path.suffix in _STRUCTURED:
        value = part.files.root(path).value
        return value if isinstance(value, str | YamlMap) else source.text(path).strip()
    return source.text(path).strip()
