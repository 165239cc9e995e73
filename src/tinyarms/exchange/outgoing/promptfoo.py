"""A prompt and its examples as a config of promptfoo."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tinyarms.core.text import escaped
from tinyarms.exchange.outgoing.chat import PromptToExport, chat_turns
from tinyarms.exchange.outgoing.prompts import exported_on
from tinyarms.skills.checks import JUDGE, split_entry
from tinyarms.skills.example import Example


def promptfoo(prompt: PromptToExport, examples: Iterable[Example]) -> str:
    """A `promptfooconfig.yaml`, written as JSON, which is YAML: the prompt, its model, the tests.

    An expected output is compared with `equals`.
    """
    turns = chat_turns(prompt.messages)
    text = turns[0]["content"] if len(turns) == 1 else json.dumps(turns, ensure_ascii=False)
    config = {
        "description": exported_on(prompt),
        "prompts": [text],
        "providers": [_provider(prompt.model)],
        "tests": [_test(example, prompt.skill.scorer == "checks") for example in examples],
    }
    # YAML takes U+2028 and its like within quotes for line ends.
    return escaped(json.dumps(config, ensure_ascii=False, indent=2)) + "\n"


def _provider(model: str) -> str:
    return model if model.startswith(("openai:", "ollama:")) else f"ollama:chat:{model}"


def _test(example: Example, has_checks: bool) -> Mapping[str, Any]:
    metadata = {"id": example.id, "split": example.split}
    metadata |= {"kind": example.kind} if example.kind else {}
    assertions: list[Mapping[str, Any]] = []
    if example.expected:
        assertions.append({"type": "equals", "value": example.expected})
    if has_checks:
        assertions += [_assertion(entry, weight) for entry, weight in example.required.items()]
    return {"vars": dict(example.inputs), "assert": assertions, "metadata": metadata}


def _assertion(entry: str, weight: float) -> Mapping[str, Any]:
    negated, kind, text = split_entry(entry)
    name = "llm-rubric" if kind == JUDGE else kind
    value = json.loads(text) if text and kind.endswith(("-all", "-any", "is-json")) else text
    return {
        "type": f"not-{name}" if negated else name,
        **({} if value is None else {"value": value}),
        **({} if weight == 1.0 else {"weight": weight}),
    }
