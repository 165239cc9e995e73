"""Prompts of Langfuse: texts and chats with versions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.core.text import shorten
from tinyarms.exchange.incoming.chat import turns_of
from tinyarms.exchange.incoming.placeholders import from_mustache
from tinyarms.exchange.incoming.records import (
    Columns,
    FoundPrompt,
    Imported,
    Listed,
    Rewritten,
    Turn,
)
from tinyarms.exchange.incoming.registry import Format
from tinyarms.exchange.incoming.source import Source
from tinyarms.exchange.incoming.yaml_text import YamlList, YamlMap, read_json, typed
from tinyarms.exchange.tables.table import Json

_REFERENCE = re.compile(r"@@@langfusePrompt:.*?@@@", re.DOTALL)
_FORM = re.compile(r'"prompt"\s*:\s*[\["]')
_HEAD_BYTES = 20_000
_IN_FORCE = ("production", "latest")
"""Labels of the version to take, the surest first; without one, the highest number is taken."""


def _files(source: Source) -> list[Path]:
    found = []
    for path in source.files:
        if path.suffix.lower() != ".json":
            continue
        head = source.head(path, _HEAD_BYTES)
        if _FORM.search(head) and '"name"' in head and '"version"' in head:
            found.append(path)
    return found


def recognises(source: Source) -> float:
    """Whether a file has prompts with versions."""
    return 0.8 if _files(source) else 0.0


def read(source: Source, columns: Columns) -> Imported:
    """Read the prompts of each file, of each name the version in production.

    Raises `ImportRefused`.
    """
    prompts: list[FoundPrompt] = []
    listed: list[Listed] = []
    rewritten: list[Rewritten] = []
    for path in _files(source):
        where = source.place(path)
        for stored in _in_force(_stored(read_json(source.text(path), where), where), listed):
            turns = _turns(stored, listed, rewritten)
            if turns:
                prompts.append(FoundPrompt(turns, stored.where, stored.name))
    if not prompts:
        reason = f" {listed[0].where}: {listed[0].what}: {listed[0].why}." if listed else ""
        raise ImportRefused(f"{source.path}: no prompt of it can be used.{reason}")
    return Imported(
        format="langfuse-prompts",
        rows=lambda: iter(()),
        prompts=tuple(prompts),
        listed=tuple(listed),
        rewritten=tuple(rewritten),
    )


FORMAT = Format("langfuse-prompts", recognises, read)


@dataclass(frozen=True)
class _Stored:
    """One version of a prompt."""

    name: str
    version: int
    labels: tuple[str, ...]
    content: YamlMap
    where: str
    file: str


def _stored(document: Json, file: str) -> Iterator[_Stored]:
    items = document.get("data", document) if isinstance(document, YamlMap) else document
    for item in items if isinstance(items, YamlList) else [items]:
        if not isinstance(item, YamlMap) or "prompt" not in item:
            continue
        version, labels = typed(item.get("version")), item.get("labels")
        yield _Stored(
            str(item.get("name") or ""),
            version if isinstance(version, int) else 0,
            tuple(map(str, labels)) if isinstance(labels, list) else (),
            item,
            f"{file}, line {item.line}",
            file,
        )


def _in_force(stored: Iterator[_Stored], listed: list[Listed]) -> list[_Stored]:
    """Of each name the version to take; the others are listed."""
    by_name: dict[str, list[_Stored]] = {}
    for each in stored:
        by_name.setdefault(each.name, []).append(each)
    chosen = []
    for versions in by_name.values():
        taken = _version_in_force(versions)
        chosen.append(taken)
        listed += [
            Listed(
                each.where,
                f"{each.name}, version {each.version}",
                f"version {taken.version} is taken",
            )
            for each in versions
            if each is not taken
        ]
    return chosen


def _version_in_force(versions: Sequence[_Stored]) -> _Stored:
    for label in _IN_FORCE:
        for each in versions:
            if label in each.labels:
                return each
    return max(versions, key=lambda each: each.version)


def _turns(stored: _Stored, listed: list[Listed], rewritten: list[Rewritten]) -> tuple[Turn, ...]:
    """The turns of a prompt; none if it cannot be carried over."""
    content = stored.content["prompt"]
    config = stored.content.get("config")
    if config:
        place = f"{stored.file}, line {stored.content.line_of('config')}"
        keys = ", ".join(map(str, config)) if isinstance(config, YamlMap) else "config"
        listed.append(Listed(place, f"config ({keys})", "a model's settings are in config.yaml"))
    if isinstance(content, str):
        line = stored.content.line_of("prompt")
        text = _text(str(content), f"{stored.file}, line {line}", listed, rewritten)
        return () if text is None else (Turn("user", text),)
    turns: list[Turn] = []
    lines = content.lines if isinstance(content, YamlList) else []
    for message, line in zip(content if lines else (), lines, strict=True):
        place = f"{stored.file}, line {line}"
        if isinstance(message, YamlMap) and message.get("type") == "placeholder":
            what = f"the message placeholder {message.get('name')}"
            listed.append(Listed(place, what, "a prompt has no earlier messages here"))
            continue
        turn = (turns_of([typed(message)]) or (None,))[0]
        text = None if turn is None else _text(turn.text, place, listed, rewritten)
        if turn is None or text is None:
            if turn is None:
                listed.append(Listed(place, "the message", "its role or content is not known"))
            return ()
        turns.append(Turn(turn.role, text))
    return tuple(turns)


def _text(text: str, where: str, listed: list[Listed], rewritten: list[Rewritten]) -> str | None:
    """A text with this tool's placeholders; `None` if it cannot be carried over."""
    reference = _REFERENCE.search(text)
    if reference is not None:
        what = shorten(reference.group(), 100)
        listed.append(Listed(where, what, "a prompt cannot include another one here"))
        return None
    template = from_mustache(text, where)
    listed += template.listed
    if template.listed:
        return None
    rewritten += template.rewritten
    return template.text
