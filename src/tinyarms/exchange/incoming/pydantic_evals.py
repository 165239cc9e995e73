"""Datasets of pydantic-evals, in YAML or JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.chat import answer_of
from tinyarms.exchange.incoming.records import Check, Columns, FoundScorer, Imported, Listed, Row
from tinyarms.exchange.incoming.registry import Format
from tinyarms.exchange.incoming.source import Source
from tinyarms.exchange.incoming.split_words import split_of
from tinyarms.exchange.incoming.yaml_text import YamlList, YamlMap, read_json, read_yaml, typed
from tinyarms.exchange.tables.table import Json, as_text

_SUFFIXES = (".yaml", ".yml", ".json")
_CASES = re.compile(r'(?m)^cases:|^\s*"cases"\s*:\s*\[')
_HEAD_CHARACTERS = 20_000


def _files(source: Source) -> list[Path]:
    found = []
    for path in source.files:
        if path.suffix.lower() not in _SUFFIXES or path.stem.endswith("_schema"):
            continue
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD_CHARACTERS).decode(errors="replace")
        except OSError:
            continue
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
    scorer, listed = _scorer(document.get("evaluators"), where)
    listed += [
        Listed(f"{where}, line {document.line_of(key)}", key, "only cases are scored here")
        for key in ("report_evaluators",)
        if document.get(key)
    ]
    dropped = sorted({str(key) for case in cases for key in _metadata(case)} - {"split"})
    notes = (f"Metadata that is not carried over: {', '.join(dropped)}.",) if dropped else ()
    return Imported(
        format="pydantic-evals",
        rows=lambda: _rows(cases, where),
        scorer=scorer,
        listed=tuple(listed),
        notes=notes,
    )


FORMAT = Format("pydantic-evals", recognises, read)


def _rows(cases: YamlList, where: str) -> Iterator[Row | Listed]:
    for case, line in zip(cases, cases.lines, strict=True):
        place = f"{where}, line {line}"
        if not isinstance(case, YamlMap) or "inputs" not in case:
            yield Listed(place, "the case", "it has no inputs")
            continue
        value = typed(case["inputs"])
        inputs = value if isinstance(value, Mapping) else {"input": value}
        texts = {str(n): as_text(item) or "" for n, item in inputs.items()}
        checks: list[Check] = []
        for name, options, at in _evaluators(case.get("evaluators"), where):
            check = _check(name, options, at)
            if check is None:
                yield _unknown(name, at)
            else:
                checks.append(check)
        split = _metadata(case).get("split")
        expected = answer_of(typed(case.get("expected_output")))
        case_id = as_text(typed(case.get("name"))) or None
        yield Row(texts, place, expected, split_of([str(split)]), case_id, checks=tuple(checks))


def _metadata(case: Json) -> Mapping[str, Json]:
    metadata = case.get("metadata") if isinstance(case, Mapping) else None
    return metadata if isinstance(metadata, Mapping) else {}


def _scorer(evaluators: Json, where: str) -> tuple[FoundScorer | None, list[Listed]]:
    """The scorer of all cases, and the evaluators that have none here."""
    scorer = None
    listed = []
    for name, _, place in _evaluators(evaluators, where):
        if name == "EqualsExpected":
            scorer = FoundScorer("exact", where=place)
        else:
            listed.append(_unknown(name, place))
    return scorer, listed


def _evaluators(value: Json, where: str) -> Iterator[tuple[str, Json, str]]:
    """The name, the options and the place of each evaluator, in its short and its long form."""
    if not isinstance(value, YamlList):
        return
    for item, line in zip(value, value.lines, strict=True):
        place = f"{where}, line {line}"
        if isinstance(item, str):
            yield str(item), None, place
        elif isinstance(item, YamlMap) and len(item) == 1:
            name, options = next(iter(item.items()))
            yield name, typed(options), place
        elif isinstance(item, YamlMap) and isinstance(item.get("name"), str):
            yield str(item["name"]), typed(item.get("arguments")), place


def _check(name: str, options: Json, where: str) -> Check | None:
    make = _CHECKS.get(name)
    return make(options, where) if make is not None else None


def _option(options: Json, key: str) -> Json:
    """An option by its name, where the short form has only its value."""
    if isinstance(options, Mapping):
        return options.get(key)
    return options[0] if isinstance(options, Sequence) and not isinstance(options, str) else options


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


_CHECKS: Mapping[str, Callable[[Json, str], Check | None]] = {
    "Contains": _contains,
    "Equals": _equals,
    "LLMJudge": _judge,
}


def _unknown(name: str, where: str) -> Listed:
    return Listed(where, f"the evaluator {name}", "there is no scorer for it here")
