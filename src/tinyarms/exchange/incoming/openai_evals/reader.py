"""The format `openai-evals`: samples of the repository, and evals and runs of the platform."""

from __future__ import annotations

from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.openai_evals.forms import (
    CLASS,
    EVAL,
    ITEM,
    NAME,
    SAMPLE,
    YAML,
    head_of,
)
from tinyarms.exchange.incoming.openai_evals.platform import Platform
from tinyarms.exchange.incoming.openai_evals.repository import read_repository
from tinyarms.exchange.incoming.records import Columns, Imported
from tinyarms.exchange.incoming.registry import Format
from tinyarms.exchange.incoming.source import Source

_SUFFIXES = (*YAML, ".json", ".jsonl")


def _recognises(source: Source) -> float:
    heads = {path: head_of(source, path) for path in source.files[:200] if path.suffix in _SUFFIXES}
    top = {path: head for path, head in heads.items() if path.parent == source.root}
    if not any(_has_form(path, head) for path, head in top.items()):
        forms = [path for path, head in heads.items() if _has_form(path, head)]
        if len({path.parent for path in forms}) > 1:
            return 0.0  # a folder of many things
    rows = [head for path, head in heads.items() if path.suffix == ".jsonl"]
    if any(SAMPLE.match(head) for head in rows):
        return 0.95
    if any(EVAL.search(h) for p, h in heads.items() if p.suffix == ".json"):
        return 0.95
    if any(ITEM.match(head) for head in rows):
        return 0.9
    return 0.9 if any(CLASS.search(h) for p, h in heads.items() if p.suffix in YAML) else 0.0


def _has_form(path: Path, head: str) -> bool:
    if path.suffix == ".jsonl":
        return bool(ITEM.match(head) or SAMPLE.match(head))
    return path.suffix == ".json" and EVAL.search(head) is not None


def _read(source: Source, columns: Columns) -> Imported:
    if columns.are_given:
        raise ImportRefused("An eval names its fields itself.", "Leave out the columns.")
    rows = [path for path in source.files if path.suffix == ".jsonl"]
    items = [path for path in rows if ITEM.match(head_of(source, path))]
    if items or any(
        EVAL.search(head_of(source, path)) for path in source.files if path.suffix == ".json"
    ):
        return Platform(source, items).imported()
    return read_repository(source, rows)


FORMAT = Format(NAME, _recognises, _read)
