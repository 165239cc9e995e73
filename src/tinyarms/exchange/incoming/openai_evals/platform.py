"""Evals of the platform: their criteria, the prompts of runs, and rows of files and runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.openai_evals.criteria import (
    Criteria,
    Criterion,
    Right,
    own_placeholders,
)
from tinyarms.exchange.incoming.openai_evals.forms import (
    EVAL,
    NAME,
    head_of,
    list_of,
    objects_of,
    turns_of,
)
from tinyarms.exchange.incoming.records import (
    Check,
    FoundPrompt,
    Imported,
    Listed,
    Rewritten,
    Row,
    Turn,
)
from tinyarms.exchange.incoming.source import Source, json_value
from tinyarms.exchange.incoming.templates import flat
from tinyarms.exchange.tables.table import Json

_Item = tuple[str, Json]
"""The place of a row, and its values."""


@dataclass
class Platform:
    """An eval of the platform, with its rows and perhaps a run that has its prompt."""

    source: Source
    files: Sequence[Path]
    """Files of rows, as JSON lines with `item`."""
    listed: list[Listed] = field(default_factory=list)
    rewritten: list[Rewritten] = field(default_factory=list)
    prompts: list[FoundPrompt] = field(default_factory=list)
    name: str = ""
    _found: list[Criterion] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    """The criteria that were read; a run repeats those of its eval."""
    _of_runs: list[_Item] = field(default_factory=list)
    """Rows that runs and their output items have inside."""

    def imported(self) -> Imported:
        """Everything that the files say."""
        for path in self.source.files:
            if path.suffix == ".json" and EVAL.search(head_of(self.source, path)):
                self._file(path)
        if not self.files and not self._of_runs and not self.prompts:
            raise ImportRefused(
                f"{self.source.path}: has an eval without rows.",
                "Put its data beside it, as JSON lines with `item`.",
            )
        return Imported(
            NAME,
            self._rows,
            prompts=tuple(self.prompts),
            description=self.name,
            listed=tuple(self.listed),
            rewritten=tuple(self.rewritten),
        )

    @cached_property
    def _criteria(self) -> Criteria:
        return Criteria(self._found, self.listed, self.rewritten)

    def _file(self, path: Path) -> None:
        where = self.source.place(path)
        value = json_value(self.source.text(path).lstrip("\ufeff"), where)
        if isinstance(value, dict) and isinstance(value.get("data"), list):
            value = value["data"]  # a page of a list
        for number, each in enumerate(value if isinstance(value, list) else [value], start=1):
            if isinstance(each, dict):
                self._object(each, where, number)

    def _object(self, found: Mapping[str, Json], where: str, number: int) -> None:
        """An eval, a run, or an output item of a run."""
        if "datasource_item" in found:
            self._of_runs.append((f"{where}, item {number}", found["datasource_item"]))
            return
        self.name = self.name or str(found.get("name") or "")
        data = found.get("data_source")
        if isinstance(data, dict):
            self._data_source(data, where)
        for position, criterion in enumerate(list_of(found.get("testing_criteria")), start=1):
            place = f"{where}, criterion {position}"
            if not isinstance(criterion, dict):
                self.listed.append(Listed(place, "a criterion", "it is no object"))
                continue
            key = repr({k: v for k, v in criterion.items() if k != "id"})
            if key not in self._seen:
                self._seen.add(key)
                self._criteria.add(criterion, place)

    def _data_source(self, data: Mapping[str, Json], where: str) -> None:
        """The prompt of a run, and its rows if they are inside."""
        messages, source = data.get("input_messages"), data.get("source")
        if isinstance(messages, dict) and messages.get("type") == "item_reference":
            what = f"the prompt {messages.get('item_reference')}"
            self.listed.append(Listed(where, what, "each row has its own"))
        elif isinstance(messages, dict):
            self._prompt(messages.get("template"), where)
        if isinstance(source, dict) and isinstance(content := source.get("content"), list):
            for number, row in enumerate(content, start=1):
                item = row.get("item") if isinstance(row, dict) else None
                self._of_runs.append((f"{where}, item {number}", item))

    def _prompt(self, template: Json, where: str) -> None:
        turns = turns_of(template)
        if turns is None:
            self.listed.append(Listed(where, "a prompt", "it has a message that is no text"))
            return
        texts = (own_placeholders(turn.text, where, self.rewritten) for turn in turns)
        new = tuple(Turn(turn.role, text) for turn, text in zip(turns, texts, strict=True))
        if all(found.turns != new for found in self.prompts):
            self.prompts.append(FoundPrompt(new, where))

    def _rows(self) -> Iterator[Row | Listed]:
        for where, item in self._items():
            if isinstance(item, dict) and isinstance(item.get("item"), dict) and len(item) == 1:
                item = item["item"]
            if isinstance(item, dict):
                yield from self._row(item, where)
            else:
                yield Listed(where, "the row", "it has no `item`", is_row=True)

    def _items(self) -> Iterator[_Item]:
        """The rows of files, or else those of runs, which repeat them."""
        if not self.files:
            yield from self._of_runs
        for path in self.files:
            for number, value in objects_of(self.source, path):
                yield self.source.place(path, number), value.get("item")

    def _row(self, item: Mapping[str, Json], where: str) -> Iterator[Row | Listed]:
        checks: list[Check] = []
        expected: Json = None
        for criterion in self._found:
            for found in criterion(flat(item)):
                if isinstance(found, Listed):
                    yield Listed(where, found.what, found.why)
                elif isinstance(found, Right):
                    expected = found.text if expected is None else expected
                else:
                    checks.append(found)
        yield Row(item, where, expected=expected, checks=tuple(checks))
