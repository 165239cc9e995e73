"""The assertions of promptfoo as checks; what is code or has no equivalent is listed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.placeholders import from_mustache
from tinyarms.exchange.incoming.promptfoo.parts import Part
from tinyarms.exchange.incoming.promptfoo.references import kind_of, path_of
from tinyarms.exchange.incoming.records import Check, Listed
from tinyarms.exchange.incoming.templates import Unfilled, filled
from tinyarms.exchange.incoming.yaml_text import read_yaml, typed
from tinyarms.exchange.tables.table import Json, as_text
from tinyarms.skills.checks import KINDS, check_entry

_CODE = "code is not run"
_EMBEDDINGS = "there is no scorer that compares meanings"
_LISTED: Mapping[str, str] = {
    **dict.fromkeys(("javascript", "python", "ruby"), _CODE),
    "webhook": "nothing is called",
    "similar": _EMBEDDINGS,
    "answer-relevance": _EMBEDDINGS,
    "cost": "what single answers cost is not checked; evolution.budget.money limits a search, and "
    "evolution.limits.prompt_tokens the prompts that it may find",
    "latency": "single answers are not timed; evolution.limits.p95_ms limits the prompts that a "
    "search may find, and the rule `latency` watches",
}
"""Type of assertion → why it is not carried over."""
_THRESHOLDS: Mapping[str, float] = {"g-eval": 0.7}
"""Assertion that a model grades → the lowest grade at which it holds where it names none."""
NO_SHARE = "it is no number above 0 and at most 1"
_NO_THRESHOLD = "this check holds or does not hold"
_NO_WEIGHT = "its weight is 0"
_NO_SCORER = "there is no such scorer"
_RUBRICS: Mapping[str, str] = {
    "llm-rubric": "{}",
    "g-eval": "{}",
    "factuality": "Does the answer agree with these facts, without contradicting them? Facts: {}",
    "model-graded-factuality": "Does the answer agree with these facts? Facts: {}",
    "model-graded-closedqa": "Does the answer meet this criterion? Criterion: {}",
}
"""Assertion that a model grades → the rubric."""
_GRADED = ("llm-rubric", "g-eval", *_RUBRICS)
_PROPOSING = ("contains", "icontains", "starts-with", "similar")
"""Assertions whose value may be the right output, if it is a variable that no prompt shows."""
_SEPARATE = re.compile(r"\s*,\s*")
_FROM_TEXT = re.compile(
    r"(?P<type>(?:not-)?[a-z][a-z-]*)(?:\((?P<threshold>[0-9.]+)\))?(?::(?P<value>.*))?", re.DOTALL
)
_ALIASES = {"grade": "llm-rubric", "fn": "javascript", "eval": "javascript"}
_KNOWN = frozenset(
    {*KINDS, *_LISTED, *_RUBRICS, *_ALIASES}
    | {"is-sql", "is-xml", "contains-json", "contains-xml", "contains-sql", "levenshtein"}
    | {"rouge-n", "bleu", "gleu", "meteor", "perplexity", "perplexity-score", "is-refusal"}
    | {"is-html", "contains-html", "word-count", "finish-reason", "classifier", "moderation"}
    | {"context-recall", "context-relevance", "context-faithfulness", "select-best", "guardrails"}
    | {"is-valid-openai-function-call", "is-valid-openai-tools-call", "is-valid-function-call"}
    | {"trace-span-count", "trace-span-duration", "trace-error-spans", "search-rubric", "pi"}
)
_UNUSED_CODE = (".js", ".cjs", ".mjs", ".ts", ".py", ".rb")


@dataclass(frozen=True)
class Assertion:
    """An assertion as it is written, in YAML or in a cell."""

    type: str
    value: Any
    where: str
    part: Part | None = None
    """Its place in a file; `None`: a cell."""
    weight: float = 1.0
    threshold: str = ""


@dataclass(frozen=True)
class RightOutput:
    """The expected output of a row."""

    text: Json
    proposed_by: str = ""
    """Empty: an assertion `equals`. Else the assertion whose value it is."""


@dataclass(frozen=True)
class RowOf:
    """The row that an assertion belongs to."""

    variables: Mapping[str, Json]
    shown: frozenset[str]
    """The variables that a prompt shows; empty: not known."""


def assertions(part: Part | None, weight: float = 1.0) -> Iterator[Assertion | Listed]:
    """The assertions of a list, with those of its sets."""
    for each in [] if part is None else part.each():
        kind = each.get("type")
        if kind is None:
            yield Listed(each.where, "an assertion", "it has no type")
            continue
        own = _number(each.get("weight"), 1.0)
        if kind.text == "assert-set":
            if (threshold := each.get("threshold")) is not None:
                yield Listed(threshold.where, "the threshold of an assert-set", _ALL_COUNT)
            inner = each.get("assert")
            yield from assertions(inner, weight * own / max(len(inner.each()) if inner else 1, 1))
            continue
        for key in ("transform", "contextTransform", "provider", "rubricPrompt", "config"):
            if (option := each.get(key)) is not None:
                yield Listed(option.where, f"{key} of {kind.text}", _OPTIONS[key])
        value = each.get("value")
        limit = each.get("threshold")
        yield Assertion(
            kind.text,
            None if value is None else value.value,
            each.where,
            value or each,
            weight * own,
            "" if limit is None else limit.text,
        )


_ALL_COUNT = "the share of the checks that an output passes is its score"
_OPTIONS = {
    "transform": _CODE,
    "contextTransform": _CODE,
    "provider": "one model grades all rows",
    "rubricPrompt": "the judge has its own prompt",
    "config": "there is no such option",
}


def assertion_of_cell(text: str, where: str) -> Assertion | None:
    """The assertion of a cell `__expected`, e.g. `icontains:paris`; `None` if it is empty."""
    text = text.strip()
    if not text:
        return None
    if kind_of(text) == "code":
        name, _, code = text.partition(":")
        is_named = name in ("javascript", "python")
        return Assertion(name if is_named else "python", code if is_named else text, where)
    match = _FROM_TEXT.fullmatch(text)
    if match is not None:
        name = match["type"]
        name = _ALIASES.get(name, name)
        if name.removeprefix("not-") in _KNOWN and (match["value"] is not None or ":" not in text):
            value = None if match["value"] is None else match["value"].strip()
            if value is not None or name.removeprefix("not-") not in ("equals", *_PROPOSING):
                return Assertion(name, value, where, threshold=match["threshold"] or "")
    return Assertion("equals", text, where)


def checks_of(assertion: Assertion, row: RowOf) -> Iterator[Check | RightOutput | Listed]:
    """What an assertion says about the output of a row."""
    negated = assertion.type.startswith("not-")
    name = assertion.type.removeprefix("not-")
    if not negated and name in _PROPOSING:
        yield from _proposed(assertion, name, row)
    if assertion.weight <= 0 and assertion.type != "equals":
        yield Listed(assertion.where, assertion.type, _NO_WEIGHT)
        return
    if name in _LISTED or name not in (*_GRADED, *KINDS):
        limit = f" (threshold {assertion.threshold})" if assertion.threshold else ""
        yield Listed(assertion.where, f"{assertion.type}{limit}", _LISTED.get(name, _NO_SCORER))
        return
    try:
        yield from _carried(assertion, name, negated, row)
    except (Unfilled, ValueError) as error:
        yield Listed(assertion.where, assertion.type, str(error))


def _carried(
    assertion: Assertion, name: str, negated: bool, row: RowOf
) -> Iterator[Check | RightOutput | Listed]:
    where, weight = assertion.where, assertion.weight
    at_least = share(assertion.threshold) if name in _GRADED else None
    if assertion.threshold and at_least is None:
        why = NO_SHARE if name in _GRADED else _NO_THRESHOLD
        yield Listed(where, f"the threshold {assertion.threshold} of {name}", why)
    if name in _GRADED:
        at_least = at_least or _THRESHOLDS.get(name)
        for rubric in _rubrics(assertion, name, row):
            yield Check("judge", rubric, negated, weight, where, at_least)
        return
    value = _value(assertion, row)
    if name.endswith(("-any", "-all")):
        value = [_text(each) for each in (value if isinstance(value, list) else _split(value))]
    elif name == "is-json":
        value = _schema(value)
    elif isinstance(value, list | dict):
        value = as_text(typed(value))
    elif value is None:
        value = ""
    check_entry(name, value, negated=negated)  # refuses what no scorer can check
    if name == "equals" and not negated and value != "":
        yield RightOutput(value)
        value = None
    elif weight <= 0:
        yield Listed(where, assertion.type, _NO_WEIGHT)
    if weight > 0:
        yield Check(name, value, negated, weight, where)


def _proposed(assertion: Assertion, name: str, row: RowOf) -> Iterator[RightOutput]:
    """The value, if it is that of a variable that no prompt shows."""
    try:
        text = _value(assertion, row)
    except Unfilled:
        return
    if not isinstance(text, str):
        return
    hidden = {n: v for n, v in row.variables.items() if n not in row.shown}
    if len(row.variables) > 1 and text and text in hidden.values():
        yield RightOutput(text, f"{assertion.where}: {name}")


def _rubrics(assertion: Assertion, name: str, row: RowOf) -> list[str]:
    value = _raw(assertion)
    texts = value if isinstance(value, list) else [value]
    frame = _RUBRICS[name]
    return [frame.replace("{}", _rubric(_text(text), row)) for text in texts]


def _rubric(text: str, row: RowOf) -> str:
    """A rubric for the judge, with the placeholders of the row's variables."""
    if not text.strip():
        raise Unfilled("it has no rubric")
    template = from_mustache(text, "")
    if not template.names and not template.listed:
        return text
    if not template.listed and set(template.names) <= row.variables.keys():
        return f"{template.text}\n\nAnswer: {{{{answer}}}}"
    text = filled(text, row.variables, are_settled=True)
    if "{{" in text:
        raise Unfilled("braces that are no placeholder cannot stand in a rubric")
    return text


def _value(assertion: Assertion, row: RowOf) -> Any:
    """The value with the row's variables filled in."""
    return _filled(_raw(assertion), row.variables)


def _filled(value: Any, variables: Mapping[str, Json]) -> Any:
    if isinstance(value, str):
        return filled(value, variables, are_settled=True)
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    return value


def _raw(assertion: Assertion) -> Any:
    """The value as it is written, or the content of the file that it names."""
    value, part = assertion.value, assertion.part
    if not isinstance(value, str):
        return value
    kind = kind_of(value) if value.startswith("file://") else "text"
    if kind == "code" or (value.startswith("file://") and value.endswith(_UNUSED_CODE)):
        raise Unfilled(_CODE)
    if kind != "file":
        return value
    if part is None:
        raise Unfilled("a cell names a file")
    source = part.files.source
    path = source.find(path_of(value), part.folder, part.where)
    if path.suffix in (".json", ".yaml", ".yml"):
        return part.files.root(path).value
    return source.text(path).strip()


def _schema(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = read_yaml(value, "the schema")
        except ImportRefused as error:
            raise Unfilled(error.message) from error
    schema = typed(value)
    if schema is not None and not isinstance(schema, dict):
        raise Unfilled("its schema is no mapping")
    return schema or None


def _split(value: Any) -> list[str]:
    return [text for text in _SEPARATE.split(_text(value).strip()) if text]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    return as_text(typed(value)) or ""


def share(text: str) -> float | None:
    """A threshold in (0, 1]; `None`: it is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number <= 1 else None


def _number(part: Part | None, default: float) -> float:
    try:
        number = default if part is None else float(part.text)
    except ValueError:
        return default
    return number if 0 <= number < float("inf") else default
