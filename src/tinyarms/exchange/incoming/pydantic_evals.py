"""Datasets of pydantic-evals, in YAML or JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.chat import answer_of
from tinyarms.exchange.incoming.records import Check, Columns, Imported, Listed, Row
from tinyarms.exchange.incoming.registry import Format
from tinyarms.exchange.incoming.source import Source
from tinyarms.exchange.incoming.split_words import split_of
from tinyarms.exchange.incoming.yaml_text import YamlList, YamlMap, read_json, read_yaml, typed
from tinyarms.exchange.tables.table import Json, as_text

_SUFFIXES = (".yaml", ".yml", ".json")
_CASES = re.compile(r'(?m)^cases:|^[ \t]*"cases"\s*:\s*\[')
_HEAD_BYTES = 20_000


def _files(source: Source) -> list[Path]:
    found = []
    for path in source.files:
        if path.suffix.lower() not in _SUFFIXES or path.stem.endswith("_schema"):
            continue
        head = source.head(path, _HEAD_BYTES)
        if _CASES.search(head) and "inputs" in head:
            found.append(path)
    return found


def recognises(source: Source) -> float:
    """Whether a file has cases with inputs."""
    return 0.9 if _files(source) else 0.0


def read(source: Source, columns: Columns) -> Imported:
    """Read the cases of a dataset; its schema is no data. Raises `ImportRefused`."""
    files = _files(source)
    if len(files) != 1:
        names = ", ".join(source.place(path) for path in files) or "none"
        raise ImportRefused(f"{source.path}: its datasets are {names}.", "Name one of them.")
    path = files[0]
    where = source.place(path)
    parse = read_json if path.suffix.lower() == ".json" else read_yaml
    document = parse(source.text(path), where)
    cases = document.get("cases") if isinstance(document, YamlMap) else None
    if not isinstance(cases, YamlList):
        raise ImportRefused(f"{where}: it has no list of cases.", "Write cases: [{inputs: …}].")
    of_all = list(_checks(document, where))
    listed = [part for part in of_all if isinstance(part, Listed)]
    if document.get("report_evaluators"):
        place = f"{where}, line {document.line_of('report_evaluators')}"
        listed.append(Listed(place, "report_evaluators", "only cases are scored here"))
    dropped = sorted({str(key) for case in cases for key in _metadata(case)} - {"split"})
    notes = (f"Metadata that is not carried over: {', '.join(dropped)}.",) if dropped else ()
    return Imported(
        format="pydantic-evals",
        rows=lambda: _rows(cases, [part for part in of_all if isinstance(part, Check)], where),
        listed=tuple(listed),
        notes=notes,
    )


FORMAT = Format("pydantic-evals", recognises, read)


def _rows(cases: YamlList, of_all: Sequence[Check], where: str) -> Iterator[Row | Listed]:
    """The cases with their checks and those of the dataset."""
    for case, line in zip(cases, cases.lines, strict=True):
        place = f"{where}, line {line}"
        if not isinstance(case, YamlMap) or "inputs" not in case:
            yield Listed(place, "the case", "it has no inputs", is_row=True)
            continue
        value = typed(case["inputs"])
        inputs = value if isinstance(value, Mapping) else {"input": value}
        texts = {str(n): as_text(item) or "" for n, item in inputs.items()}
        checks = list(of_all)
        for part in _checks(case, where):
            if isinstance(part, Listed):
                yield part
            else:
                checks.append(part)
        split = _metadata(case).get("split")
        expected = answer_of(typed(case.get("expected_output")))
        if expected is None:  # `EqualsExpected` then says nothing
            checks = [
                check for check in checks if check.kind != "equals" or check.value is not None
            ]
        case_id = as_text(typed(case.get("name"))) or None
        yield Row(texts, place, expected, split_of([str(split)]), case_id, checks=tuple(checks))


def _metadata(case: Json) -> Mapping[str, Json]:
    metadata = case.get("metadata") if isinstance(case, Mapping) else None
    return metadata if isinstance(metadata, Mapping) else {}


def _checks(of: YamlMap, where: str) -> Iterator[Check | Listed]:
    """The checks of a case or of the dataset, and the evaluators and options that have none."""
    evaluators = of.get("evaluators")
    if evaluators is not None and not isinstance(evaluators, YamlList):
        yield Listed(f"{where}, line {of.line_of('evaluators')}", "evaluators", "they are no list")
        return
    for item, line in zip(evaluators or (), evaluators.lines if evaluators else (), strict=True):
        place = f"{where}, line {line}"
        name, options = _evaluator(item)
        make = _CHECKS.get(name)
        check = make(options, place) if make is not None else None
        if check is None:
            yield Listed(place, f"the evaluator {name}", "there is no scorer for it here")
            continue
        yield check
        others = [key for key in options if key not in _READ] if isinstance(options, dict) else []
        if others:
            yield Listed(place, f"{', '.join(others)} of {name}", "there is no such option here")


def _evaluator(item: Json) -> tuple[str, Json]:
    """The name and the options of an evaluator, in its short or its long form."""
    if isinstance(item, YamlMap) and len(item) == 1:
        name, options = next(iter(item.items()))
        return name, typed(options)
    if isinstance(item, YamlMap) and isinstance(item.get("name"), str):
        return str(item["name"]), typed(item.get("arguments"))
    return (str(item) if isinstance(item, str) else "without a name"), None


def _option(options: Json, key: str) -> Json:
    """An option by its name, where the short form has only its value."""
    if isinstance(options, Mapping):
        return options.get(key)
    return next(iter(options), None) if isinstance(options, list) else options


def _contains(options: Json, where: str) -> Check | None:
    text = as_text(_option(options, "value"))
    case = options.get("case_sensitive", True) if isinstance(options, Mapping) else True
    return None if text is None else Check("contains" if case else "icontains", text, where=where)


def _equals(options: Json, where: str) -> Check | None:
    text = as_text(_option(options, "value"))
    return None if text is None else Check("equals", text, where=where)


def _judge(options: Json, where: str) -> Check | None:
    rubric = as_text(_option(options, "rubric"))
    return None if rubric is None else Check("judge", rubric, where=where)


def _equals_expected(options: Json, where: str) -> Check:
    return Check("equals", where=where)


_CHECKS: Mapping[str, Callable[[Json, str], Check | None]] = {
    "Contains": _contains,
    "Equals": _equals,
    "EqualsExpected": _equals_expected,
    "LLMJudge": _judge,
}
_READ = frozenset({"value", "case_sensitive", "rubric", "evaluation_name"})
"""Options that the checks carry over; an evaluator's name in reports says nothing here."""
