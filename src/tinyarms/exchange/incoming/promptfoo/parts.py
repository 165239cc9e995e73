"""Parts of YAML and JSON files with their places, across files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinyarms.core.errors import ImportRefused
from tinyarms.core.text import shorten
from tinyarms.exchange.incoming.source import Source
from tinyarms.exchange.incoming.yaml_text import YamlList, YamlMap, read_json, read_yaml

_MOST_REFERENCES = 20
"""Longest chain of `$ref`, which beyond it leads in a circle, and of files that refer to files."""
_MOST_FOLLOWED = 10_000
"""Most references to files of tests that are followed; those of files to files multiply."""
_BLOCK = re.compile(r"[|>][-+0-9]*\s*(#.*)?$")


@dataclass
class Files:
    """The YAML and JSON files of an import, each read once."""

    source: Source
    _roots: dict[Path, Part] = field(default_factory=dict)
    _followed: int = 0

    def follow(self, path: Path, chain: tuple[Path, ...], where: str) -> tuple[Path, ...]:
        """The chain of files with one more, that the last one refers to. Raises `ImportRefused` if
        it leads in a circle, or if there are too many references."""
        self._followed += 1
        if path in chain:
            name = self.source.place(path)
            raise ImportRefused(f"{where}: {name} leads in a circle.", "Correct the reference.")
        if self._followed > _MOST_FOLLOWED or len(chain) > _MOST_REFERENCES:
            raise ImportRefused(f"{where}: its files refer to too many files.", "Refer to fewer.")
        return (*chain, path)

    def root(self, path: Path) -> Part:
        """The content of a file. Raises `ImportRefused`."""
        if path not in self._roots:
            text = self.source.text(path)
            read = read_json if path.suffix == ".json" else read_yaml
            value = read(text, self.source.place(path))
            self._roots[path] = Part(self, path, value, 1, tuple(text.split("\n")))
        return self._roots[path]


@dataclass(frozen=True)
class Part:
    """A value in a file, and the line on which it begins."""

    files: Files
    file: Path
    value: Any
    line: int
    lines: tuple[str, ...] = field(default=(), repr=False)

    @property
    def where(self) -> str:
        """`file, line N`."""
        return self.files.source.place(self.file, self.line)

    @property
    def folder(self) -> Path:
        """The folder of its file."""
        return self.file.parent

    @property
    def text(self) -> str:
        """Its text; empty if it is no text."""
        return str(self.value) if isinstance(self.value, str) else ""

    @property
    def first_line(self) -> int:
        """The line of a text's first line: a block of lines begins below its mark."""
        is_block = 0 < self.line <= len(self.lines) and _BLOCK.search(self.lines[self.line - 1])
        return self.line + 1 if is_block else self.line

    @property
    def is_map(self) -> bool:
        return isinstance(self.value, YamlMap)

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, YamlList)

    def get(self, key: str) -> Part | None:
        """The value of a key; `None` if it is no mapping, lacks the key, or has nothing there."""
        if not isinstance(self.value, YamlMap) or self.value.get(key) is None:
            return None
        return self._at(self.value[key], self.value.line_of(key)).resolved()

    def keys(self) -> list[str]:
        """The keys of a mapping."""
        return list(self.value) if isinstance(self.value, YamlMap) else []

    def items(self) -> Iterator[tuple[str, Part]]:
        """The keys of a mapping and their values."""
        for key in self.keys():
            yield key, self._at(self.value[key], self.value.line_of(key))

    def each(self) -> list[Part]:
        """The items of a list; of anything else itself, and none of nothing."""
        if isinstance(self.value, YamlList):
            pairs = zip(self.value, self.value.lines, strict=True)
            return [self._at(value, line).resolved() for value, line in pairs]
        return [] if self.value is None else [self]

    def key_line(self, key: str) -> str:
        """`file, line N` of a key."""
        line = self.value.line_of(key) if isinstance(self.value, YamlMap) else self.line
        return self.files.source.place(self.file, line)

    def resolved(self) -> Part:
        """What a mapping `{$ref: …}` refers to; anything else itself. Raises `ImportRefused`."""
        part = self
        for _ in range(_MOST_REFERENCES):
            reference = part.value.get("$ref") if isinstance(part.value, YamlMap) else None
            if not isinstance(reference, str):
                return part
            part = part._referred(reference)
        raise ImportRefused(f"{self.where}: its $ref leads in a circle.", "Correct it.")

    def _referred(self, reference: str) -> Part:
        name, _, path = reference.removeprefix("file://").partition("#")
        files = self.files
        file = files.source.find(name, self.folder, self.where) if name else self.file
        part = files.root(file)
        for key in filter(None, path.split("/")):
            name = key.replace("~1", "/").replace("~0", "~")
            found = next((value for other, value in part.items() if other == name), None)
            if found is None and part.is_list and name.isdigit():
                found = part._item(int(name))
            if found is None:
                raise ImportRefused(
                    f"{self.where}: there is no {shorten(reference, 80)}.", "Correct the $ref."
                )
            part = found
        return part

    def _item(self, index: int) -> Part | None:
        """An item of a list, which may itself be a reference."""
        if index >= len(self.value):
            return None
        return self._at(self.value[index], self.value.lines[index])

    def _at(self, value: Any, line: int) -> Part:
        return Part(self.files, self.file, value, line, self.lines)
