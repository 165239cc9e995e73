"""Evals of the repository: samples, and the registry file that names their class."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.openai_evals.forms import (
    CLASS,
    NAME,
    YAML,
    head_of,
    list_of,
    objects_of,
    turns_of,
)
from tinyarms.exchange.incoming.records import Check, FoundPrompt, Imported, Listed, Row, Turn
from tinyarms.exchange.incoming.source import Source
from tinyarms.exchange.incoming.yaml_text import YamlMap, read_yaml, typed
from tinyarms.exchange.tables.table import Json, as_text

_INPUT = "input"
_CHECK_OF_CLASS = {"Match": "starts-with", "Includes": "contains", "JsonMatch": "equals"}
"""Class of the repository → the check of its rows."""


@dataclass(frozen=True)
class _Eval:
    """An eval that a registry file names."""

    name: str
    kind: str
    """The class that runs it, e.g. `evals.elsuite.basic.match:Match`."""
    check: str | None
    """The check of its rows; `None`: there is none like it."""
    samples: tuple[Path, ...]
    """The files here that it may name; empty: it names none of them."""
    where: str


def read_repository(source: Source, rows: Sequence[Path]) -> Imported:
    """An eval of the repository: samples, and the registry file that names its class."""
    evals = list(_registered(source, rows))
    samples = list(dict.fromkeys(path for each in evals for path in each.samples)) or list(rows)
    if len(samples) != 1:
        names = ", ".join(source.place(path) for path in samples) or "none"
        raise ImportRefused(
            f"{source.path}: one file of samples can come in at a time, here are: {names}.",
            "Name the file.",
        )
    path = samples[0]
    listed = [
        Listed(source.place(other), "the samples", "no eval names them")
        for other in rows
        if other != path
    ]
    own = next((each for each in evals if path in each.samples), None)
    if own is not None and own.check is None:
        listed.append(Listed(own.where, f"the class {own.kind} of {own.name}", _NO_CLASS))
    for other in evals:
        if other is not own:
            why = (
                f"{own.name} is taken"
                if own and path in other.samples
                else "its samples are not here"
            )
            listed.append(Listed(other.where, f"the eval {other.name}", why))
    prompt = _common_turns(source, path)
    check = None if own is None else own.check

    def read() -> Iterator[Row | Listed]:
        for number, sample in objects_of(source, path):
            yield _sample_row(sample, prompt, check, source.place(path, number))

    found = FoundPrompt((*prompt, Turn("user", f"{{{{{_INPUT}}}}}")), source.place(path, 1))
    return Imported(NAME, read, prompts=(found,) if prompt else (), listed=tuple(listed))


def _registered(source: Source, rows: Sequence[Path]) -> Iterator[_Eval]:
    """The evals of the registry files."""
    for path in source.files:
        if path.suffix not in YAML or not CLASS.search(head_of(source, path)):
            continue
        registry = read_yaml(source.text(path), source.place(path))
        for key, entry in registry.items() if isinstance(registry, YamlMap) else ():
            if not isinstance(entry, YamlMap) or "class" not in entry:
                continue
            given = typed(entry.get("args"))
            args = given if isinstance(given, dict) else {}
            kind = str(entry["class"])
            check = _CHECK_OF_CLASS.get(kind.rpartition(":")[2])
            if check == "contains" and args.get("ignore_case"):
                check = "icontains"
            where = source.place(path, entry.line_of("class"))
            wanted = str(args.get("samples_jsonl") or "")
            yield _Eval(key, kind, check, _named(wanted, rows), where)


def _named(wanted: str, rows: Sequence[Path]) -> tuple[Path, ...]:
    """The files that a path in a registry may name, whose folders are elsewhere."""
    whole = tuple(path for path in rows if path.as_posix().endswith(f"/{wanted.lstrip('/')}"))
    by_name = tuple(path for path in rows if path.name == wanted.rpartition("/")[2])
    return (whole or by_name) if wanted else ()


_NO_CLASS = "it has no scorer here; outputs are compared with `ideal`"


def _common_turns(source: Source, path: Path) -> tuple[Turn, ...]:
    """The turns before the last one, if they are the same in all rows; else none."""
    common: tuple[Turn, ...] | None = None
    for _, sample in objects_of(source, path):
        turns = turns_of(sample.get("input"))
        before = tuple(turns[:-1]) if turns and turns[-1].role == "user" else ()
        if common is not None and before != common:
            return ()
        common = before
        if not common:
            return ()
    has_braces = any("{{" in turn.text for turn in common or ())
    return () if has_braces else common or ()


def _sample_row(
    sample: Mapping[str, Json], prompt: tuple[Turn, ...], check: str | None, where: str
) -> Row | Listed:
    given, ideal = sample.get("input"), sample.get("ideal")
    turns = turns_of(given)
    if turns is not None:
        shown = turns[-1:] if prompt else turns
        text: Json = "\n\n".join(turn.text for turn in shown)
    elif isinstance(given, str):
        text = given
    else:
        why = "its `input` is no text and no chat of texts"
        return Listed(where, "the row", why, is_row=True)
    answers = [answer for each in list_of(ideal) if (answer := as_text(each)) is not None]
    checks = tuple(_checks_of(check, answers, where))
    return Row({_INPUT: text}, where, answers[0] if answers else None, checks=checks)


def _checks_of(check: str | None, answers: Sequence[str], where: str) -> Iterator[Check]:
    """The check that an output passes if it fits one of the right answers."""
    if not answers or (check is None and len(answers) == 1):
        return
    if len(answers) == 1 and check is not None:
        yield Check(check, None if check == "equals" else answers[0], where=where)
    elif check in ("contains", "icontains"):
        yield Check(f"{check}-any", list(answers), where=where)
    else:
        pattern = "|".join(map(re.escape, answers))
        end = "" if check == "starts-with" else "$"
        yield Check("regex", f"^(?:{pattern}){end}", where=where)
