"""Any value in any place of another tool's file: it comes in, or is listed or refused in a line."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.incoming.test_openai_evals import SYSTEM, sample
from tests.exchange.incoming.test_programs_and_prompts import PREDICTOR
from tinyarms.core.errors import TinyArmsError
from tinyarms.exchange.incoming.records import Columns, Row
from tinyarms.exchange.incoming.registry import format_of
from tinyarms.exchange.incoming.source import Source
from tinyarms.loop.importing.rows import text_row

ODD: tuple[Any, ...] = (
    *(None, 5, -1.5, True, "", "x", "{{x", "x.py", "http://x/y", "file://*.txt"),
    *("file://a**b.csv", "file://a\0b", f"file://{'a' * 300}", "a" * 300 + ".csv"),
    *([], [5], ["x"], [None], [[]], [{}], {}, {"a": 5}, {"$ref": 5}, {"$ref": "#/x"}),
    *({"type": 5}, {"$schema": {}}),
)
CHECKS = [
    {"type": "is-json", "value": {"type": "object"}, "weight": 2, "threshold": 0.5},
    {"type": "assert-set", "assert": [{"type": "contains-any", "value": ["a"]}]},
    {"type": "llm-rubric", "value": "Is {{x}}"},
]
CRITERIA = [
    {"type": "string_check", "operation": "eq", "reference": "{{item.y}}", "input": "{{sample.t}}"},
    {"type": "label_model", "input": [SYSTEM], "labels": ["a"], "passing_labels": ["a"]},
]
DOCUMENTS: dict[str, Any] = {
    "promptfooconfig.yaml": {
        "prompts": ["Say {{x}}", {"id": "a", "raw": "c", "config": {"response_format": {}}}],
        "providers": ["openai:gpt", {"id": "openai:x", "config": {"apiBaseUrl": "h"}}],
        "defaultTest": {"vars": {"y": "b"}, "options": {"provider": "openai:g"}},
        "scenarios": [{"config": [{"vars": {"x": "a"}}], "tests": [{"vars": {"y": "a"}}]}],
        "tests": [{"vars": {"x": ["a", "b"]}, "metadata": {"a": 1}, "assert": CHECKS}],
    },
    "cases.yaml": {
        "cases": [{"inputs": {"x": "a"}, "metadata": {}, "evaluators": [{"Contains": "a"}]}],
        "evaluators": ["EqualsExpected", {"name": "LLMJudge", "arguments": ["r"]}],
    },
    "program.json": {"a": PREDICTOR, "metadata": {}},
    "prompts.json": {
        "data": [{"name": "a", "version": 1, "labels": ["production"], "prompt": [SYSTEM]}]
    },
    "eval.json": {
        "name": "n",
        "data_source": {"input_messages": {"template": [SYSTEM]}},
        "testing_criteria": CRITERIA,
    },
    "samples.jsonl": sample("x", ["a", "b"], SYSTEM),
    "registry.yaml": {
        "e": {"class": "evals.elsuite.basic.x:Includes", "args": {"samples_jsonl": "s"}}
    },
    "langfuse.json": {
        "data": [{"dataset_id": "x", "input": {"q": "a"}, "expected_output": "b", "metadata": {}}]
    },
    "braintrust.json": [{"input": {"q": "a"}, "expected": "b", "tags": ["train"], "id": 5}],
    "langsmith.json": [{"inputs": {"messages": [SYSTEM]}, "outputs": {"a": {"content": "4"}}}],
    "rows.json": [{"text": "a", "label": "b", "split": "train", "messages": [SYSTEM]}],
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    keys = range(len(value)) if isinstance(value, list) else value
    for key in keys if isinstance(value, dict | list) else ():
        yield from places(value[key], (*path, key))


def with_value(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(document)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


@pytest.mark.slow
@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_odd_value_anywhere_is_no_traceback(tmp_path: Path, name: str) -> None:
    document = DOCUMENTS[name]
    beside = {"eval.json": "items.jsonl", "registry.yaml": "s.jsonl"}.get(name)
    if beside is not None:
        row = {"item": {"x": "a", "y": "b"}} if name == "eval.json" else DOCUMENTS["samples.jsonl"]
        (tmp_path / beside).write_text(json.dumps(row) + "\n")
    pairs = [(path, odd) for path in places(document) for odd in ODD]
    for path, odd in random.Random(1).sample(pairs, 12):
        indent = None if name.endswith(".jsonl") else 1
        text = json.dumps(with_value(document, path, odd), indent=indent)
        (tmp_path / name).write_text(f"{text}\n")
        try:
            source = Source(tmp_path)
            for part in format_of(source).read(source, Columns()).rows():
                if isinstance(part, Row):
                    with suppress(ValueError):  # why a check cannot be used
                        text_row(part)
        except TinyArmsError as error:
            assert "\n" not in error.message
