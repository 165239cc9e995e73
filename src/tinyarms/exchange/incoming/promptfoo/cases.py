"""The tests of a promptfoo config as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.core.text import shorten
from tinyarms.exchange.incoming.promptfoo.assertions import (
    NO_SHARE,
    Assertion,
    RightOutput,
    RowOf,
    assertions,
    checks_of,
    share,
)
from tinyarms.exchange.incoming.promptfoo.cells import CellTest, cell_tests, test_of_cells
from tinyarms.exchange.incoming.promptfoo.parts import Part
from tinyarms.exchange.incoming.promptfoo.references import kind_of, path_of, remote
from tinyarms.exchange.incoming.promptfoo.variables import combinations, settled, variables
from tinyarms.exchange.incoming.records import Check, Listed, Row
from tinyarms.exchange.incoming.source import json_value
from tinyarms.exchange.incoming.templates import MOST_CHARACTERS, Unfilled
from tinyarms.exchange.incoming.yaml_text import read_json, typed
from tinyarms.exchange.tables.table import Json, as_text

Chain = tuple[Path, ...]
_FILES = (".csv", ".json", ".jsonl", ".yaml", ".yml", ".xlsx", ".xls", ".py", ".js", ".ts", ".mjs")
_OPTIONS: Mapping[str, str] = {
    "transform": "code is not run",
    "transformVars": "code is not run",
    "postprocess": "code is not run",
    "storeOutputAs": "a row cannot need the output of another one",
    "prefix": "it would change the prompt of these rows alone",
    "suffix": "it would change the prompt of these rows alone",
    "rubricPrompt": "the judge has its own prompt",
}
"""Option of a test → why it is not carried over."""
_TEST_KEYS: Mapping[str, str] = {
    "assertScoringFunction": "code is not run",
    "provider": "one model runs all rows",
    "providers": "one model runs all rows",
    "prompts": "all rows are for the same prompt",
    "providerOutput": "it is the output of a model",
}
_KEYS_OF_TESTS = frozenset(
    {*_TEST_KEYS, "vars", "assert", "options", "metadata", "threshold", "description", "path"}
    | {"$ref", "config", "tests"}
)
"""A mapping with none of these keys is no test, but a row of variables."""


@dataclass(frozen=True)
class Case:
    """A test with its defaults, before its lists multiply."""

    where: str
    given: Mapping[str, Part] = field(default_factory=dict)
    """Variables in files of YAML and JSON."""
    cells: Mapping[str, Json] = field(default_factory=dict)
    """Variables in cells, which are texts."""
    assertions: tuple[Assertion, ...] = ()
    metadata: Mapping[str, Json] = field(default_factory=dict)
    multiply: bool = True
    threshold: float | None = None
    """Lowest share of its assertions that makes an output right; `None`: all of them."""

    def over(self, default: Case) -> Case:
        """The case, with the default's values where it has none, and the default's assertions."""
        return Case(
            self.where,
            {**default.given, **self.given},
            self.cells,
            (*default.assertions, *self.assertions),
            {**default.metadata, **self.metadata},
            self.multiply and default.multiply,
            default.threshold if self.threshold is None else self.threshold,
        )


def case_of(part: Part) -> Iterator[Case | Listed]:
    """The test of a mapping, and what of it is not carried over."""
    options = part.get("options")
    for key, why in _OPTIONS.items():
        if options is not None and (option := options.get(key)) is not None:
            yield Listed(option.where, f"the option {key}", why)
    for key, why in _TEST_KEYS.items():
        if (value := part.get(key)) is not None:
            yield Listed(value.where, key, why)
    found = []
    for each in assertions(part.get("assert")):
        if isinstance(each, Listed):
            yield each
        else:
            found.append(each)
    metadata = part.get("metadata")
    noted = typed(metadata.value) if metadata is not None and metadata.is_map else {}
    if (description := part.get("description")) is not None:
        noted = {"description": description.text, **noted}
    limit, threshold = part.get("threshold"), None
    if limit is not None:
        threshold = share(limit.text)
        if threshold is None:
            yield Listed(limit.where, f"the threshold {shorten(limit.text, 40)}", NO_SHARE)
    fixed = None if options is None else options.get("disableVarExpansion")
    yield Case(
        part.where,
        variables(part.get("vars")),
        assertions=tuple(found),
        metadata=noted,
        multiply=fixed is None or fixed.text != "true",
        threshold=threshold,
    )


def cases(part: Part | None, chain: Chain = ()) -> Iterator[Case | Listed]:
    """The tests of `tests:`: mappings, files, globs and lists of them. Raises `ImportRefused`.

    `chain`: the files that led here.
    """
    for each in [] if part is None else part.each():
        if each.is_map and each.get("path") is not None and each.get("vars") is None:
            each = each.get("path") or each
        if each.is_map:
            yield from case_of(each)
        elif each.text:
            yield from _of_reference(each, chain or (each.file,))
        else:
            yield Listed(each.where, "the test", "it is no mapping", is_row=True)


def _of_reference(part: Part, chain: Chain) -> Iterator[Case | Listed]:
    text = part.text.strip()
    source = part.files.source
    kind = kind_of(text, bare_files=_FILES)
    if kind == "remote":
        raise remote(part.where, text)
    if kind == "code":
        yield Listed(part.where, f"the tests of {shorten(text, 80)}", "code is not run")
        return
    if kind == "glob":
        paths = source.matching(path_of(text), part.folder, part.where)
        paths = [path for path in paths if path not in chain]
        if not paths:
            raise ImportRefused(f"{part.where}: no file matches {text}.", "Correct it.")
    else:
        paths = [source.find(path_of(text), part.folder, part.where)]
    for path in paths:
        yield from cases_of_file(part, path, part.files.follow(path, chain, part.where))


def cases_of_file(part: Part, path: Path, chain: Chain = ()) -> Iterator[Case | Listed]:
    """The tests of a CSV, JSONL, JSON or YAML file. Raises `ImportRefused`."""
    source = part.files.source
    if path.suffix == ".csv":
        for test in cell_tests(source, path):
            yield from _of_cells(test)
    elif path.suffix == ".jsonl":
        for number, line in source.lines(path):
            if line.strip():
                where = source.place(path, number)
                json_value(line.lstrip("\ufeff"), where)
                value = read_json(line.lstrip("\ufeff"), where)
                yield from _tests_or_rows(_numbered(part, path, value, number), chain)
    elif path.suffix in (".yaml", ".yml", ".json"):
        root = part.files.root(path)
        yield from _tests_or_rows(root.get("tests") or root, chain)
    else:
        raise ImportRefused(
            f"{part.where}: {path.name} is no CSV, JSON lines, JSON or YAML.", "Save it as CSV."
        )


def _of_cells(test: CellTest) -> Iterator[Case | Listed]:
    yield from test.listed
    yield Case(
        test.where,
        cells=test.variables,
        assertions=tuple(test.assertions),
        metadata=test.metadata,
        threshold=test.threshold,
    )


def _tests_or_rows(part: Part, chain: Chain) -> Iterator[Case | Listed]:
    """The tests of a file; mappings without any key of a test are rows, as those of a CSV."""
    for each in part.each():
        if each.keys() and not _KEYS_OF_TESTS & set(each.keys()):
            yield from _of_cells(test_of_cells(_cells(each), each.where))
        else:
            yield from cases(each, chain)


def _cells(part: Part) -> dict[str, str]:
    return {key: as_text(typed(item.value)) or "" for key, item in part.items()}


def _numbered(part: Part, path: Path, value: Json, number: int) -> Part:
    """A value of one line of a file."""
    _renumber(value, number)
    return Part(part.files, path, value, number)


def _renumber(value: Json, number: int) -> None:
    if isinstance(value, dict | list):
        value.line = number  # type: ignore[union-attr]
        lines = value.lines  # type: ignore[union-attr]
        if isinstance(lines, dict):
            lines.update(dict.fromkeys(lines, number))
        else:
            lines[:] = [number] * len(lines)
        for item in value.values() if isinstance(value, dict) else value:
            _renumber(item, number)


def scenario_cases(part: Part | None, chain: Chain = ()) -> Iterator[Case | Listed]:
    """The tests of `scenarios:`: each configuration with each test. `chain`: as for `cases`."""
    for scenario in [] if part is None else part.each():
        if kind_of(scenario.text) in ("file", "glob"):
            files, where = scenario.files, scenario.where
            for path in files.source.matching(path_of(scenario.text), scenario.folder, where):
                after = files.follow(path, chain or (scenario.file,), where)
                yield from scenario_cases(files.root(path), after)
            continue
        tests: list[Case] = []
        for found in cases(scenario.get("tests")):
            if isinstance(found, Listed):
                yield found
            else:
                tests.append(found)
        configs: list[Case] = []
        for config in cases(scenario.get("config")):
            if isinstance(config, Listed):
                yield config
            else:
                configs.append(config)
        for config in configs or [Case(scenario.where)]:
            yield from (test.over(config) for test in tests)


def rows(case: Case, base: Path, shown: frozenset[str]) -> Iterator[Row | Listed]:
    """The rows of a case. A row that cannot be made is listed. Raises `ImportRefused`."""
    try:
        for values in combinations(case.given, base, multiply=case.multiply):
            try:
                yield from _row(case, settled({**values, **case.cells}), shown)
            except Unfilled as error:
                yield Listed(case.where, "the row", str(error), is_row=True)
    except Unfilled as error:
        yield Listed(case.where, "the row", str(error), is_row=True)


def _row(
    case: Case, variables: Mapping[str, Json], shown: frozenset[str]
) -> Iterator[Row | Listed]:
    of = RowOf(variables, shown)
    checks: list[Check] = []
    right: RightOutput | None = None
    length = 0
    for assertion in case.assertions:
        own: RightOutput | None = None
        for found in checks_of(assertion, of):
            length += 0 if isinstance(found, Listed) else _length(found)
            if length > MOST_CHARACTERS:
                raise Unfilled(f"its checks have more than {MOST_CHARACTERS:,} characters")
            if isinstance(found, Listed):
                yield found
            elif isinstance(found, RightOutput):
                own = None if found.proposed_by else found
                if right is None or (right.proposed_by and not found.proposed_by):
                    right = found
            elif own is None or right is None or own.text == right.text:
                checks.append(found)
            else:
                # A row has one expected output, so that another `equals` keeps its own value.
                checks.append(replace(found, value=own.text))
    yield Row(
        variables,
        case.where,
        expected=None if right is None else right.text,
        checks=tuple(checks),
        metadata=case.metadata,
        success_at=case.threshold,
    )


def _length(found: Check | RightOutput) -> int:
    value = found.value if isinstance(found, Check) else found.text
    return len(value) if isinstance(value, str) else 0
