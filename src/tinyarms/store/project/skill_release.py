"""Write a skill's release into `config.yaml`; no other lines change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tinyarms.core.errors import ConfigError, StoreError
from tinyarms.core.yaml_nodes import MERGE, Node, after_colon, end_of_line, read_nodes
from tinyarms.release.plan import ConfigKeys
from tinyarms.store.project.files import read_text, write_atomically
from tinyarms.store.project.yaml_edit import yaml_problem

_HISTORY = "evolution_history"
_BOM = "\ufeff"


def set_skill_release(path: Path, skill: str, keys: ConfigKeys) -> None:
    """Write the keys of a skill's release. Safe to repeat.

    Raises the errors of `with_skill_release`, and `StoreError` if the file cannot be written.
    """
    text = read_text(path, keep_mark=True)
    edited = with_skill_release(text, skill, keys, str(path))
    if edited != text:
        write_atomically(path, edited)


def with_skill_release(text: str, skill: str, keys: ConfigKeys, where: str) -> str:
    """The text of `config.yaml` with the release; every other character stays as it was.

    If the skill shares its YAML with another one, by an alias or a merge key, the shared part stays
    and the skill gets separate keys. The result is parsed again to check that only this skill has
    changed. Raises `ConfigError` if the file is broken or has no such skill, and `StoreError` if
    the keys cannot be written without changing something else.
    """
    mark = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    try:
        root, data = read_nodes(text), _read(text)
    except YAMLError as error:
        raise yaml_problem(error, where) from error
    if root is None or not isinstance(data, dict):
        raise ConfigError(f"{where}: must be a mapping of keys to values.")
    declared = data.get("skills")
    place = _place_of(root, skill)
    if not isinstance(declared, dict) or not isinstance(declared.get(skill), dict) or not place:
        raise ConfigError(f"{where}: there is no skills.{skill}.", "Add the skill again.")
    values = _values(keys)
    wanted = {**declared, skill: {**declared[skill], **values}}
    for edit in (_in_place, _beside):
        try:
            edited = edit(text, place, declared[skill], values)
            after = _read(edited)
        except (YAMLError, ValueError):
            continue
        if after["skills"] == wanted and after.get("models") == data.get("models"):
            return mark + edited
    raise StoreError(
        f"{where}: skills.{skill} cannot be changed without changing something else.",
        f"Write two lines of its own below skills.{skill}: "
        f"prompt_template: {declared[skill].get('prompt_template')} and "
        f"prompt_version: {declared[skill].get('prompt_version', 1)}",
    )


def _values(keys: ConfigKeys) -> dict[str, Any]:
    """The keys and their values, as a YAML reader returns them."""
    history = [
        {key: value for key, value in asdict(entry).items() if value is not None}
        for entry in keys.evolution_history
    ]
    return {**vars(keys), _HISTORY: history}


def _read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@dataclass(frozen=True)
class _Place:
    """The location and style of a skill in the file."""

    key: Node
    value: Node
    in_flow: bool
    """Whether the mapping of the skills is in flow style (braces)."""
    step: int
    """Columns by which the file indents a mapping."""
    dash: int
    """Columns by which the file indents the dashes of a list."""


def _place_of(root: Node, skill: str) -> _Place | None:
    pair = root.pair("skills")
    if pair is None:
        return None
    found = _search(pair[1].resolved, skill)
    if found is None:
        return None
    holder, (key, value) = found
    step = value.pairs[0][0].column - key.column if value.pairs and not value.flow else 0
    dashes = _dashes(root)
    return _Place(key, value, holder.flow, step if step > 0 else 2, 2 if dashes is None else dashes)


def _search(skills: Node, skill: str) -> tuple[Node, tuple[Node, Node]] | None:
    """The mapping that contains the skill's key, and the key with its value."""
    pair = skills.pair(skill)
    if pair is not None:
        return skills, pair
    for key, value in skills.pairs:
        if key.value == MERGE:
            for lender in value.resolved.items or [value]:
                found = _search(lender.resolved, skill)
                if found is not None:
                    return found
    return None


def _dashes(node: Node) -> int | None:
    """Indent, in columns, of the first list in block style; `None` without one."""
    for key, value in node.pairs:
        if value.kind == "sequence" and not value.flow and value.items:
            return value.column - key.column
        inner = _dashes(value)
        if inner is not None:
            return inner
    return None


class _Edits:
    """Changes of a text, ordered by position."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.line_break = "\r\n" if "\r\n" in text else "\n"
        self._changes: list[tuple[int, int, str]] = []

    def replace(self, start: int, end: int, new: str) -> None:
        self._changes.append((start, end, new))

    def add_lines(self, position: int, lines: Sequence[str]) -> None:
        """Add lines below the line that contains this position."""
        end = end_of_line(self.text, position)
        self.replace(end, end, "".join(f"{self.line_break}{line}" for line in lines))

    def result(self) -> str:
        parts, done = [], 0
        for start, end, new in sorted(self._changes, key=lambda change: change[:2]):
            parts += [self.text[done:start], new]
            done = end
        return "".join([*parts, self.text[done:]])


def _in_place(
    text: str, place: _Place, current: Mapping[str, Any], values: Mapping[str, Any]
) -> str:
    """Change the skill's own mapping. Raises `ValueError` if it has none."""
    node = place.value
    if node.kind != "mapping" or not node.pairs:
        raise ValueError("no mapping of its own")
    edits = _Edits(text)
    merge = node.pair(MERGE)
    previous = merge[1].end if merge else None
    for key, value in values.items():
        pair = node.pair(key)
        if pair is None and node.flow:
            _add_in_flow(edits, node, previous, key, value)
        elif pair is None:
            _add_in_block(edits, node, previous, key, value, place)
        elif current.get(key, ...) != value:
            _replace_value(edits, pair, node.flow, current.get(key), value, place)
        previous = pair[1].end if pair is not None else previous
    return edits.result()


def _add_in_flow(edits: _Edits, node: Node, previous: int | None, key: str, value: Any) -> None:
    written = f"{key}: {_flow(value)}"
    if previous is None:
        start = node.pairs[0][0].start
        edits.replace(start, start, f"{written}, ")
    else:
        edits.replace(previous, previous, f", {written}")


def _add_in_block(
    edits: _Edits, node: Node, previous: int | None, key: str, value: Any, place: _Place
) -> None:
    first = node.pairs[0][0]
    lines = _lines(key, value, first.column, place)
    if previous is None:
        start = first.start - first.column
        edits.replace(start, start, "".join(f"{line}{edits.line_break}" for line in lines))
    else:
        edits.add_lines(previous, lines)


def _replace_value(
    edits: _Edits, pair: tuple[Node, Node], in_flow: bool, current: Any, value: Any, place: _Place
) -> None:
    key, old = pair
    colon = after_colon(edits.text, key)
    if not isinstance(value, list) or in_flow:
        quote = edits.text[old.start : old.start + 1]
        written = _flow(value)
        if isinstance(value, str) and quote in ("'", '"') and written[0] != '"':
            written = f"{quote}{written}{quote}"
        empty = old.end <= colon
        edits.replace(max(old.start, colon), max(old.end, colon), f" {written}"[not empty :])
    elif not _change_list(edits, old, current, value):
        lines = _lines(_HISTORY, value, key.column, place)[1:]
        if "\n" in edits.text[colon : old.start]:
            edits.replace(end_of_line(edits.text, colon), end_of_line(edits.text, old.end), "")
        else:
            edits.replace(colon, max(colon, old.end), "")
        edits.add_lines(max(colon, old.end), lines)


def _change_list(edits: _Edits, node: Node, current: Any, entries: Sequence[Any]) -> bool:
    """Change the entries that differ and add new ones. `False`: not possible in place."""
    text, items = edits.text, node.items
    if node.kind != "sequence" or node.flow or len(current) != len(items) > len(entries):
        return False
    dashes = [text.rfind("-", 0, item.start) for item in items]
    starts = [item.start for item in items]
    if any(text[dash + 1 : start].strip(" ") for dash, start in zip(dashes, starts, strict=True)):
        return False
    for item, old, new in zip(items, current, entries[: len(items)], strict=True):
        if old != new:
            written = f"{edits.line_break}{' ' * item.column}".join(_entry(new))
            edits.replace(item.start, item.end, written)
    gap = items[0].start - dashes[0]
    indent = " " * (items[0].column - gap)
    for entry in entries[len(items) :]:
        first, *rest = _entry(entry)
        below = [f"{indent}{' ' * gap}{line}" for line in rest]
        edits.add_lines(items[-1].end, [f"{indent}-{' ' * (gap - 1)}{first}", *below])
    return True


def _beside(text: str, place: _Place, current: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """Include the skill's shared mapping by a merge key, and add its own keys."""
    edits, key, value = _Edits(text), place.key, place.value
    if place.in_flow:
        own = ", ".join(f"{name}: {_flow(content)}" for name, content in values.items())
        written = f"{{{MERGE}: {text[value.start : value.end]}, {own}}}"
        edits.replace(value.start, value.end, written)
        return edits.result()
    colon, end = after_colon(text, key), end_of_line(text, value.end)
    column = key.column + place.step
    first, *rest = text[colon:end].splitlines(keepends=True)
    moved = [" " * place.step + line if line.strip() else line for line in rest]
    indent = f"{edits.line_break}{' ' * column}"
    edits.replace(colon, end, f"{indent}{MERGE}:{first}{''.join(moved)}")
    for name, content in values.items():
        edits.add_lines(end, _lines(name, content, column, place))
    return edits.result()


def _lines(key: str, value: Any, column: int, place: _Place) -> list[str]:
    """A key and its value in block style, starting at this column."""
    indent = " " * column
    if not isinstance(value, list):
        return [f"{indent}{key}: {_flow(value)}"]
    lines, inner = [f"{indent}{key}:"], " " * (column + place.dash)
    for entry in value:
        first, *rest = _entry(entry)
        lines += [f"{inner}- {first}", *(f"{inner}  {line}" for line in rest)]
    return lines


def _entry(entry: Mapping[str, Any]) -> list[str]:
    """The lines of an entry of the history."""
    return [
        f"{key}: {_quoted(value) if isinstance(value, str) else _flow(value)}"
        for key, value in entry.items()
    ]


def _flow(value: Any) -> str:
    """The value in flow style. A path needs no quotes; a time does, or YAML would not read it as
    text."""
    if isinstance(value, list):
        return f"[{', '.join('{' + ', '.join(_entry(entry)) + '}' for entry in value)}]"
    if isinstance(value, str):
        return value if value.startswith("skills/") else _quoted(value)
    return json.dumps(value)


def _quoted(value: str) -> str:
    """The text in double quotes, with unprintable characters escaped."""
    letters = (
        letter if letter.isprintable() else f"\\U{ord(letter):08X}"
        for letter in value.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"{"".join(letters)}"'
