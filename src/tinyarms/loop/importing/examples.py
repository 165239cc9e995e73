"""Write the rows as examples of a skill, as far as they fit it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from tinyarms.core.errors import ContractViolation
from tinyarms.core.text import shorten
from tinyarms.exchange.incoming.records import Rewritten
from tinyarms.loop.importing.decide import Decision, is_kept_by_contract, is_respelled
from tinyarms.loop.importing.report import Report
from tinyarms.loop.importing.rows import TextRow
from tinyarms.loop.importing.splits import Splits
from tinyarms.loop.importing.tally import MOST_LABELS
from tinyarms.skills.example import MAX_ROW_CHARACTERS, Example, Origin
from tinyarms.store.seen_rows import Seen

_LONGEST_ID = 200
_LOOKS_MISSING = frozenset({"none", "null", "nan", "n/a", "nil", "undefined"})
"""Expected outputs that may be a missing value of another tool; they are texts, and pointed out."""
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|nbsp|#\w+);")

# `json.dumps` would make an encoder at each call.
_as_json = json.JSONEncoder(ensure_ascii=False).encode


@dataclass
class Written:
    """What is written of the rows."""

    n: int = 0
    with_expected: int = 0
    splits: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    without_checks: int = 0
    """Rows with neither checks nor an expected output."""

    def count(self, row: TextRow, expected: str, split: str, required: Mapping[str, float]) -> None:
        """Count a row that is written."""
        self.n += 1
        self.splits[split] += 1
        self.without_checks += not required and row.expected is None
        if row.expected is not None:
            self.with_expected += 1
            if len(self.labels) <= MOST_LABELS:
                self.labels[expected] += 1
        if required:
            self.checks.update(list(dict.fromkeys(entry.partition(":")[0] for entry in required)))


@dataclass
class ExampleWriter:
    """Makes the lines of the examples file."""

    decision: Decision
    splits: Splits
    report: Report
    seen: Seen
    origin: Origin = "gold"
    objection: Callable[[Mapping[str, str], str], str] = lambda inputs, expected: ""
    """What is against the inputs and the expected output of a row, in words; empty: nothing."""
    written: Written = field(default_factory=Written)

    @cached_property
    def _parse(self) -> Callable[[str], str]:
        # Most examples of a skill with labels have the same few answers.
        return lru_cache(maxsize=1000)(self.decision.contract.parse)

    def remember(self, examples: Iterable[Example], file: str) -> None:
        """Count the examples that the file has as rows that came before."""
        for number, example in enumerate(examples, start=1):
            answer = (example.expected, *sorted(example.required))
            self.seen.add(example.inputs, answer, f"{file}, example {number}")
            self.seen.add_id(example.id)

    def lines(self, rows: Iterable[TextRow]) -> Iterator[str]:
        """One line of JSON, without its end, for each row that comes in. The others are listed."""
        for row in rows:
            line = self._line(row)
            if line is not None:
                yield line

    def _line(self, row: TextRow) -> str | None:
        inputs = self._inputs(row)
        expected = None if inputs is None else self._expected(row)
        if inputs is None or expected is None:
            return None
        required = self._required(row, expected)
        earlier = self.seen.add(inputs, (expected, *sorted(required)), row.where)
        if earlier is not None and earlier.is_same:
            self.report.duplicate(row.where, earlier.where)
            return None
        if why := self.objection(inputs, expected):
            self.report.leave_out(row.where, why)
            return None
        is_gold = self.origin == "gold"
        split = self.splits.of(row.split, inputs) if is_gold else "search"
        data: dict[str, object] = {}
        if row.id and len(row.id) <= _LONGEST_ID and self.seen.add_id(row.id) == "new":
            data["id"] = row.id
        data["inputs"], data["expected"] = inputs, expected
        if required:
            data["required"] = required
        if row.metadata:
            data["metadata"] = json.loads(row.metadata)
        data["split"], data["origin"] = split, self.origin
        line = _as_json(data)
        if len(line) > MAX_ROW_CHARACTERS:
            self.report.leave_out(row.where, f"it has more than {MAX_ROW_CHARACTERS:,} characters")
            return None
        if earlier is not None:
            what = f"its inputs are those of {earlier.where}, with another output"
            self.report.note_row("another output", row.where, what)
        self._list_threshold(row)
        self._point_out(row, inputs)
        self.written.count(row, expected, split, required)
        return line

    def _inputs(self, row: TextRow) -> dict[str, str] | None:
        decision = self.decision
        missing = [n for n in decision.inputs if n not in row.inputs and n not in decision.optional]
        if missing:
            self.report.leave_out(row.where, f"it has no {', '.join(missing)}")
            return None
        inputs = {name: row.inputs[name] for name in decision.inputs if name in row.inputs}
        if not inputs:
            self.report.leave_out(row.where, "it has no input")
            return None
        return inputs

    def _expected(self, row: TextRow) -> str | None:
        """The expected output as the contract has it; empty if there is none."""
        if row.expected is None:
            if self.decision.needs_expected:
                self.report.leave_out(row.where, "it has no expected output")
                return None
            return ""
        try:
            expected = self._parse(row.expected)
        except ContractViolation as error:
            self.report.leave_out(row.where, error.message.rstrip("."))
            return None
        if self.decision.contract.labels and is_respelled(row.expected, expected):
            self.report.add(Rewritten(row.where, row.expected, expected))
        return expected

    def _required(self, row: TextRow, expected: str) -> dict[str, float]:
        """The checks that stay; one for the expected output has it as the contract writes it."""
        if not self.decision.keeps_checks:
            return {}
        required = {}
        for entry, weight in (row.required or {}).items():
            kind, _, value = entry.partition(":")
            if kind == "is-json" and is_kept_by_contract(value, self.decision.output):
                continue
            is_expected = value and value == row.expected and kind not in ("regex", "judge")
            required[f"{kind}:{expected}" if is_expected else entry] = weight
        return required

    def _list_threshold(self, row: TextRow) -> None:
        """List a share of the checks that this row alone asks for."""
        decision = self.decision
        has_shares = decision.keeps_checks or decision.scorer_name == "judge"
        holds = 0.5 if decision.success_at is None else decision.success_at
        if has_shares and row.success_at not in (None, holds):
            why = f"`success_at` holds for all rows, and is {holds:g}"
            self.report.list(row.where, f"the threshold {row.success_at:g}", why)

    def _point_out(self, row: TextRow, inputs: Mapping[str, str]) -> None:
        """Notes on texts that may not be what they seem."""
        if row.expected is not None and row.expected.strip().casefold() in _LOOKS_MISSING:
            what = f"the expected output {shorten(row.expected, 20)!r} is a text"
            self.report.note_row("missing", row.where, what)
        if not any(text.strip() for text in inputs.values()):
            self.report.note_row("empty", row.where, "all inputs are empty")
        if any(_ENTITY.search(text) for text in inputs.values()):
            what = "HTML entities such as &amp; are kept as they are"
            self.report.note_row("entities", row.where, what)
