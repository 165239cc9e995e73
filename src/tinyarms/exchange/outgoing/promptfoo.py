"""A prompt and its examples as a config of promptfoo."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tinyarms.core.text import escaped
from tinyarms.exchange.outgoing.chat import PromptToExport, chat_turns
from tinyarms.exchange.outgoing.prompts import exported_on
from tinyarms.skills.checks import JUDGE, grade_needed, split_entry
from tinyarms.skills.example import Example


def promptfoo(prompt: PromptToExport, examples: Iterable[Example]) -> str:
    """A `promptfooconfig.yaml`, written as JSON, which is YAML: the prompt, its model, the tests.

    An expected output is compared with `equals`; beside checks that do not need it, with weight 0.
    """
    skill = prompt.skill
    # Without a threshold, a test needs all of its assertions.
    is_lenient = skill.scorer == "checks" and skill.success_at < 1
    turns = chat_turns(prompt.messages)
    text = turns[0]["content"] if len(turns) == 1 else json.dumps(turns, ensure_ascii=False)
    config = {
        "description": exported_on(prompt),
        "prompts": [text],
        "providers": [_provider(prompt.model)],
        **({"defaultTest": {"threshold": skill.success_at}} if is_lenient else {}),
        "tests": [_test(example, skill.scorer == "checks") for example in examples],
    }
    # YAML takes U+2028 and its like within quotes for line ends.
    return escaped(json.dumps(config, ensure_ascii=False, indent=2)) + "\n"


def _provider(model: str) -> str:
    return model if model.startswith(("openai:", "ollama:")) else f"ollama:chat:{model}"


def _test(example: Example, has_checks: bool) -> Mapping[str, Any]:
    metadata = {"id": example.id, "split": example.split}
    metadata |= {"kind": example.kind} if example.kind else {}
    return {
        "vars": dict(example.inputs),
        "assert": _assertions(example, example.required if has_checks else {}),
        "metadata": metadata,
    }


def _assertions(example: Example, required: Mapping[str, float]) -> list[Mapping[str, Any]]:
    """The example's checks. Its expected output comes first, because it is the first `equals`."""
    entries = dict(required)
    assertions: list[Mapping[str, Any]] = []
    if example.expected or "equals" in entries:
        # Where other checks alone make the score, the expected output has no weight.
        weight = entries.pop("equals", 0.0 if entries else 1.0)
        assertions.append(_assertion("equals", weight, example.expected))
    return [*assertions, *(_assertion(e, w, example.expected) for e, w in entries.items())]


def _assertion(entry: str, weight: float, expected: str) -> Mapping[str, Any]:
    """A check as an assertion. promptfoo has no `equals` without a value."""
    negated, kind, text = split_entry(entry)
    if kind == "equals" and text is None:
        text = expected
    at_least = grade_needed(kind)
    name = kind if at_least is None else "llm-rubric"
    value = json.loads(text) if text and kind.endswith(("-all", "-any", "is-json")) else text
    return {
        "type": f"not-{name}" if negated else name,
        **({} if value is None else {"value": value}),
        **({} if at_least is None or kind == JUDGE else {"threshold": at_least}),
        **({} if weight == 1.0 else {"weight": weight}),
    }
