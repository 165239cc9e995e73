"""A prompt in the formats of other tools."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tinyarms.core.clock import iso
from tinyarms.exchange.outgoing.chat import PromptToExport, chat_turns
from tinyarms.skills.prompt_file import format_prompt_file
from tinyarms.skills.template import split_frame, variables

_LANGCHAIN = ("langchain", "prompts")
_TURN_CLASSES = {
    "system": "SystemMessagePromptTemplate",
    "user": "HumanMessagePromptTemplate",
    "assistant": "AIMessagePromptTemplate",
}


def markdown(prompt: PromptToExport) -> str:
    """A prompt file of this tool: text, and the demonstrations in the front matter."""
    version = prompt.version
    meta = {"skill": version.skill, "version": version.number, "source": version.source}
    return format_prompt_file(version.prompt, meta)


def langfuse(prompt: PromptToExport) -> str:
    """A version of a prompt as Langfuse's API writes it: a chat if it has demonstrations."""
    turns = chat_turns(prompt.messages)
    is_chat = len(turns) > 1
    return _json(
        {
            "name": prompt.skill.name,
            "version": prompt.version.number,
            "type": "chat" if is_chat else "text",
            "prompt": turns if is_chat else turns[0]["content"],
            "config": {},
            "labels": ["production", "latest"],
            "tags": ["tinyarms"],
            "commitMessage": f"tinyarms {prompt.skill.name} v{prompt.version.number}",
        }
    )


def dspy(prompt: PromptToExport) -> str:
    """The state of a `dspy.Predict`, for its `load`. DSPy writes the frame of the inputs itself."""
    skill = prompt.skill
    instruction, _ = split_frame(prompt.version.prompt.text)
    wording = ", ".join(skill.contract.labels) or skill.contract.wording()
    fields = [
        {"prefix": f"{_title(name)}:", "description": f"${{{name}}}"} for name in skill.inputs
    ]
    output = _output_name(skill.inputs)
    fields.append({"prefix": f"{_title(output)}:", "description": wording or f"${{{output}}}"})
    return _json(
        {
            "traces": [],
            "train": [],
            "demos": [
                {**demonstration.inputs, output: demonstration.output}
                for demonstration in prompt.version.prompt.demonstrations
            ],
            "signature": {"instructions": instruction, "fields": fields},
            "lm": None,
            "metadata": {"dependency_versions": {}},
        }
    )


def langchain(prompt: PromptToExport) -> str:
    """A `ChatPromptTemplate` as LangChain's `load` and its hub have it."""
    messages = [
        _constructor(
            ("chat", _TURN_CLASSES[turn.role]), {"prompt": _template(turn.content, turn.role)}
        )
        for turn in prompt.messages
    ]
    names = sorted({name for turn in prompt.messages for name in variables(turn.content)})
    kwargs = {"input_variables": names, "messages": messages}
    return _json(_constructor(("chat", "ChatPromptTemplate"), kwargs))


def _template(content: str, role: str) -> dict[str, Any]:
    """A template with `{name}`; other braces are doubled. An assistant turn has no placeholders."""
    names = () if role == "assistant" else variables(content)
    text = content.replace("{", "{{").replace("}", "}}")
    for name in names:
        text = text.replace(f"{{{{{{{{{name}}}}}}}}}", f"{{{name}}}")
    kwargs = {"input_variables": list(names), "template": text, "template_format": "f-string"}
    return _constructor(("prompt", "PromptTemplate"), kwargs)


def _constructor(path: tuple[str, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {"lc": 1, "type": "constructor", "id": [*_LANGCHAIN, *path], "kwargs": dict(kwargs)}


def _output_name(inputs: tuple[str, ...]) -> str:
    """A name for the output field that no input has."""
    return next(name for name in ("answer", "output", "result", "answer_") if name not in inputs)


def _title(name: str) -> str:
    return name.replace("_", " ").strip().capitalize() or name


def exported_on(prompt: PromptToExport) -> str:
    """A sentence for the head of a file."""
    version = prompt.version
    return f"{version.skill}, version {version.number}, exported on {iso(prompt.exported_at)[:10]}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
