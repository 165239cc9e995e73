"""The prompts of a promptfoo config."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.placeholders import from_mustache
from tinyarms.exchange.incoming.promptfoo.parts import Part
from tinyarms.exchange.incoming.promptfoo.references import kind_of, path_of, remote
from tinyarms.exchange.incoming.records import FoundPrompt, Listed, Rewritten, Turn
from tinyarms.exchange.incoming.source import Source
from tinyarms.exchange.incoming.yaml_text import typed
from tinyarms.exchange.tables.table import Json
from tinyarms.exchange.tables.text_file import MOST_LINE_CHARACTERS

_BARE = (".txt", ".json", ".jsonl", ".md", ".j2", ".yaml", ".yml", ".csv", ".py", ".js", ".ts", "*")
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_SEPARATOR = re.compile(r"^[ \t]*---[ \t]*$", re.MULTILINE)
_BARE_VALUE = re.compile(
    r"\{\{-?\s*([^{}|\"]{1,200}?)\s*\|\s*(?:dump|tojson)\s*(?:\|\s*safe\s*)?-?\}\}"
)
"""A placeholder that stands where JSON has a text, and adds its quotes itself."""
_MARKS = re.compile(
    r"\[/?INST\]|<</?SYS>>|</?s>|<\|[a-z_]+\|>|<(?:human|assistant)>:|"
    r"^[ \t]*#{1,3} ?(?:Instruction|Human|Context|Response)\b|"
    r"^[ \t]*(?:Human|System|User|Assistant|AI|Q|A):|^\{'role'",
    re.MULTILINE,
)
_OPTIONS = {
    "function": "code is not run",
    "prefix": "it would change the prompt",
    "suffix": "it would change the prompt",
    "content": "promptfoo does not read it; the text of a prompt is its `raw`",
}
"""Key of a prompt → why it is not carried over."""


@dataclass
class Prompts:
    """Collects the prompts that come in, and what does not."""

    found: list[FoundPrompt] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    rewritten: list[Rewritten] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def read(self, part: Part) -> None:
        """Read `prompts:`. Raises `ImportRefused`."""
        if part.is_map and not {"raw", "id", "label"} & set(part.keys()):
            for name, label in part.items():
                self._text_or_file(part, name, label.text, None, part.key_line(name))
            return
        for each in part.each():
            if each.is_map:
                self._mapping(each)
            else:
                self._text_or_file(each, each.text, "", None, each.where)

    def _mapping(self, part: Part) -> None:
        raw, id, label = part.get("raw"), part.get("id"), part.get("label")
        name = (label or id or part).text
        schema = schema_of_config(part.get("config"))
        for key, why in _OPTIONS.items():
            if (option := part.get(key)) is not None:
                self.listed.append(Listed(option.where, f"{key} of a prompt", why))
        if raw is not None:
            self._text_or_file(raw, raw.text, name, schema, raw.where)
        elif id is not None:
            self._text_or_file(id, id.text, name, schema, id.where)
        else:
            self.listed.append(Listed(part.where, "a prompt", "it has no text"))

    def _text_or_file(
        self, part: Part, text: str, name: str, schema: Json | None, where: str
    ) -> None:
        kind = kind_of(text, bare_files=_BARE)
        source = part.files.source
        if kind == "code":
            self.listed.append(Listed(where, f"the prompt {text.strip()}", "code is not run"))
        elif kind == "remote":
            raise remote(where, f"the prompt {text.strip()}")
        elif kind == "text":
            self._add(text, where, name, schema, source.place(part.file), part.first_line)
        else:
            paths = (
                source.matching(path_of(text), part.folder, where)
                if kind == "glob"
                else [source.find(path_of(text), part.folder, where)]
            )
            if not paths:
                raise ImportRefused(f"{where}: no file matches {path_of(text)}.", "Correct it.")
            for path in paths:
                self._file(part, path, name, schema)

    def _file(self, part: Part, path: Path, name: str, schema: Json | None) -> None:
        source = part.files.source
        place = source.place(path)
        if path.suffix in (".yaml", ".yml", ".json"):
            self._add(_structured(part, path), place, name or path.name, schema, place, 1)
            return
        for text, line, label in _chunks(source, path):
            title = label or name or path.name
            self._add(text, source.place(path, line), title, schema, place, line)

    def _add(
        self, text: str, where: str, name: str, schema: Json | None, file: str, line: int
    ) -> None:
        """Add a text or chat prompt. Raises `ImportRefused` for a placeholder without an end."""
        turns = _chat(text)
        if turns is None and not text.strip():
            self.listed.append(Listed(where, "a prompt", "it is empty"))
            return
        if isinstance(turns, str):
            self.listed.append(Listed(where, "a prompt", turns))
            return
        rewritten: list[Rewritten] = []
        new: list[Turn] = []
        for turn in turns or [Turn("user", text)]:
            place, number = (file, line) if turns is None else (where, None)
            template = from_mustache(turn.text, place, first_line=number)
            for part in template.listed:
                if part.why.endswith("has no end"):
                    raise ImportRefused(f"{part.where}: {part.why}: {part.what}.", "Close it.")
            if template.listed:
                first = template.listed[0]
                self.listed.append(Listed(first.where, f"a prompt, for {first.what}", first.why))
                return
            rewritten += template.rewritten
            new.append(Turn(turn.role, template.text))
        if turns is None and _MARKS.search(text):
            self.notes.append(f"{where}: marks of a chat in the prompt are kept as text.")
        self.rewritten += rewritten
        self.found.append(FoundPrompt(tuple(new), where, name, (), schema))


def _structured(part: Part, path: Path) -> str:
    """The prompt of a YAML or JSON file: its text, or its messages as JSON.

    One that is filled before it is JSON, such as a loop over messages, is a text.
    """
    source = part.files.source
    try:
        content = typed(part.files.root(path).value)
    except ImportRefused:
        text = source.text(path)
        if "{{" not in text and "{%" not in text:
            raise
        return _BARE_VALUE.sub(r'"{{ \1 }}"', text)
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _chunks(source: Source, path: Path) -> Iterator[tuple[str, int, str]]:
    """The prompts of a text file, each with its first line and its label."""
    text = source.text(path)
    if path.suffix == ".csv":
        yield from _cells(text, source.place(path))
        return
    if path.suffix == ".jsonl":
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield line, number, ""
        return
    if path.suffix in (".md", ".j2"):
        yield text.strip(), 1, ""
        return
    start = 0
    for match in [*_SEPARATOR.finditer(text), None]:
        end = len(text) if match is None else match.start()
        chunk = text[start:end]
        if chunk.strip():
            lead = len(chunk) - len(chunk.lstrip())
            yield chunk.strip(), text.count("\n", 0, start + lead) + 1, ""
        start = end if match is None else match.end()


def _cells(text: str, where: str) -> Iterator[tuple[str, int, str]]:
    """The prompts of a CSV: its columns `prompt` and `label`, or one prompt on each line."""
    if "," not in text:
        for number, content in enumerate(text.split("\n"), start=1):
            if content.strip() and not (number == 1 and content.strip().lower() == "prompt"):
                yield content, number, ""
        return
    csv.field_size_limit(MOST_LINE_CHARACTERS)
    rows = csv.reader(StringIO(text))
    try:
        names = [name.strip() for name in next(rows, [])]
        if "prompt" not in names:
            raise ImportRefused(
                f"{where}, line 1: has no column prompt.", "Name the column of the prompts so."
            )
        before = rows.line_num
        for cells in rows:
            line, before = before + 1, rows.line_num
            found = dict(zip(names, cells, strict=False))
            if found.get("prompt", "").strip():
                yield found["prompt"].strip(), line, found.get("label", "").strip()
    except csv.Error as error:
        place = f"{where}, line {rows.line_num}"
        raise ImportRefused(f"{place}: no CSV ({error}).", "Correct its quotes.") from error


def _chat(text: str) -> list[Turn] | str | None:
    """The turns of a chat prompt; why it cannot be carried over; `None`: it is a text."""
    if not text.lstrip().startswith("["):
        return None
    try:
        messages: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not messages or not all(isinstance(m, dict) and "role" in m for m in messages):
        return None
    turns = []
    for message in messages:
        role, content = _ROLES.get(str(message["role"])), message.get("content")
        if isinstance(content, list):
            parts = [part.get("text") if isinstance(part, dict) else None for part in content]
            content = None if None in parts else "\n".join(map(str, parts))
        if role is None or not isinstance(content, str):
            return f"it has a message of the role {message['role']!r} that is no text"
        turns.append(Turn(role, content))  # type: ignore[arg-type]
    return turns


def schema_of_config(config: Part | None) -> Json | None:
    """The JSON schema that `config.response_format` asks for."""
    form = None if config is None else config.get("response_format")
    schema = None if form is None else form.get("json_schema") or form.get("schema")
    if schema is None:
        return None
    inner = schema.get("schema") or schema
    return typed(inner.value) if inner.is_map else None
